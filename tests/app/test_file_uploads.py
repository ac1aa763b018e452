"""Files on their way to a page: which ones a field hears of, and what the server refuses."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPResponse
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from afif_explorer.app.components.file_field import FileField, field_of
from afif_explorer.app.server import serve as server

MOST = 1000  # bytes
BEGINNING = 100
SECONDS = 60
pytestmark = [
    pytest.mark.usefixtures("loaded"),
    # Panel and Bokeh cause them in the libraries they use.
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


class Heard:
    """A field, and all that it told."""

    def __init__(self) -> None:
        self.files: list[tuple[str, bytes]] = []
        self.refused: list[str] = []
        self.begun: list[bytes] = []
        self.field = FileField(
            lambda *file: self.files.append(file),
            self.refused.append,
            most=MOST,
            too_large="larger than 1 kB",
            began=self.begun.append,
            beginning=BEGINNING,
        )


def served(ask: Callable[[str, Any], Awaitable[Any]], **settings: Any) -> Any:
    """The result of ``ask(url, client)`` with a fresh server."""
    running = server.make_server(**settings)
    running.start()
    url = server.location(running, "127.0.0.1")
    try:
        return running.io_loop.run_sync(lambda: ask(url, SimpleAsyncHTTPClient()), timeout=SECONDS)
    finally:
        running.stop()


async def sent(client: Any, url: str, content: bytes | None, **settings: Any) -> HTTPResponse:
    response: HTTPResponse = await client.fetch(
        url, method="POST", body=content, raise_error=False, request_timeout=SECONDS, **settings
    )
    return response


def send(path: str, content: bytes, **settings: Any) -> int:
    """The status with which a fresh server answers."""

    async def ask(url: str, client: Any) -> HTTPResponse:
        return await sent(client, url + path, content)

    return int(served(ask, **settings).code)


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b""])
def test_each_file_arrives_with_its_name(content: bytes) -> None:
    heard = Heard()
    address = f"{heard.field.address}?name=caf%C3%A9+%26+%2B.csv"
    assert send(address, content) == 204
    assert send(address, content) == 204
    assert heard.files == [("café & +.csv", content)] * 2
    assert heard.begun == []


def test_the_beginning_of_a_larger_file_is_heard_before_the_rest_is_there() -> None:
    heard = Heard()
    first, rest = b"x" * BEGINNING, b"y" * (MOST - BEGINNING)
    seen: list[list[bytes]] = []

    async def ask(url: str, client: Any) -> HTTPResponse:
        async def parts(write: Callable[[bytes], Awaitable[None]]) -> None:
            await write(first)
            while not heard.begun:
                await asyncio.sleep(0.01)
            seen.append([*heard.begun])
            assert heard.files == []
            await write(rest)

        length = {"Content-Length": str(MOST)}
        address = url + heard.field.address
        return await sent(client, address, None, body_producer=parts, headers=length)

    assert served(ask).code == 204
    assert seen == [[first]]
    assert heard.files == [("", first + rest)]


@pytest.mark.parametrize("told", [True, False], ids=["by its length", "in chunks"])
def test_a_larger_file_than_the_largest_is_cut_off(told: bool) -> None:
    heard = Heard()

    async def ask(url: str, client: Any) -> HTTPResponse:
        async def parts(write: Callable[[bytes], Awaitable[None]]) -> None:
            await write(b"x" * (MOST + 1))

        address = url + heard.field.address
        if told:
            return await sent(client, address, b"x" * (MOST + 1))
        return await sent(client, address, None, body_producer=parts)

    assert served(ask).code >= 400
    assert heard.files == []


def test_only_the_newest_file_counts() -> None:
    heard = Heard()
    old = heard.field.expect("old.csv", MOST)
    new = heard.field.expect("new.csv", MOST)
    old.add(b"x" * MOST)
    new.add(b"y" * MOST)
    old.end()
    new.end()
    assert heard.begun == [b"y" * MOST]
    assert heard.files == [("new.csv", b"y" * MOST)]
    stopped = heard.field.expect("stopped.csv", MOST)
    heard.field._handle_msg("It was stopped.")
    stopped.end()
    assert heard.refused == ["It was stopped."]
    assert len(heard.files) == 1


def test_an_address_of_no_page_is_not_there() -> None:
    assert send("upload/guessed", b"a,b") == 404
    heard = Heard()
    address = heard.field.address
    key = address.rsplit("/", 1)[1]
    assert field_of(key) is heard.field
    assert len(key) >= 43, "256 bits"
    del heard
    gc.collect()
    assert field_of(key) is None
    assert send(address, b"a,b") == 404


def test_nobody_sends_without_the_password(tmp_path: Path) -> None:
    heard = Heard()
    secret = tmp_path / "password"
    secret.write_text("correct horse\n")
    assert send(heard.field.address, b"a,b", password_file=secret) == 404
    assert heard.files == []

    async def ask(url: str, client: Any) -> HTTPResponse:
        body = b"username=&password=correct+horse"
        login = await sent(client, f"{url}login", body, follow_redirects=False)
        cookie = {"Cookie": login.headers["Set-Cookie"].split(";")[0]}
        return await sent(client, url + heard.field.address, b"a,b", headers=cookie)

    assert served(ask, password_file=secret).code == 204
    assert heard.files == [("", b"a,b")]
