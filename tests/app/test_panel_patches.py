"""Each patch does what it is for, and the library still needs it: where a test of the latter fails, take the
patch out.
"""

from __future__ import annotations

import asyncio
import gc
import io
import weakref
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import panel as pn
import panel_material_ui as material
import pytest
from bokeh.document import Document
from bokeh.models import ImportedStyleSheet
from bokeh.server.server import Server
from panel.io import document as panels
from panel.reactive import Syncable

from afif_explorer.app import panel_patches
from afif_explorer.app.components import toolkit

# ---- messages ---------------------------------------------------------------------------------


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


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    made, original = Wire(), panels._dispatch_msgs
    while hasattr(original, "original"):
        original = original.original
    monkeypatch.setattr(panels, "dispatch_django", made.write)
    monkeypatch.setattr(panels, "_dispatch_msgs", original)
    return made


def write_one_in_between(wire: Wire) -> Document:
    """A second message comes when the first is out, which Panel hears in a moment."""
    document = Document()

    async def messages() -> None:
        panels.schedule_write_events(document, [wire], ["first"])
        await settled()
        wire.pass_on()
        panels.schedule_write_events(document, [wire], ["second"])
        await settled()
        wire.pass_on()
        await settled()

    asyncio.run(messages())
    return document


def test_messages_that_arrive_during_a_write_are_written_next(wire: Wire) -> None:
    panel_patches.send_all_messages()
    document = write_one_in_between(wire)
    assert wire.written == [["first"], ["second"]]
    assert document not in panels._WRITE_MSGS
    assert document not in panels._WRITE_BLOCK


def test_panel_still_leaves_it_behind(wire: Wire) -> None:
    write_one_in_between(wire)
    assert wire.written == [["first"]]


def test_messages_are_patched_once(wire: Wire) -> None:
    panel_patches.send_all_messages()
    once = panels._dispatch_msgs
    panel_patches.send_all_messages()
    assert panels._dispatch_msgs is once


# ---- widgets ----------------------------------------------------------------------------------


def busy_while(slider: Any) -> list[bool]:
    """What Panel's count of work shows while a slider is moved."""
    counted: list[bool] = []
    watcher = pn.state.param.watch(lambda event: counted.append(event.new), "busy")
    try:
        slider._process_events({"value": 0.5})
        assert slider.value == 0.5
    finally:
        pn.state.param.unwatch(watcher)
    return counted


def test_a_slider_move_is_handled_immediately_and_not_counted_as_busy() -> None:
    slider = toolkit.FloatSlider()
    panel_patches.send_value_at_once(slider)
    assert slider._debounce == 1
    assert busy_while(slider) == []


def test_panel_still_waits_and_counts() -> None:
    assert Syncable._debounce > 1
    assert toolkit.FloatSlider()._debounce == Syncable._debounce
    assert busy_while(toolkit.FloatSlider()) == [True, False]


@pytest.mark.parametrize("kind", ["FloatSlider", "IntSlider"])
def test_a_slider_move_is_one_event(kind: str) -> None:
    heard = set(getattr(toolkit, kind)()._linked_properties)
    assert "value" in heard
    assert "value_throttled" not in heard


@pytest.mark.parametrize("kind", ["FloatSlider", "IntSlider"])
def test_panel_still_sends_two_events(kind: str) -> None:
    assert {"value", "value_throttled"} <= set(getattr(material, kind)()._linked_properties)


def downloads(button: Any, times: int) -> list[Any]:
    """The files that a browser would take for new."""
    files: list[Any] = []
    button.param.watch(lambda event: event.new and files.append(event.new), "data")
    for _ in range(times):
        button._transfer()
    return files


def test_the_same_file_can_be_downloaded_twice_and_none_is_no_file() -> None:
    def made(content: Any) -> Any:
        return toolkit.FileDownload(callback=lambda: content, filename="a.txt", label="A")

    assert len(downloads(made(io.StringIO("a")), 2)) == 2
    assert downloads(made(None), 2) == []


def test_panels_download_still_does_neither() -> None:
    def made(content: Any) -> Any:
        return material.FileDownload(callback=lambda: content, filename="a.txt", label="A")

    assert len(downloads(made(io.StringIO("a")), 2)) == 1
    with pytest.raises(ValueError, match="unknown object"):
        downloads(made(None), 1)


# ---- page and server --------------------------------------------------------------------------


def is_kept(make: Callable[[], Any]) -> bool:
    """Whether a page stays in memory after everybody has let go of it."""
    known = weakref.ref(make())
    gc.collect()
    return known() is not None


def untied() -> Any:
    page = material.Page()
    panel_patches.unlink_busy(page)
    return page


def test_a_page_is_let_go_of() -> None:
    assert not is_kept(untied)


def test_the_count_of_busy_sessions_still_holds_a_page_in_memory() -> None:
    assert is_kept(material.Page)


def stylesheets(document: Document) -> set[str]:
    """Addresses of the style sheets of a page with a button, made without being written."""
    root = (
        toolkit.make_page("A page", main=[toolkit.Button(label="A")]).server_doc(document).roots[0]
    )
    return {sheet.url for sheet in root.select({"type": ImportedStyleSheet})}


def test_stylesheets_come_from_this_server() -> None:
    document = Document()
    panel_patches.use_own_stylesheets(document)
    found = stylesheets(document)
    assert found
    assert not [url for url in found if "//" in url]


def test_panel_still_requests_them_from_another_host() -> None:
    assert [url for url in stylesheets(Document()) if url.startswith("https://")]


def test_a_server_still_has_no_public_name_for_its_tornado_application() -> None:
    server = Server({}, port=0)
    try:
        application = panel_patches.tornado_application(server)
        names = [name for name in dir(server) if not name.startswith("_")]
        assert not [name for name in names if getattr(server, name, None) is application]
    finally:
        server.stop()
