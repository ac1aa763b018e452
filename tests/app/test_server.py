"""The dashboard's server and pages, without a browser."""

from __future__ import annotations

import asyncio
import gc
import html
import json
import re
import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlencode, urljoin

import panel
import pytest
from bokeh.util.token import get_token_payload as token_payload
from tornado.httpclient import HTTPRequest, HTTPResponse
from tornado.simple_httpclient import SimpleAsyncHTTPClient
from tornado.websocket import websocket_connect

from afif_explorer import study
from afif_explorer.app import theme
from afif_explorer.app.server import hosts, passwords
from afif_explorer.app.server import serve as server
from afif_explorer.errors import InvalidChoice
from afif_explorer.spec import Spec
from afif_explorer.state import Explorer
from afif_explorer.state.options import OPENING
from tests.helpers.pages import token

SECONDS = 60
pytestmark = [
    pytest.mark.usefixtures("loaded"),
    # Panel and Bokeh cause them in the libraries they use.
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def ask(path: str = "/", **settings: object) -> tuple[int, dict[str, str], str]:
    """Status, headers and text of one request to a fresh server."""
    running = server.make_server(**settings)
    running.start()
    url = server.location(running, "127.0.0.1").rstrip("/") + path

    async def fetch() -> tuple[int, dict[str, str], str]:
        client = SimpleAsyncHTTPClient()
        found = await client.fetch(url, request_timeout=SECONDS, raise_error=False)
        return found.code, dict(found.headers), found.body.decode()

    try:
        return running.io_loop.run_sync(fetch, timeout=SECONDS)
    finally:
        running.stop()


@pytest.mark.parametrize("path", ["/", "/healthz", "/no-such-page", "/static/js/bokeh.min.js"])
def test_every_answer_carries_the_security_headers(path: str) -> None:
    _, headers, _ = ask(path)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "connect-src 'self'" in headers["Content-Security-Policy"]


def test_scripts_come_whole_and_nothing_comes_from_elsewhere() -> None:
    path = Path(theme.__file__).parents[1] / "static/plot.js"
    script = Path(panel.__file__).parent / "dist/panel.min.js"
    status, headers, text = ask("/static/extensions/panel/panel.min.js")
    assert (status, text) == (200, script.read_text(encoding="utf-8"))
    assert int(headers["Content-Length"]) == script.stat().st_size
    assert ask(f"/static/extensions/panel/{'../' * 12}{path}")[0] == 403
    assert ask(f"/static/js/{'../' * 12}{path}")[0] == 403
    assert ask("/static/extensions/panel/none.js")[0] == 404


def test_the_drawing_library_is_served_and_may_be_kept() -> None:
    status, headers, text = ask(f"/{theme.PLOTLY_URL}")
    assert (status, text) == (
        200,
        (theme.STATIC / "plotly/plotly.min.js").read_text(encoding="utf-8"),
    )
    assert "max-age" in headers["Cache-Control"]
    assert ask("/assets/../app/theme.py")[0] == 403
    assert ask("/assets/%00")[0] == 404


def test_it_says_that_it_is_alive() -> None:
    status, _, text = ask("/healthz")
    assert status == 200
    assert json.loads(text) == {"/healthz": True}


def test_a_password_is_asked_for_and_the_form_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("correct horse\n")
    _, _, text = ask("/", password_file=secret)
    assert 'type="password"' in text
    assert "//" not in text.replace("<!doctype html>", "")


@pytest.mark.parametrize(
    ("text", "says"), [("", "is empty"), ("{", "not valid JSON"), ('{"ada": ""}', "a password")]
)
def test_a_password_file_of_no_use_is_refused(tmp_path: Path, text: str, says: str) -> None:
    secret = tmp_path / "password"
    secret.write_text(text)
    with pytest.raises(InvalidChoice, match=says):
        passwords.read(secret)


def test_a_password_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidChoice, match="cannot be read"):
        passwords.read(tmp_path / "none")


def test_passwords_by_user(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text('{"ada": "a", "emmy": "b"}')
    assert passwords.read(secret) == {"ada": "a", "emmy": "b"}


async def post(client: SimpleAsyncHTTPClient, url: str, **fields: str) -> HTTPResponse:
    body = urlencode(fields)
    return await client.fetch(
        url, method="POST", body=body, follow_redirects=False, raise_error=False
    )


def log_in(text: str, folder: Path, link: str = "/", **fields: str) -> tuple[int, str, str]:
    """Status, text and where to, after logging in on the way to ``link``; ``text``: the passwords."""
    secret = folder / "password"
    secret.write_text(text)
    running = server.make_server(password_file=secret)
    running.start()
    url = server.location(running, "127.0.0.1").rstrip("/")

    async def try_it() -> tuple[int, str, str]:
        client = SimpleAsyncHTTPClient()
        page = await client.fetch(url + link, request_timeout=SECONDS)
        [action] = re.findall(r'<form action="([^"]*)"', page.body.decode())
        answer = await post(client, urljoin(page.effective_url, html.unescape(action)), **fields)
        return answer.code, answer.body.decode(), answer.headers.get("Location", "")

    try:
        return running.io_loop.run_sync(try_it, timeout=SECONDS)
    finally:
        running.stop()


def test_where_one_password_is_shared_no_name_is_needed(tmp_path: Path) -> None:
    assert log_in("right", tmp_path, username="", password="right") == (302, "", "/")
    assert log_in("right", tmp_path, username="ada", password="right") == (302, "", "/")


@pytest.mark.parametrize(
    ("known", "name", "word", "says"),
    [
        ("right", "", "wrong", "Wrong password."),
        ("right", "ada", "", "Enter the password."),
        ('{"ada": "right"}', "", "right", "Enter your name."),
        ('{"ada": "right"}', " ", "right", "Enter your name."),
        ('{"ada": "right"}', "eve", "right", "Wrong name or password."),
        ('{"ada": "right"}', "ada", "wrong", "Wrong name or password."),
    ],
)
def test_a_failed_login_shows_the_reason(
    tmp_path: Path, known: str, name: str, word: str, says: str
) -> None:
    _, text, to = log_in(known, tmp_path, username=name, password=word)
    assert not to
    assert f'role="alert">{says}<' in text


def test_a_link_leads_through_the_login_to_its_choices(tmp_path: Path) -> None:
    link = f"/?{Spec(seed=7, selected=tuple(range(0, 60_000, 2))).to_query()}"
    assert len(link) > 4096, "more than a cookie holds"
    status, _, to = log_in("right", tmp_path, link, username="", password="right")
    assert (status, to) == (302, link)


@pytest.mark.parametrize("elsewhere", ["//evil.example", "/\\evil.example", "https://evil.example"])
def test_a_login_leads_nowhere_else(tmp_path: Path, elsewhere: str) -> None:
    link = f"/login?{urlencode({'next': elsewhere})}"
    assert log_in("right", tmp_path, link, username="", password="right")[2] == "/"


def test_a_port_in_use_is_reported() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InvalidChoice, match="cannot listen on port"):
            server.make_server(port=taken.getsockname()[1])


def test_only_pages_of_this_machine_may_connect() -> None:
    assert hosts.origins("127.0.0.1", 5006) == ["127.0.0.1:5006", "localhost:5006"]
    assert "*" not in {origin.split(":")[0] for origin in hosts.origins("0.0.0.0", 5006)}


def test_a_page_that_was_left_is_let_go_of() -> None:
    others = _explorers()
    running = server.make_server()
    running.start()
    url = server.location(running, "127.0.0.1")

    async def visit_and_leave(times: int) -> None:
        for _ in range(times):
            await SimpleAsyncHTTPClient().fetch(url, request_timeout=SECONDS)
        [context] = running._tornado.applications.values()
        assert len(context._sessions) == times
        assert len(_explorers()) == len(others) + times
        await context._cleanup_sessions(unused_session_linger_milliseconds=0)
        assert not context._sessions

    try:
        running.io_loop.run_sync(lambda: visit_and_leave(4), timeout=SECONDS)
    finally:
        running.stop()
    end = time.monotonic() + SECONDS
    while (
        len(_explorers()) > len(others) and time.monotonic() < end
    ):  # work under way stops at its next step
        time.sleep(0.1)
    assert len(_explorers()) == len(others)


def test_bokeh_takes_every_setting(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="bokeh.server"):  # what differs from its defaults
        server.make_server().stop()
    assert f"Unused sessions last for {1000 * server.UNUSED_SECONDS} milliseconds" in caplog.text
    assert f"Check for unused sessions every {500 * server.UNUSED_SECONDS} mill" in caplog.text
    assert f"max_message_size set to {server.MESSAGE_LIMIT} bytes" in caplog.text


@pytest.mark.parametrize("query", ["seed=7&view=unlearning", ""])
def test_a_page_that_connects_late_has_the_choices_of_its_link(query: str) -> None:
    running = server.make_server()
    running.start()
    url = server.location(running, "127.0.0.1")
    [context] = running._tornado.applications.values()
    here = {"Origin": url.rstrip("/")}

    async def visit() -> str:
        page = await SimpleAsyncHTTPClient().fetch(f"{url}?{query}", request_timeout=SECONDS)
        key = token(page.body.decode())
        assert token_payload(key)["session_expiry"] > time.time() + 86_400, "it may sleep for long"
        await asyncio.sleep(0.01)
        await context._cleanup_sessions(unused_session_linger_milliseconds=0)
        before = set(context.sessions)
        request = HTTPRequest(url.replace("http", "ws", 1) + "ws", headers=here)
        socket = await websocket_connect(request, subprotocols=["bokeh", key])
        await socket.read_message()
        [session] = set(context.sessions) - before
        socket.close()
        told = (getattr(model, "data", None) for model in session.document.models)
        return next(data.query for data in told if hasattr(data, "query"))

    try:
        shown = running.io_loop.run_sync(visit, timeout=SECONDS)
    finally:
        running.stop()
    asked = Spec.from_query(query)[0] if query else Spec().replace(**OPENING)
    assert Spec.from_query(shown)[0] == asked


def test_others_are_served_while_one_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    busy, others = Spec(seed=7), Spec(seed=8)
    began, answered, go_on = threading.Event(), threading.Event(), threading.Event()
    real = study.points

    def points(spec: Spec) -> object:
        if spec.seed == busy.seed:
            began.set()
            assert go_on.wait(SECONDS)
            return real(spec)
        result = real(spec)
        answered.set()
        return result

    monkeypatch.setattr(study, "points", points)
    running = server.make_server()
    running.start()
    url = server.location(running, "127.0.0.1")

    async def visit() -> None:
        client = SimpleAsyncHTTPClient()
        await client.fetch(f"{url}?{busy.to_query()}", request_timeout=SECONDS)
        assert await asyncio.to_thread(began.wait, SECONDS)
        page = await client.fetch(f"{url}?{others.to_query()}", request_timeout=SECONDS)
        assert page.code == 200
        assert await asyncio.to_thread(answered.wait, SECONDS)
        assert not go_on.is_set(), "the other one is still at work"

    try:
        running.io_loop.run_sync(visit, timeout=SECONDS)
    finally:
        go_on.set()
        running.stop()


def _explorers() -> list[Explorer]:
    gc.collect()
    return [thing for thing in gc.get_objects() if type(thing) is Explorer]
