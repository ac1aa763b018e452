"""A visitor of the dashboard without a browser: loads a page's files, and speaks Bokeh's protocol.

It sends what a browser sends (what has been loaded and drawn, where sliders stand, which region was
drawn) and reads what the page would show. Nothing is rendered, so that many fit on the server's machine.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode, urljoin

from tornado.httpclient import HTTPRequest
from tornado.simple_httpclient import SimpleAsyncHTTPClient
from tornado.websocket import WebSocketClientConnection, websocket_connect

from afif_explorer.spec import Spec
from tests.helpers.pages import token

PATIENCE = 180.0  # s until a missing answer is an error
LARGEST = 1 << 28  # bytes of a file or message
FILES = re.compile(r'<(?:script|link)\b[^>]*?\b(?:src|href)="((?:static|assets)/[^"]+)"')
BUNDLE = re.compile(r'"(/?static/extensions/panel-material-ui/[^"]+\.js[^"]*)"')
SLIDER = "Regularisation strength"
STRENGTHS = (-4.0, -1.0)  # powers of ten
FIGURE = "row_map"
SELECTED = re.compile(r"([\d\u00a0]+) rows?(?:&lt;/b&gt;)? selected")


class Fault(Exception):
    """What a visitor should not see; the message says what."""


class Visitor:
    """One visitor. Its ``number`` is part of its settings, so that a page with those of another is noticed.

    ``arrive`` first; ``move`` and ``brush`` then return the seconds until the page shows the answer.
    """

    def __init__(self, url: str, number: int, *, cookie: str = "", **settings: Any) -> None:
        self._url, self._random = url, random.Random(number)
        self._cookie = {"Cookie": cookie} if cookie else {}
        self._mine: dict[str, Any] = {"count": 10 + number, **settings}
        self._seen: list[Callable[[dict[str, Any]], None]] = []
        self._models: dict[str, str] = {}
        self._query, self._position, self._rows = "", 0.0, 0
        self._positions = iter(lambda: round(self._random.uniform(*STRENGTHS), 2), None)
        self._lost: asyncio.Task[None] | None = None
        self._socket: WebSocketClientConnection | None = None

    async def arrive(self) -> float:
        """Load the page; returns the seconds until its first figure is there and everything is loaded."""
        start = time.perf_counter()
        client = SimpleAsyncHTTPClient(
            force_instance=True, max_clients=6, max_buffer_size=LARGEST, max_body_size=LARGEST
        )
        page = await self._load(client, f"?{urlencode(self._mine)}")
        files = dict.fromkeys(FILES.findall(page))
        await asyncio.gather(*(self._load(client, file) for file in files))
        await self._connect(token(page))
        document = await self._pull()
        if bundle := BUNDLE.search(json.dumps(document)):
            await self._load(client, bundle.group(1))
        client.close()
        found = dict(_models(document))
        self._models = {name: found[name] for name in (FIGURE, SLIDER, "address")}
        figure = self._answer(self._is_figure)
        drawn = f'"name": "{FIGURE}"' in page
        await self._loaded(found, "light" if drawn else None)
        if not drawn:
            await figure
        figure.cancel()
        return time.perf_counter() - start

    async def move(self) -> float:
        """Move a slider, until the figure is redrawn."""
        position = next(x for x in self._positions if x != self._position)
        self._position = position
        self._mine["strength"] = float(f"{10**position:.3g}")
        return await self._act(
            self._is_figure,
            {
                "kind": "ModelChanged",
                "model": {"id": self._models[SLIDER]},
                "attr": "value",
                "new": position,
            },
        )

    async def brush(self) -> float:
        """Draw a box on the figure, until the number of the rows in it is shown."""
        x, y = (self._random.uniform(-1.5, 0.0) for _ in "xy")
        corners = {"x": [x, x + 1.5, x + 1.5, x], "y": [y, y, y + 1.5, y + 1.5]}
        told = {"kind": "select", "how": "replace", **corners}
        redrawn = False

        def answers(event: dict[str, Any]) -> bool:
            nonlocal redrawn
            redrawn = redrawn or self._is_figure(event)  # before, a number is the previous one
            return redrawn and bool(SELECTED.search(str(event.get("new"))))

        return await self._act(answers, _message(self._models[FIGURE], told))

    def check(self) -> None:
        """Raise :class:`Fault` if the page's address has settings that are not this visitor's."""
        shown, notes = Spec.from_query(self._query)
        for name, value in self._mine.items():
            if notes or getattr(shown, name) != value:
                raise Fault(f"{name} is {getattr(shown, name)!r} instead of {value!r}")
        if len(shown.selected) != self._rows:
            raise Fault(f"{len(shown.selected)} rows are selected instead of {self._rows}")

    async def leave(self) -> None:
        """Close the page."""
        if self._lost is not None:
            self._lost.cancel()
        if self._socket is not None:
            self._socket.close()

    async def _load(self, client: SimpleAsyncHTTPClient, path: str) -> str:
        answer = await client.fetch(
            urljoin(f"{self._url}/", path),
            headers=self._cookie,
            request_timeout=PATIENCE,
            connect_timeout=PATIENCE,
            raise_error=False,
        )
        if answer.code != 200:
            raise Fault(f"{path.split('?')[0] or 'the page'}: status {answer.code}")
        return answer.body.decode(errors="replace")

    async def _connect(self, key: str) -> None:
        request = HTTPRequest(
            f"{self._url.replace('http', 'ws', 1)}/ws",
            headers={"Origin": self._url, **self._cookie},
        )
        self._socket = await websocket_connect(
            request, subprotocols=["bokeh", key], max_message_size=LARGEST
        )
        await self._message()

    async def _pull(self) -> dict[str, Any]:
        await self._send("PULL-DOC-REQ", {})
        document: dict[str, Any] = (await self._message())[1]["doc"]
        self._lost = asyncio.create_task(self._listen())
        return document

    async def _loaded(self, found: dict[str, str], scheme: str | None) -> None:
        """What the components of a page send once they have loaded."""
        for name, model in found.items():
            if name.startswith("figure "):
                first = name == f"figure {FIGURE}"
                told = {"kind": "ready", "scheme": scheme if first else None}
                await self._patch(_message(model, told))
                await self._patch(_message(model, {"kind": "drawn"}))
        browser = {"arrived": True, "dark": False, "narrow": False}
        await self._patch(_message(found["browser"], browser))
        ready = {"type": "event", "name": "document_ready", "values": {"type": "map"}}
        await self._patch({"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": ready})

    async def _act(self, answers: Callable[[dict[str, Any]], bool], event: dict[str, Any]) -> float:
        answered = self._answer(answers)
        start = time.perf_counter()
        await self._patch(event)
        await answered
        return time.perf_counter() - start

    def _answer(self, answers: Callable[[dict[str, Any]], bool]) -> asyncio.Task[None]:
        """Ends with the first event that ``answers``."""
        found = asyncio.Event()

        def see(event: dict[str, Any]) -> None:
            if answers(event):
                found.set()

        self._seen.append(see)

        async def wait() -> None:
            gone = asyncio.ensure_future(found.wait())
            try:
                async with asyncio.timeout(PATIENCE):
                    assert self._lost is not None
                    await asyncio.wait({gone, self._lost}, return_when=asyncio.FIRST_COMPLETED)
            except TimeoutError:
                raise Fault(f"no answer within {PATIENCE:g} s") from None
            finally:
                gone.cancel()
                self._seen.remove(see)
            if not found.is_set():
                raise Fault("the connection was lost")

        return asyncio.create_task(wait())

    def _is_figure(self, event: dict[str, Any]) -> bool:
        """Whether the event draws the figure anew."""
        if event["kind"] != "MessageSent" or event["msg_data"].get("name") != "esm_event":
            return False
        told = dict(event["msg_data"]["values"]["entries"])
        return told["model"]["id"] == self._models[FIGURE] and '"version"' in told["data"]

    async def _listen(self) -> None:
        """Read until the connection is closed."""
        with suppress(Fault):
            while True:
                kind, content = await self._message()
                if kind == "ERROR":
                    return
                for event in content.get("events", ()):
                    if event.get("attr") == "query":
                        self._query = event["new"]
                    if found := SELECTED.search(str(event.get("new"))):
                        self._rows = int(found.group(1).replace("\u00a0", ""))
                    for see in tuple(self._seen):
                        see(event)

    async def _message(self) -> tuple[str, dict[str, Any]]:
        """The type and content of the next message."""
        header, _, content = [json.loads(await self._fragment()) for _ in range(3)]
        for _ in range(2 * header.get("num_buffers", 0)):
            await self._fragment()
        return header["msgtype"], content

    async def _fragment(self) -> str | bytes:
        assert self._socket is not None
        found = await self._socket.read_message()
        if found is None:
            raise Fault("the connection was lost")
        return found

    async def _patch(self, event: dict[str, Any]) -> None:
        await self._send("PATCH-DOC", {"events": [event]})

    async def _send(self, kind: str, content: dict[str, Any]) -> None:
        assert self._socket is not None
        header = {"msgid": f"{self._random.getrandbits(128):032X}", "msgtype": kind}
        for part in (header, {}, content):
            await self._socket.write_message(json.dumps(part))


def _message(model: str, told: dict[str, Any]) -> dict[str, Any]:
    """A message from a component in the browser."""
    data = {"type": "map", "entries": [[name, value] for name, value in told.items()]}
    values = {"type": "map", "entries": [["model", {"id": model}], ["data", data]]}
    event = {"type": "event", "name": "data_event", "values": values}
    return {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": event}


def _models(document: Any) -> Iterator[tuple[str, str]]:
    """The ids of the models that a visitor uses: each figure by its name, the slider, the address."""
    if isinstance(document, list):
        for part in document:
            yield from _models(part)
    if not isinstance(document, dict):
        return
    inside = document.get("attributes", {})
    data = inside.get("data", {}) if isinstance(inside, dict) else {}
    shown = data.get("attributes", {}) if isinstance(data, dict) else {}
    if name := shown.get("figure_name"):
        yield f"figure {name}", document["id"]
        yield name, document["id"]
    if shown.get("label") == SLIDER:
        yield SLIDER, data["id"]
    if "query" in shown:
        yield "browser", document["id"]
        yield "address", data["id"]
    for part in document.values():
        yield from _models(part)
