"""Receives the files that pages send: each field of a page has an address that nobody else knows."""

from __future__ import annotations

from typing import Any

from tornado.web import HTTPError, RequestHandler, stream_request_body

from afif_explorer.app.components.file_field import ADDRESS, Arriving, field_of


@stream_request_body
class Uploads(RequestHandler):
    """Passes a file on part by part while it arrives. Tornado ends a request that grows too large."""

    _arriving: Arriving

    def prepare(self) -> None:
        field = field_of(self.path_args[0])
        if field is None or not self._admitted():
            raise HTTPError(404)
        connection: Any = self.request.connection
        connection.set_max_body_size(field.most)
        size = int(self.request.headers.get("Content-Length", 0))
        self._arriving = field.expect(self.get_query_argument("name", ""), size)

    def _admitted(self) -> bool:
        """Whether the sender has logged in, where that is asked for."""
        user = self.application.auth_provider.get_user  # type: ignore[attr-defined]
        return user is None or user(self) is not None

    def data_received(self, chunk: bytes) -> None:
        self._arriving.add(chunk)

    def post(self, _key: str) -> None:
        self._arriving.end()
        self.set_status(204)


def receive(application: Any) -> None:
    """Make Bokeh's tornado application receive files."""
    application.add_handlers(".*", [(f"/{ADDRESS}/([\\w-]+)", Uploads)])
