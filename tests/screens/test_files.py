"""Files that come in and go out are the same in both user interfaces."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import panel as pn
import pytest
from markupsafe import escape

from afif_explorer.app.components import toolkit
from afif_explorer.app.page.header import Header
from afif_explorer.app.page.upload import Upload
from afif_explorer.notebook.view import ExplorerView
from afif_explorer.screens.files import own_table
from afif_explorer.screens.files.exports import EXPORTS, HINT
from afif_explorer.screens.files.own_table import OwnTable
from afif_explorer.state import Explorer

WAIT = 60
# Panel's download button tells itself so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Both 'variant' and 'button_style':PendingDeprecationWarning"
)


@pytest.fixture(scope="module")
def explorer():
    made = Explorer("hiring", view="unlearning", count=5)
    assert made.await_idle(WAIT)
    yield made
    made.close()


@pytest.fixture(scope="module")
def cells(explorer):
    view = ExplorerView(explorer)
    yield view
    view.close()


def nothing(*_args: Any) -> None:
    """What the page would do."""


def test_both_export_the_same_files(explorer, cells, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    browser: Any = SimpleNamespace(copy_address=nothing)
    header = Header(explorer, browser, pn.Column(), show_code=nothing, show_guide=nothing)
    files = header._files()
    downloads = files.select(toolkit.FileDownload)
    assert len(downloads) == len(EXPORTS) == len(cells.exports.buttons)
    for download, (name, button) in zip(downloads, cells.exports.buttons.items(), strict=True):
        assert (download.filename, download.label) == (name, button.description)
        button.click()
        told = download.callback().getvalue()
        if name.endswith(".csv"):  # a report has the time in it
            assert (tmp_path / name).read_text(encoding="utf-8") == told
        else:
            assert abs((tmp_path / name).stat().st_size / len(told.encode()) - 1) < 1e-3
    assert HINT in cells.exports.widget.children[0].value


def test_the_columns_of_a_table_from_a_link_can_be_changed(explorer) -> None:
    name = OwnTable.read("mine.csv", b"a;b;c\n1;x;0\n5;y;1\n7;x;1\n" * 20).add("infer")
    page = Upload(explorer)
    assert page.columns(name) == ["a", "b", "c"]
    page._show(OwnTable.copy_of(name), focus="b")
    assert not any(field.visible for field in (*page._how.values(), page._test))
    assert "your own copy" in str(page._says.object)
    page._show(OwnTable.read("mine.csv", b"a;b\n1;2\n3;4\n" * 9))
    assert all(field.visible for field in (*page._how.values(), page._test))
    assert page.columns("upload-0") == page.columns("hiring") == ()


def test_both_ask_the_same_about_an_own_table(explorer, cells) -> None:
    page, form = Upload(explorer, local=True), cells.panel.own_table
    own = OwnTable.read("mine.csv", b"a;b;a much longer name;c\n1,5;2;3;4\n5,5;6;7;8\n" * 9)
    page._show(own)
    form.button.value = True
    form._show(own)
    assert page._table.content == form.table.content
    for on_page, in_cell in (
        (page._task, form.task),
        *zip(page._how.values(), form.how.values(), strict=True),
    ):
        assert on_page.label == in_cell.description
        assert dict(on_page.options) == dict(in_cell.options)
    assert page._use.label == form.use.description == own_table.USE
    assert page._preview.object == form.preview.value
    assert own.notes
    for said in (page._says.object, form.message.value):
        assert own.summary in said
        assert all(escape(note) in said for note in own.notes)
    form.button.value = False
