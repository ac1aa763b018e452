"""What a class's pages request: the pages, the news, and what students and the teacher choose."""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler

from afif_explorer.app.classroom.pages import Asset
from afif_explorer.app.classroom.room import Room
from afif_explorer.errors import AfifError

START = "/class/"
SEAT, TEACHER = "afif-seat", "afif-teacher"
LONGEST = 32_768  # bytes of what a page sends
BEAT = (
    15.0  # seconds after which news are sent although there are none, so that lost pages are seen
)
WEEK = "private, max-age=604800, no-cache"  # kept, and asked for again with its tag


@dataclass(frozen=True)
class Class:
    """What the handlers share.

    Attributes:
        admitted: whether a request comes from somebody who knows the class's password.
        key: the teacher's; whoever has it leads the class.
        pages: by role. files, lessons: by name.
    """

    room: Room
    admitted: Callable[[RequestHandler], bool]
    key: str
    pages: Mapping[str, Asset]
    files: Mapping[str, Asset]
    lessons: Mapping[str, Asset]


def routes(shared: Class) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """The addresses of a class for a tornado application."""
    handlers: dict[str, type[RequestHandler]] = {
        "/class/?": StudentPage,
        "/class/teacher": TeacherPage,
        "/class/projector": ProjectorPage,
        "/class/news": StudentNews,
        "/class/teacher/news": TeacherNews,
        "/class/choose": Choose,
        "/class/lead": Lead,
        "/class/clear": Clear,
        r"/class/files/([a-z.]+)": File,
        r"/class/lessons/(\w+\.ipynb)": Lesson,
    }
    return [(path, handler, {"shared": shared}) for path, handler in handlers.items()]


class _Handler(RequestHandler):
    def initialize(self, shared: Class) -> None:
        self.shared = shared

    @property
    def leads(self) -> bool:
        """Whether this is the teacher."""
        given = self.get_cookie(TEACHER) or ""
        return hmac.compare_digest(given.encode(), self.shared.key.encode())

    def admit_students(self) -> bool:
        """Send whoever has not given the password to the login page."""
        if self.leads or self.shared.admitted(self):
            return True
        self.redirect("/login?" + urlencode({"next": START}))
        return False

    def require_student(self) -> None:
        if not (self.leads or self.shared.admitted(self)):
            raise HTTPError(403, reason="Log in first")

    def require_teacher(self) -> None:
        if not self.leads:
            raise HTTPError(403, reason="For the teacher only")

    def seat(self) -> str:
        """The visitor's own random name; a cookie that pages cannot read."""
        name = self.get_cookie(SEAT) or ""
        if not 20 <= len(name) <= 40 or not name.isascii():
            name = secrets.token_urlsafe(20)
            self.set_cookie(SEAT, name, httponly=True, samesite="Lax", path=START)
        return name

    def send(self, asset: Asset) -> None:
        """A file, unless the browser has it already."""
        self.set_header("Content-Type", asset.kind)
        self.set_header("Cache-Control", WEEK)
        self.set_header("Etag", asset.etag)
        if self.check_etag_header():
            self.set_status(304)
            return
        self.set_header("Content-Encoding", "gzip")
        self.write(asset.packed)

    def message(self) -> dict[str, Any]:
        """The JSON object that a page of this server has sent."""
        # A form of another site cannot send this type without asking first.
        if self.request.headers.get("Content-Type") != "application/json":
            raise HTTPError(415)
        if len(self.request.body) > LONGEST:
            raise HTTPError(413)
        try:
            found = json.loads(self.request.body)
        except (ValueError, RecursionError) as error:
            raise HTTPError(400, reason="Not a JSON object") from error
        if not isinstance(found, dict):
            raise HTTPError(400, reason="Not a JSON object")
        return found

    def write_error(self, status_code: int, **more: Any) -> None:
        error = more.get("exc_info", (None, None))[1]
        if isinstance(error, AfifError):
            self.set_status(400)
            self.finish({"problem": str(error)})
        else:
            self.finish({"problem": self._reason})

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        if not isinstance(value, AfifError):
            super().log_exception(typ, value, tb)


class File(_Handler):
    """A script or style sheet; nothing in them is private."""

    def get(self, name: str) -> None:
        if name not in self.shared.files:
            raise HTTPError(404)
        self.send(self.shared.files[name])


class Lesson(_Handler):
    """A notebook without solutions, to save."""

    def get(self, name: str) -> None:
        self.require_student()
        if name not in self.shared.lessons:
            raise HTTPError(404)
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.send(self.shared.lessons[name])


class StudentPage(_Handler):
    """The scenes."""

    def get(self) -> None:
        if self.admit_students():
            self.seat()
            self.send(self.shared.pages["student"])


class TeacherPage(_Handler):
    """The scenes with the bets of all students; opened with the key in the address, once."""

    def get(self) -> None:
        if key := self.get_query_argument("key", ""):
            if not hmac.compare_digest(key.encode(), self.shared.key.encode()):
                raise HTTPError(403, reason="Not the key that was printed")
            self.set_cookie(TEACHER, self.shared.key, httponly=True, samesite="Lax", path=START)
            self.redirect("/class/teacher")
            return
        self.require_teacher()
        self.send(self.shared.pages["teacher"])


class ProjectorPage(_Handler):
    """The teacher's scene, large, with how to join."""

    def get(self) -> None:
        self.require_teacher()
        self.send(self.shared.pages["projector"])


class _News(_Handler):
    """A stream of events: the state of the class, whenever it has changed."""

    def prepare(self) -> None:
        self._closed = asyncio.Event()

    def on_connection_close(self) -> None:
        self._closed.set()

    async def stream(self, state: Callable[[], dict[str, Any]]) -> None:
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-store")
        closed = asyncio.ensure_future(self._closed.wait())
        version, found = -1, self.shared.room.version
        while not closed.done():
            news = f"data: {json.dumps(state())}\n\n" if found != version else ": still here\n\n"
            version = found
            try:
                self.write(news)
                await self.flush()
            except StreamClosedError:
                break
            found = await self._later(version, closed)
        closed.cancel()

    async def _later(self, version: int, closed: asyncio.Future[Any]) -> int:
        """The room's version once it has changed, or some seconds later, or when the page has gone."""
        waiting = asyncio.ensure_future(self.shared.room.news(version, BEAT))
        await asyncio.wait({waiting, closed}, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
        waiting.cancel()
        return version


class StudentNews(_News):
    """Where the teacher leads; a student counts as present while this is open."""

    async def get(self) -> None:
        self.require_student()
        name = self.seat()
        await self.shared.room.enter(name)
        try:
            await self.stream(self.shared.room.for_students)
        finally:
            await self.shared.room.leave(name)


class TeacherNews(_News):
    """The bets and answers of all."""

    async def get(self) -> None:
        self.require_teacher()
        await self.stream(self.shared.room.for_teacher)


class Choose(_Handler):
    """A student's bet or answer."""

    async def post(self) -> None:
        self.require_student()
        found = self.message()
        wanted = (found.get(name) for name in ("scene", "kind", "value"))
        await self.shared.room.choose(self.seat(), *wanted)
        self.set_status(204)


class Lead(_Handler):
    """The teacher's scene, and whether all follow it."""

    async def post(self) -> None:
        self.require_teacher()
        found = self.message()
        position = found.get("position")
        if position is not None and not isinstance(position, dict):
            raise HTTPError(400, reason="A position is an object")
        await self.shared.room.lead(position, found.get("following") is True)
        self.set_status(204)


class Clear(_Handler):
    """Forget the bets and answers on a scene."""

    async def post(self) -> None:
        self.require_teacher()
        await self.shared.room.clear(str(self.message().get("scene")))
        self.set_status(204)
