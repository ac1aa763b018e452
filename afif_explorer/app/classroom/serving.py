"""``class``: the dashboard, the scenes and the teacher's page for one class."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from bokeh.server.server import Server
from tornado.web import RequestHandler

from afif_explorer.app import panel_patches
from afif_explorer.app.classroom import pages
from afif_explorer.app.classroom.handlers import START, Class, routes
from afif_explorer.app.classroom.joining import Joining
from afif_explorer.app.classroom.room import Room
from afif_explorer.app.server import serve
from afif_explorer.scenes import SCENES

EVERY_INTERFACE = "0.0.0.0"
LINKS = [("Dashboard", "/")]


def serve_class(
    host: str, port: int, password_file: Path, password: str, lessons: Mapping[str, bytes]
) -> None:
    """Serve a class until interrupted, and print how students and the teacher join.

    Args:
        host: the name or address of this machine that students type.
        port: where to listen, on all interfaces.
        password_file: see :func:`afif_explorer.serve`.
        password: what is shown to the class beside the address; empty: the teacher says it.
        lessons: notebooks for students, by file name.
    """
    serve.warm()
    server = serve.make_server(port, EVERY_INTERFACE, password_file)
    joining = Joining(f"http://{host}:{server.port}{START}", password)
    key = add_class(server, joining, lessons)
    print(joining.text())
    print(f"For the class: {joining.address}")
    if password:
        print(f"Password: {password}")
    print(f"For you: {joining.address}teacher?key={key}", flush=True)
    serve.run(server)


def add_class(server: Server, joining: Joining, lessons: Mapping[str, bytes]) -> str:
    """Make a server of the dashboard serve a class too; returns the teacher's key."""
    linked = {"links": LINKS, "lessons": sorted(lessons)}
    application = panel_patches.tornado_application(server)
    key = secrets.token_urlsafe(24)
    told = {"joining": {**vars(joining), "code": joining.picture()}}
    shared = Class(
        room=Room(SCENES),
        admitted=_admitted(application.auth_provider.get_user),
        key=key,
        pages={
            "student": pages.page("student", **linked),
            "teacher": pages.page("teacher", **linked, **told),
            "projector": pages.page("projector", **told),
        },
        files=pages.scripts(),
        lessons={name: pages.notebook(content) for name, content in lessons.items()},
    )
    application.add_handlers(".*", routes(shared))
    return key


def _admitted(
    get_user: Callable[[RequestHandler], str | None] | None,
) -> Callable[[RequestHandler], bool]:
    return lambda handler: get_user is None or get_user(handler) is not None
