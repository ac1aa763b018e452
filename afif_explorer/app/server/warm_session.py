"""``WarmSession``: a page that is ready before its visitor comes."""

from __future__ import annotations

from typing import Any

from bokeh.server.server import Server
from bokeh.util.token import generate_jwt_token, generate_session_id
from tornado.httputil import HTTPServerRequest
from tornado.web import OutputTransform

ASKS_FOR = "Bokeh-Session-Id"  # the header by which a request names its session


class WarmSession:
    """Keeps one session of ``server`` with the default choices, and gives it to the next visitor.

    To make a page takes the server longer than anything else that a visitor waits for. Who comes with
    choices in the address gets a page of their own, as does who comes before the next is ready.
    """

    PAUSE = 10  # s after a visitor came, who needs the server more than the next one does

    def __init__(self, server: Server, unused_seconds: int) -> None:
        self._loop = server.io_loop
        self._unused_seconds = unused_seconds
        [self._context] = server._tornado.applications.values()
        self._token_seconds = server._tornado.session_token_expiration
        self._session: Any = None
        server._tornado.add_transform(self._receive)  # sees each request before its handler does

    async def prepare(self) -> None:
        """Make the page."""
        request = HTTPServerRequest("GET", "/", host="localhost")
        session = await self._context.create_session_if_needed(generate_session_id(), request)
        session.block_expiration()
        self._session = session

    def _receive(self, request: HTTPServerRequest) -> OutputTransform:
        plain = request.method == "GET" and request.path == "/" and not request.query
        if plain and self._session is not None and ASKS_FOR not in request.headers:
            session, self._session = self._session, None
            request.headers[ASKS_FOR] = session.id
            session._token = generate_jwt_token(session.id, expiration=self._token_seconds)
            # From now on it is like any other: left unused, it goes after a while.
            self._loop.call_later(self._unused_seconds, session.unblock_expiration)
            self._loop.call_later(self.PAUSE, self.prepare)
        return OutputTransform(request)
