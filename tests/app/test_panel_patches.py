"""A message that comes while others are being written is written next, not left behind."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from bokeh.document import Document
from panel.io import document as panels

from afif_explorer.app import panel_patches


class Wire:
    """Stands in for a connection to a browser: what is written to it takes until :meth:`pass_on`."""

    def __init__(self) -> None:
        self.written: list[Any] = []
        self._under_way: list[asyncio.Future[None]] = []
        self._socket = object()
        self.protocol = SimpleNamespace(create=lambda _kind, events: events)

    def write(self, _connection: Wire, msg: Any) -> list[asyncio.Future[None]]:
        self.written.append(msg)
        self._under_way.append(asyncio.get_running_loop().create_future())
        return self._under_way[-1:]

    def pass_on(self) -> None:
        for future in self._under_way:
            if not future.done():
                future.set_result(None)


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_what_comes_while_something_is_written_is_written_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wire, document = Wire(), Document()
    monkeypatch.setattr(panels, "dispatch_django", wire.write)
    monkeypatch.setattr(panels, "_dispatch_msgs", panels._dispatch_msgs)
    panel_patches.deliver_all()

    async def messages() -> None:
        panels.schedule_write_events(document, [wire], ["first"])
        await settled()
        wire.pass_on()  # "first" is out, which Panel hears in a moment
        panels.schedule_write_events(document, [wire], ["second"])
        await settled()
        wire.pass_on()
        await settled()

    asyncio.run(messages())
    assert wire.written == [["first"], ["second"]]
    assert document not in panels._WRITE_MSGS
    assert document not in panels._WRITE_BLOCK
