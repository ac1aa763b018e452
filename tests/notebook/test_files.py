"""Files in a notebook: exports beside what is there, code to copy, and somebody's own table."""

from __future__ import annotations

import io
import itertools
import json
import resource
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from markupsafe import escape

from afif_explorer import progress
from afif_explorer.notebook.files.own_table import OwnTableForm
from afif_explorer.notebook.files.saving import save
from afif_explorer.notebook.view import ExplorerView
from afif_explorer.screens.files import own_table
from afif_explorer.screens.files.own_table import OwnTable
from afif_explorer.state import Explorer

WAIT = 60
ROWS = "".join(f"{i % 7},{'ab'[i % 2]},{(i * i) % 11 < 5},same\n" for i in range(300))
TABLE = f"size,who,hired,constant\n{ROWS}"


@pytest.fixture(scope="module")
def explorer():
    made = Explorer("hiring")
    assert made.await_idle(WAIT)
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder."""
    here = tmp_path / "<b>work"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


@pytest.fixture
def exports(explorer, folder):
    view = ExplorerView(explorer)
    yield view.exports
    view.close()


def test_the_button_opens_the_exports(exports) -> None:
    assert exports.widget.layout.display == "none"
    exports.button.value = True
    assert exports.widget.layout.display is None
    exports.button.value = False
    assert exports.widget.layout.display == "none"


def test_a_file_is_saved_beside_those_that_are_there(exports, explorer, folder) -> None:
    for name in ("effects.csv", "effects-2.csv"):
        exports.buttons["effects.csv"].click()
        assert f"Saved <b>{name}</b> in {folder.parent}/&lt;b&gt;work." in exports.message.value
    assert "effects.csv was there already" in exports.message.value
    first, second = (folder / "effects.csv"), (folder / "effects-2.csv")
    assert first.read_bytes() == second.read_bytes()
    table = pd.read_csv(first, index_col="row")
    effect = table.filter(like="effect if removed").squeeze()
    np.testing.assert_allclose(effect.loc[explorer.points.ids], explorer.points.effect, rtol=1e-12)
    exports.buttons["afif-report.html"].click()
    assert "Hiring" in (folder / "afif-report.html").read_text(encoding="utf-8")
    assert len(list(folder.iterdir())) == 3


def test_what_cannot_be_exported_says_why(exports, folder) -> None:
    exports.buttons["remaining-rows.csv"].click()
    assert "Export failed.</b> Open Unlearning and fairness first" in exports.message.value
    assert not list(folder.iterdir())
    folder.rmdir()
    exports.buttons["effects.csv"].click()
    assert "Export failed.</b> effects.csv: No such file or directory." in exports.message.value


def test_the_code_is_that_of_the_settings_and_goes_with_them(exports, explorer) -> None:
    exports.as_python.click()
    assert exports.code.code == explorer.as_python()
    explorer.damping = 0.5
    assert exports.code.code == exports.message.value == ""
    explorer.damping = 0.0
    assert explorer.await_idle(WAIT)


def test_half_a_file_is_not_left_behind(folder) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
        with pytest.raises(OSError, match="File too large"):
            save("large.csv", "x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(folder.iterdir())


def test_text_that_is_no_unicode_is_saved_too(folder) -> None:
    assert save("odd.csv", "a\ud800\n").read_bytes() == b"a\\ud800\n"


@pytest.fixture
def form(explorer, folder):
    explorer.dataset = "hiring"
    made = OwnTableForm(explorer)
    (folder / "mine.csv").write_text(TABLE)
    made.button.value = True
    return made


def read(form: OwnTableForm, path: str) -> str:
    form.path.value = path
    form.read.click()
    assert form.job.wait(WAIT)
    return form.message.value


def choose(form: OwnTableForm, kind: str, column: int, value: str) -> None:
    """What the page sends when a person makes a choice."""
    form.table.choice = json.dumps({"kind": kind, "column": column, "value": value})


def test_the_tables_of_the_folder_are_offered(form, folder) -> None:
    (folder / "notes.txt").touch()
    (folder / "OTHER.PARQUET").touch()
    form.button.value = False
    assert form.path.options == ()
    form.button.value = True
    assert form.path.options == ("OTHER.PARQUET", "mine.csv")
    assert own_table.ASKS in form.message.value


def test_each_file_that_cannot_be_used_is_refused_with_its_reason(form, folder) -> None:
    (folder / "empty.csv").touch()
    with zipfile.ZipFile(folder / "table.zip", "w") as archive:
        archive.writestr("table.csv", TABLE)
    with (folder / "large.csv").open("wb") as large:
        large.truncate(50_000_001)
    for path, why in (
        ("", "Name a file."),
        ("<i>none", "There is no file &#39;&lt;i&gt;none&#39; in"),
        (".", "There is no file &#39;.&#39; in"),
        ("empty.csv", "The file is empty."),
        ("table.zip", "a zip archive"),
        ("large.csv", "The file is larger than 50 MB, which is the limit."),
    ):
        assert read(form, "mine.csv").startswith(
            '<p class="line">300 rows and 4 columns were read; 1 question about a column is open.'
        )
        assert form.columns.layout.display is None
        told = read(form, path)
        assert told.startswith('<p class="line poor"><b>The file could not be loaded.</b>')
        assert why in told
        assert form.columns.layout.display == "none"


def test_reading_shows_how_far_it_is_and_can_be_stopped(form, monkeypatch) -> None:
    begun = threading.Event()

    def endless(path, how):
        for turn in itertools.count():
            progress.report("Reading the file", 1, 4)
            if turn > 20:  # reports are shown ten times a second
                begun.set()
            time.sleep(0.02)

    with monkeypatch.context() as patch:
        patch.setattr(OwnTable, "open", endless)
        form.path.value = "mine.csv"
        form.read.click()
        assert begun.wait(WAIT)
        assert form.working.cancel.layout.display is None
        assert "Reading the file …" in form.message.value
        form.working.cancel.click()
        assert form.job.wait(WAIT)
    assert own_table.STOPPED in form.message.value
    assert form.working.cancel.layout.display == "none"
    assert form.columns.layout.display == "none"
    assert "300 rows" in read(form, "mine.csv")


def test_a_table_is_used_and_can_be_asked_about_again(form, explorer, folder) -> None:
    (folder / "sub").mkdir()
    (folder / "mine.csv").rename(folder / "sub" / "mine.csv")
    read(form, "sub/mine.csv")
    choose(form, "role", 3, "target")
    form.use.click()  # the last column is constant
    assert "has only one value" in form.message.value
    choose(form, "role", 2, "target")
    choose(form, "role", 1, "sensitive")
    form.use.click()
    assert form.button.value is False
    assert form._own is None  # nothing keeps the table but the cache of uploads
    assert explorer.await_idle(WAIT)
    assert explorer.status.kind == "done", explorer.status.message
    assert (explorer.data.title, explorer.data.target) == ("mine.csv", "hired")
    assert explorer.data.sensitive == ("who",)
    names: dict[str, object] = {}
    exec(explorer.as_python(), names)
    np.testing.assert_allclose(names["effects"], explorer.points.effect, rtol=1e-9, atol=1e-15)
    assert "ax.inspect('sub/mine.csv')" in explorer.as_python()


def test_a_change_begins_with_the_task_that_was_chosen(form, explorer) -> None:
    read(form, "mine.csv")
    choose(form, "role", 2, "target")
    form.task.value = "classification"
    form.use.click()
    assert explorer.await_idle(WAIT)
    form.button.value = True
    read(form, "mine.csv")
    assert form.task.value == "infer"
    form.change(json.dumps({"column": "x"}))
    assert form.task.value == "classification"


def test_notes_of_reading_are_told(form, folder) -> None:
    odd = pd.read_csv(io.StringIO(TABLE)).to_csv(sep=";", index=False)
    (folder / "odd.csv").write_text(odd)
    told = read(form, "odd.csv")
    assert form._own is not None
    assert form._own.notes
    for note in form._own.notes:
        assert escape(note) in told


def test_a_choice_that_cannot_be_made_is_refused_and_taken_back(form) -> None:
    read(form, "mine.csv")
    before = form.table.content
    choose(form, "column_kind", 1, "date")
    assert "This cannot be chosen." in form.message.value
    assert json.loads(form.table.content) == json.loads(before)
    assert form.table.content != before, "sent again: the list in the browser shows a date"
    form.table.choice = "no choice"
    assert "The choice was not understood" in form.message.value


def test_how_the_file_is_read_can_be_chosen(form, explorer) -> None:
    form.how["header"].value = False
    read(form, "mine.csv")
    assert "301 rows and 4 columns were read" in form.message.value
    assert '"size"' in form.table.content, "the names are cells now"


def test_a_surprise_is_logged_and_told_in_one_sentence(form, monkeypatch, caplog) -> None:
    def fail(*_arguments, **_options) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(own_table, "inspect", fail)
    assert "An unexpected error occurred; see the log for details." in read(form, "mine.csv")
    assert "ZeroDivisionError" in caplog.text
