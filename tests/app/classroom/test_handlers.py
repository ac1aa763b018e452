"""What a class's server answers to students, to the teacher, and to nobody else."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from tornado.httpclient import HTTPResponse
from tornado.simple_httpclient import HTTPTimeoutError
from tornado.testing import AsyncHTTPTestCase, gen_test
from tornado.web import Application

from afif_explorer.app.classroom import pages
from afif_explorer.app.classroom.handlers import LONGEST, Class, routes
from afif_explorer.app.classroom.room import Room

KEY = "the-teachers-key"
TEACHER = {"Cookie": f"afif-teacher={KEY}"}
STUDENT = {"Cookie": "afif-seat=abcdefghijklmnopqrstuvwx"}
BET = {"scene": "lever", "kind": "bet", "value": 1}


class TestClass(AsyncHTTPTestCase):
    admitted = True

    def get_app(self) -> Application:
        self.room = Room({"lever": None})
        shared = Class(
            room=self.room,
            admitted=lambda _: self.admitted,
            key=KEY,
            pages={role: pages.asset(f"<p>{role}</p>", "text/html") for role in pages.ROLES},
            files={"class.css": pages.asset("p {}", "text/css")},
            lessons={"01_rows.ipynb": pages.notebook(b"{}")},
        )
        return Application(routes(shared))  # type: ignore[arg-type]

    def ask(self, path: str, headers: dict[str, str] | None = None) -> HTTPResponse:
        return self.fetch(path, headers=headers, follow_redirects=False)

    def send(self, path: str, message: Any, headers: dict[str, str] | None = None) -> HTTPResponse:
        kind = {"Content-Type": "application/json"}
        body = message if isinstance(message, str) else json.dumps(message)
        return self.fetch(path, method="POST", body=body, headers={**kind, **(headers or {})})

    def test_a_student_gets_a_seat_and_the_scenes(self) -> None:
        answer = self.ask("/class/")
        assert answer.code == 200
        assert answer.body == b"<p>student</p>"
        seat = answer.headers["Set-Cookie"]
        assert "HttpOnly" in seat
        assert "samesite=lax" in seat.lower()
        again = self.ask("/class/", STUDENT | {"If-None-Match": answer.headers["Etag"]})
        assert (again.code, again.body) == (304, b"")

    def test_whoever_has_not_logged_in_is_sent_to_the_login_page(self) -> None:
        self.admitted = False
        answer = self.ask("/class/")
        assert (answer.code, answer.headers["Location"]) == (302, "/login?next=%2Fclass%2F")
        assert self.ask("/class/news").code == 403
        assert self.send("/class/choose", BET).code == 403
        assert self.room.counts() == {}

    def test_only_the_key_makes_a_teacher(self) -> None:
        for path in ("/class/teacher", "/class/projector", "/class/teacher/news"):
            assert self.ask(path).code == 403
            assert self.ask(path, {"Cookie": "afif-teacher=\u00e9"}).code == 403
        assert self.ask("/class/teacher?key=guess").code == 403
        for path in ("/class/lead", "/class/clear"):
            assert self.send(path, {"scene": "lever"}).code == 403
        answer = self.ask(f"/class/teacher?key={KEY}")
        assert (answer.code, answer.headers["Location"]) == (302, "/class/teacher")
        assert f"afif-teacher={KEY}" in answer.headers["Set-Cookie"]
        assert self.ask("/class/teacher", TEACHER).body == b"<p>teacher</p>"
        assert self.ask("/class/projector", TEACHER).body == b"<p>projector</p>"

    def test_bets_are_counted_by_seat(self) -> None:
        for value in (0, 1):
            assert self.send("/class/choose", BET | {"value": value}, STUDENT).code == 204
        assert self.room.counts()["lever"]["bet"] == {"1": 1}
        assert self.send("/class/clear", {"scene": "lever"}, TEACHER).code == 204
        assert self.room.counts() == {}

    def test_what_is_no_choice_is_refused_in_a_sentence(self) -> None:
        for message in ({}, BET | {"scene": []}, BET | {"value": "1"}, BET | {"kind": None}):
            answer = self.send("/class/choose", message, STUDENT)
            assert answer.code == 400
            assert json.loads(answer.body)["problem"].endswith(".")
        for message in ("[]", "no json", "[" * 2000):
            assert self.send("/class/choose", message, STUDENT).code == 400
        assert self.send("/class/choose", " " * (LONGEST + 1), STUDENT).code == 413
        form = {"Content-Type": "text/plain"}
        assert self.send("/class/choose", BET, STUDENT | form).code == 415

    def test_the_teacher_leads(self) -> None:
        position = {"state": {"scene": "lever"}, "live": {"revealed": False}}
        message = {"position": position, "following": True}
        assert self.send("/class/lead", message, TEACHER).code == 204
        assert self.room.for_students()["position"] == position
        assert self.send("/class/lead", {"position": [1], "following": True}, TEACHER).code == 400

    def test_files_are_compressed(self) -> None:
        answer = self.fetch(
            "/class/files/class.css", headers={"Accept-Encoding": "gzip"}, decompress_response=False
        )
        assert gzip.decompress(answer.body) == b"p {}"
        assert self.ask("/class/files/other.css").code == 404

    def test_lessons_are_for_the_class(self) -> None:
        answer = self.ask("/class/lessons/01_rows.ipynb")
        assert (answer.code, answer.body) == (200, b"{}")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="01_rows.ipynb"'
        assert self.ask("/class/lessons/02_rows.ipynb").code == 404
        self.admitted = False
        assert self.ask("/class/lessons/01_rows.ipynb").code == 403

    @gen_test
    async def test_news_arrive_as_they_happen_and_end_with_the_page(self) -> None:
        heard: list[dict[str, Any]] = []

        def hear(chunk: bytes) -> None:
            heard.extend(
                json.loads(line.removeprefix("data: "))
                for line in chunk.decode().splitlines()
                if line.startswith("data: ")
            )

        client = self.http_client
        streams = [
            client.fetch(self.get_url("/class/news"), headers=STUDENT, request_timeout=3),
            client.fetch(
                self.get_url("/class/teacher/news"),
                headers=TEACHER,
                streaming_callback=hear,
                request_timeout=3,
            ),
        ]
        while not heard or heard[-1]["present"] != 1:
            await self.room.news(self.room.version, 0.1)
        await self.room.choose("x", "lever", "bet", 0)
        while heard[-1]["counts"].get("lever", {}).get("bet") != {"0": 1}:
            await self.room.news(self.room.version, 0.1)
        for stream in streams:
            with pytest.raises(HTTPTimeoutError):
                await stream
        while self.room.present:
            await self.room.news(self.room.version, 0.1)
