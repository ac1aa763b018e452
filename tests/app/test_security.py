"""Who may see the pages: logins, their limits and their end, and the host names of the server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from bokeh.util.token import get_token_payload as token_payload
from tornado.httpclient import HTTPRequest, HTTPResponse
from tornado.simple_httpclient import SimpleAsyncHTTPClient
from tornado.websocket import websocket_connect

from afif_explorer.app import panel_patches
from afif_explorer.app.components.elements import Text
from afif_explorer.app.page.header import Header
from afif_explorer.app.server import attempts, hosts, visitors
from afif_explorer.app.server import serve as server
from afif_explorer.app.server.login import COOKIE
from afif_explorer.cli.network import reachable_address
from tests.helpers.pages import token

SECONDS = 60
pytestmark = [
    pytest.mark.usefixtures("loaded"),
    # Panel and Bokeh cause them in the libraries they use.
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
Ask = Callable[..., Any]


def talk(steps: Callable[[Ask], Any], **settings: Any) -> Any:
    """What ``steps(ask)`` returns, with a server running; ``ask(path, **request)`` sends one request."""
    running = server.make_server(**settings)
    running.start()
    url = server.location(running, "127.0.0.1").rstrip("/")

    async def ask(path: str = "/", **request: Any) -> HTTPResponse:
        client = SimpleAsyncHTTPClient()
        options = {"follow_redirects": False, "request_timeout": SECONDS, **request}
        return await client.fetch(HTTPRequest(url + path, **options), raise_error=False)

    try:
        return running.io_loop.run_sync(lambda: steps(ask), timeout=SECONDS)
    finally:
        running.stop()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("right")
    return path


async def log_in(ask: Ask, word: str, name: str = "") -> HTTPResponse:
    return await ask("/login", method="POST", body=urlencode({"username": name, "password": word}))


def cookie(answer: HTTPResponse) -> str:
    return str(answer.headers["Set-Cookie"]).split(";")[0]


def test_the_cookie_is_for_this_server_only_and_not_in_the_page(secret: Path) -> None:
    async def steps(ask: Ask) -> tuple[str, str]:
        admitted = await log_in(ask, "right")
        key = cookie(admitted)
        page = await ask("/", headers={"Cookie": key})
        return admitted.headers["Set-Cookie"], page.body.decode()

    given, page = talk(steps, password_file=secret)
    assert "HttpOnly" in given
    assert "SameSite=Lax" in given
    key = given.split(";")[0].removeprefix(f"{COOKIE}=")
    assert key not in page
    payload = token_payload(token(page))
    assert not payload["cookies"]
    assert key not in str(payload)


@pytest.mark.parametrize("protected", [True, False])
def test_only_a_protected_page_offers_to_log_out(protected: bool) -> None:
    browser: Any = SimpleNamespace(copy_address=print)
    header = Header(None, browser, Text(""), show_code=print, show_guide=print, protected=protected)
    links = [part.object for part in header.parts if isinstance(part, Text)]
    assert any('href="logout"' in link for link in links) is protected


def test_logout_ends_the_login_also_for_a_copy_of_its_cookie(secret: Path) -> None:
    async def steps(ask: Ask) -> list[int]:
        key = {"Cookie": cookie(await log_in(ask, "right"))}
        answers = [await ask("/", headers=key), await ask("/logout", headers=key)]
        return [answer.code for answer in (*answers, await ask("/", headers=key))]

    assert talk(steps, password_file=secret) == [200, 302, 302]


def test_a_made_up_cookie_leads_to_the_login(secret: Path) -> None:
    async def steps(ask: Ask) -> list[str]:
        values = ("", "visitor", "x" * 43)
        pages = [await ask("/", headers={"Cookie": f"{COOKIE}={value}"}) for value in values]
        return [page.headers["Location"] for page in pages]

    assert all("login" in place for place in talk(steps, password_file=secret))


def test_wrong_passwords_are_logged_and_slowed(
    secret: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def steps(ask: Ask) -> list[HTTPResponse]:
        wrong = [await log_in(ask, "wrong", "eve\nadmin") for _ in range(attempts.BURST + 1)]
        return [*wrong, await log_in(ask, "right")]

    with caplog.at_level(logging.WARNING, "afif_explorer"):
        *wrong, last, right = talk(steps, password_file=secret)
    assert {answer.code for answer in wrong} == {200}
    assert (last.code, right.code) == (429, 429)
    assert "Too many wrong passwords. Try again in" in last.body.decode()
    lines = [record.getMessage() for record in caplog.records if "Failed login" in record.msg]
    assert lines == [r"Failed login from 127.0.0.1 as 'eve\nadmin'."] * attempts.BURST


def test_attempts_come_back_with_time() -> None:
    now = 100.0
    limit = attempts.Attempts(lambda: now)
    for _ in range(attempts.BURST):
        assert limit.wait("a") == 0
        limit.failed("a")
    assert limit.wait("a") == attempts.SECONDS_EACH
    assert limit.wait("b") == 0
    now += attempts.SECONDS_EACH
    assert limit.wait("a") == 0
    limit.failed("a")
    assert limit.wait("a") > 0
    now += attempts.BURST * attempts.SECONDS_EACH
    for _ in range(attempts.BURST):
        assert limit.wait("a") == 0
        limit.failed("a")


def test_addresses_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "KEPT", 3)
    now = 0.0
    limit = attempts.Attempts(lambda: now)
    for address in "abc":
        limit.failed(address)
    now += attempts.SECONDS_EACH
    limit.failed("d")
    assert list(limit._free_at) == ["d"]


def test_a_login_ends_when_it_was_not_used_for_long() -> None:
    now = 0.0
    known = visitors.Visitors(lambda: now)
    key = known.admit("ada")
    now += visitors.SECONDS
    assert known.name(key) == "ada"
    now += visitors.SECONDS
    assert known.name(key) == "ada", "each use counts anew"
    now += visitors.SECONDS + 1
    assert known.name(key) is None
    assert known.name(None) is None


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:5", 200), ("127.0.0.1", 200), ("evil.example:80", 403), ("localhost.evil", 403)],
)
def test_only_its_own_names_are_answered(host: str, status: int) -> None:
    async def steps(ask: Ask) -> int:
        return (await ask("/healthz", headers={"Host": host})).code

    assert talk(steps) == status


def test_names_can_be_added(monkeypatch: pytest.MonkeyPatch) -> None:
    async def steps(ask: Ask) -> list[int]:
        named = ("class.example", "other.example")
        return [(await ask("/healthz", headers={"Host": name})).code for name in named]

    monkeypatch.setenv("BOKEH_ALLOW_WS_ORIGIN", "class.example:443")
    assert talk(steps) == [200, 403]
    monkeypatch.setenv("BOKEH_ALLOW_WS_ORIGIN", "*")
    assert talk(steps) == [200, 200]


def test_behind_a_proxy_a_server_is_not_reached_from_here_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert hosts.reached_from_here_only("127.0.0.1")
    assert not hosts.reached_from_here_only("0.0.0.0")
    monkeypatch.setenv("BOKEH_ALLOW_WS_ORIGIN", "class.example")
    assert not hosts.reached_from_here_only("127.0.0.1")


def test_an_ipv6_address_is_one_of_its_names() -> None:
    assert hosts.names("::1") == {"::1", "localhost"}


def test_other_sites_cannot_embed_a_page() -> None:
    async def steps(ask: Ask) -> int:
        return (await ask("/autoload.js?bokeh-autoload-element=1")).code

    assert talk(steps) == 404


@pytest.mark.parametrize("cookies", [True, False])
def test_pages_connect_with_the_cookie_only(secret: Path, cookies: bool) -> None:
    running = server.make_server(password_file=secret)
    running.start()
    url = server.location(running, "127.0.0.1").rstrip("/")

    async def steps() -> int:
        client = SimpleAsyncHTTPClient()
        body = urlencode({"password": "right"})
        admitted = await client.fetch(
            f"{url}/login", method="POST", body=body, follow_redirects=False, raise_error=False
        )
        key = {"Cookie": cookie(admitted)}
        page = await client.fetch(f"{url}/", headers=key, request_timeout=SECONDS)
        request = HTTPRequest(
            f"{url.replace('http', 'ws', 1)}/ws",
            headers={"Origin": url, **(key if cookies else {})},
        )
        try:
            socket = await websocket_connect(
                request, subprotocols=["bokeh", token(page.body.decode())]
            )
        except Exception as error:  # refused, or closed at once
            return int(getattr(error, "code", 0))
        first = await asyncio.wait_for(socket.read_message(), SECONDS)
        socket.close()
        return 101 if first else 0

    try:
        assert (running.io_loop.run_sync(steps, timeout=SECONDS) == 101) is cookies
    finally:
        running.stop()


@pytest.mark.parametrize("protected", [True, False])
def test_strangers_get_no_session(secret: Path, protected: bool) -> None:
    """Before the login, by no address; without a password, by the page itself only."""
    running = server.make_server(password_file=secret if protected else None)
    running.start()
    url = server.location(running, "127.0.0.1").rstrip("/")
    [context] = panel_patches.tornado_application(running).applications.values()

    async def steps() -> tuple[int, int]:
        client = SimpleAsyncHTTPClient()
        for path in ("/autoload.js", "/metadata", "/healthz", "/ws", "/login", "/?seed=1", "/x"):
            if path != "/?seed=1" or protected:
                await client.fetch(url + path, request_timeout=SECONDS, raise_error=False)
        before = len(context.sessions)
        body = "" if protected else None
        await client.fetch(
            f"{url}/{'login' if protected else ''}",
            method="POST" if protected else "GET",
            body=body,
            request_timeout=SECONDS,
            raise_error=False,
        )
        return before, len(context.sessions)

    try:
        assert running.io_loop.run_sync(steps, timeout=SECONDS) == (0, int(not protected))
    finally:
        running.stop()


def test_all_addresses_of_this_machine_are_names_of_a_server_on_all_interfaces() -> None:
    known = hosts.names("0.0.0.0")
    assert {"127.0.0.1", "localhost", reachable_address()} <= known
    assert f"{reachable_address()}:5006" in hosts.origins("0.0.0.0", 5006)
