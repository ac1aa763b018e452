"""The command line: its output and error messages."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from jupyterlab.labapp import LabApp

from afif_explorer import app
from afif_explorer.cli import classroom, lab, lessons, main, network
from afif_explorer.errors import InvalidChoice

ROOT = Path(__file__).resolve().parents[2]


def failure(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line that a wrong use prints."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1, err
    return err


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What the dashboard would be started with."""
    calls: list[dict[str, object]] = []
    monkeypatch.setattr(app, "serve", lambda **options: calls.append(options), raising=False)
    return calls


def test_help_answers_without_heavy_imports() -> None:
    code = (
        "import sys, contextlib\n"
        "from afif_explorer.cli import main\n"
        "with contextlib.suppress(SystemExit): main(['--help'])\n"
        "heavy = {'torch', 'pandas', 'panel', 'plotly'} & sys.modules.keys()\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for verb in ("serve", "lab", "class", "scenes", "grade", "data", "check"):
        assert verb in done.stdout


def test_no_verb_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


def test_serve_passes_the_choices_on(served: list[dict[str, object]], tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("open sesame\n")
    assert main(["serve", "--no-show", "--port", "0", "--password-file", str(secret)]) == 0
    assert served == [{"port": 0, "address": "127.0.0.1", "show": False, "password_file": secret}]


@pytest.mark.parametrize("verb", ["serve", "class", "lab"])
@pytest.mark.parametrize("port", ["70000", "-1", "http"])
def test_a_port_that_does_not_exist(
    capsys: pytest.CaptureFixture[str], verb: str, port: str
) -> None:
    with pytest.raises(SystemExit) as stop:
        main([verb, f"--port={port}"])
    assert stop.value.code == 2
    assert "is not a port" in capsys.readouterr().err


def test_a_class_without_a_port_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "choose a --port" in failure(capsys, "class", "--port", "0")


def test_a_stop_from_the_keyboard_is_quiet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(**options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "serve", stop, raising=False)
    assert main(["serve", "--port", "0", "--no-show"]) == 130
    assert capsys.readouterr().err == ""


@pytest.fixture
def classes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, Path, str, str, int]]:
    """What a class would be served with: host, port, file, password shown, content, folder's mode."""
    seen: list[tuple[str, int, Path, str, str, int]] = []

    def serve(
        host: str, port: int, password_file: Path, password: str, lessons: dict[str, bytes]
    ) -> None:
        assert lessons
        assert not any("solutions" in name for name in lessons)
        mode = stat.S_IMODE(password_file.parent.stat().st_mode)
        seen.append((host, port, password_file, password, password_file.read_text(), mode))

    monkeypatch.setattr(classroom, "open_class", serve)
    return seen


def test_a_class_always_has_a_password(classes: list[tuple[str, int, Path, str, str, int]]) -> None:
    assert main(["class", "--port", "5007"]) == 0
    [(_, port, path, shown, content, mode)] = classes
    assert port == 5007
    assert mode == 0o700
    assert len(shown) == classroom.LENGTH
    assert content == shown
    assert not path.exists()


def test_a_class_with_its_own_password(
    classes: list[tuple[str, int, Path, str, str, int]], tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("open sesame")
    assert main(["class", "--port", "5006", "--password-file", str(secret)]) == 0
    assert classes[0][2:5] == (secret, "", "open sesame")


def test_the_reachable_address_is_one_of_this_machine() -> None:
    with socket.create_server((network.reachable_address(), 0)):
        pass


def test_lessons_are_copied_once_and_never_overwritten(tmp_path: Path) -> None:
    source, mine = tmp_path / "source", tmp_path / "mine"
    source.mkdir()
    (source / "a.ipynb").write_text("lesson a")
    (source / "b.ipynb").write_text("lesson b")
    mine.mkdir()
    (mine / "a.ipynb").write_text("my notes")
    assert lab.copy_lessons(source, mine) == [mine / "b.ipynb"]
    assert (mine / "a.ipynb").read_text() == "my notes"
    assert lab.copy_lessons(source, mine) == []


def notebook(*cells: str) -> str:
    return json.dumps({"cells": [{"source": [cell]} for cell in cells]})


def test_a_lesson_that_has_changed_comes_beside_the_copy_once(tmp_path: Path) -> None:
    source, mine = tmp_path / "source", tmp_path / "mine"
    source.mkdir()
    lesson = source / "a.ipynb"
    lesson.write_text(notebook("first"))
    assert lab.copy_lessons(source, mine) == [mine / "a.ipynb"]
    (mine / "a.ipynb").write_text(notebook("first", "my answer"))
    assert lab.copy_lessons(source, mine) == [], "it is the user's that has changed, not the lesson"

    lesson.write_text(notebook("second"))
    assert lab.copy_lessons(source, mine) == [mine / "a (new).ipynb"]
    (mine / "a (new).ipynb").write_text(notebook("second", "my other answer"))
    assert lab.copy_lessons(source, mine) == []
    lesson.write_text(notebook("third"))
    assert lab.copy_lessons(source, mine) == [mine / "a (new 2).ipynb"]
    kept = {path.name: path.read_text() for path in mine.glob("*.ipynb")}
    assert kept == {
        "a.ipynb": notebook("first", "my answer"),
        "a (new).ipynb": notebook("second", "my other answer"),
        "a (new 2).ipynb": notebook("third"),
    }


@pytest.mark.parametrize("record", [None, "{", "[]", '{"a.ipynb": 3}'])
def test_a_copy_of_an_older_release_is_recognised_by_its_cells(
    tmp_path: Path, record: str | None
) -> None:
    source, mine = tmp_path / "source", tmp_path / "mine"
    for folder in (source, mine):
        folder.mkdir()
    (source / "a.ipynb").write_text(notebook("same", "corrected"))
    (source / "b.ipynb").write_text(notebook("b"))
    (mine / "a.ipynb").write_text(notebook("same", "wrong"))
    (mine / "b.ipynb").write_text(notebook("something of my own"))
    if record is not None:
        (mine / lessons.RECORD).write_text(record)
    assert lab.copy_lessons(source, mine) == [mine / "a (new).ipynb"]
    assert (mine / "a.ipynb").read_text() == notebook("same", "wrong")
    assert (mine / "b.ipynb").read_text() == notebook("something of my own")
    assert lab.copy_lessons(source, mine) == []


def test_solutions_are_for_teachers(tmp_path: Path) -> None:
    every = {path.name for path in lab.lessons().glob("*.ipynb")}
    lab.copy_lessons(lab.lessons(), tmp_path)
    students = {path.name for path in tmp_path.glob("*.ipynb")}
    solutions = {name for name in every if "solutions" in name}
    assert solutions
    assert students == every - solutions
    for name in students:
        cells = json.loads((tmp_path / name).read_text())["cells"]
        assert not any("solution" in cell["metadata"].get("tags", ()) for cell in cells)
    lab.copy_lessons(lab.lessons(), tmp_path, teacher=True)
    assert {path.name for path in tmp_path.glob("*.ipynb")} == every


def test_a_folder_for_lessons_that_cannot_be_made(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(InvalidChoice, match=r"cannot be copied .* choose another folder"):
        lab.copy_lessons(lab.lessons(), blocked)


def test_lab_starts_in_the_copy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(LabApp, "launch_instance", started.append)
    folder = tmp_path / "lessons"
    assert main(["lab", "--no-browser", "--port", "8899", "--folder", str(folder)]) == 0
    assert str(folder) in capsys.readouterr().out
    assert (folder / "README.md").exists()
    assert f"--ServerApp.root_dir={folder}" in started[0]
    assert {"--port=8899", "--no-browser", *lab.QUIET} <= set(started[0])
    assert not list(folder.glob("*solutions*"))
    (folder / "00_explorer.ipynb").write_text("my notes")
    record = json.loads((folder / lessons.RECORD).read_text())
    (folder / lessons.RECORD).write_text(json.dumps(record | {"00_explorer.ipynb": "older"}))
    assert main(["lab", "--no-browser", "--teacher", "--folder", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "00_explorer.ipynb has a new version" in said
    assert "00_explorer (new).ipynb" in said
    assert list(folder.glob("*solutions*"))
