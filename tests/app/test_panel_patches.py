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


CHUNK = {"status": "upload_event", "name": "a.csv", "chunk": 1, "total_chunks": 1}


def upload(field: Any, content: bytes) -> None:
    field._send_msg = lambda _message: None
    field._handle_msg(CHUNK | {"mime_type": "text/csv", "data": content})
    field._handle_msg({"status": "finished"})


@pytest.mark.parametrize("content", [b"a,b", b""])
def test_each_chosen_file_is_handled(content: bytes) -> None:
    arrived: list[Any] = []
    refused: list[str] = []
    field = toolkit.FileField(lambda *file: arrived.append(file), refused.append)
    upload(field, content)
    upload(field, content)
    assert arrived == [("a.csv", content)] * 2
    field._handle_msg({"status": "error", "error": "too large"})
    assert refused == ["too large"]


def test_parts_of_files_that_never_arrive_are_not_kept() -> None:
    arrived: list[Any] = []
    refused: list[str] = []
    field = toolkit.FileField(lambda *file: arrived.append(file), refused.append, max_file_size=100)
    field._send_msg = lambda _message: None

    def kept() -> int:
        held = [part for file in field._file_buffer.values() for part in file["chunks"].values()]
        return sum(map(len, held)) + sum(len(file["value"]) for file in field._buffer)

    def part(name: str, number: int) -> None:
        about = {"name": name, "chunk": number, "total_chunks": 1000, "mime_type": "text/csv"}
        field._handle_msg({"status": "upload_event", **about, "data": b"x" * 40})
        assert kept() <= 100

    for number in range(50):
        part(f"{number}.csv", 1)
    assert not refused
    for number in range(50):
        part("endless.csv", number)
    field._handle_msg({"status": "finished"})
    assert refused == ["The file exceeds the maximum file size."]
    assert not arrived
    upload(field, b"a,b")
    assert arrived == [("a.csv", b"a,b")]
    assert field.value is None


def test_the_first_part_of_a_large_file_is_handled_at_once() -> None:
    arrived: list[Any] = []
    first: list[bytes] = []
    field = toolkit.FileField(lambda *file: arrived.append(file), lambda _: None, first.append)
    field._send_msg = lambda _message: None
    about = {"name": "a.csv", "total_chunks": 2, "mime_type": "text/csv", "status": "upload_event"}
    field._handle_msg({**about, "chunk": 1, "data": b"x,y\n"})
    assert (first, arrived) == ([b"x,y\n"], [])
    field._handle_msg({**about, "chunk": 2, "data": b"1,2\n"})
    field._handle_msg({"status": "finished"})
    assert (first, arrived) == ([b"x,y\n"], [("a.csv", b"x,y\n1,2\n")])
    upload(field, b"a,b")
    assert first == [b"x,y\n"], "a file of one part has no first one"


def test_panels_field_still_handles_neither() -> None:
    arrived: list[Any] = []
    field = material.FileInput()
    field.param.watch(arrived.append, "value")
    upload(field, b"a,b")
    upload(field, b"a,b")
    assert len(arrived) == 1
    with pytest.raises(ValueError, match="Unknown status"):
        field._handle_msg({"status": "error", "error": "too large"})
    for number in range(50):
        field._handle_msg(
            CHUNK | {"name": str(number), "total_chunks": 2, "mime_type": "", "data": b"x"}
        )
    assert len(field._file_buffer) == 50, "it keeps the parts of any number of files"


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
