"""Where the disk is full, nothing incomplete is left under a name that is read again."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

import afif_explorer as ax
from afif_explorer import cli, whole_file
from afif_explorer.cli.lessons import copy_lessons
from afif_explorer.errors import DataError, InvalidChoice
from tests.helpers.full_disk import full_after

LONG = b"x" * 10_000


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    whole_file.write(path, b"before")
    with full_after(5_000), pytest.raises(OSError, match="File too large"):
        whole_file.write(path, LONG)
    assert [path] == list(tmp_path.iterdir())
    assert path.read_bytes() == b"before"


def test_what_a_killed_process_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    (tmp_path / "file.part").write_bytes(LONG[:100])
    whole_file.write(path, LONG)
    assert [path] == list(tmp_path.iterdir())
    assert path.read_bytes() == LONG


def test_a_fit_can_be_saved_again_once_there_is_space(tmp_path: Path) -> None:
    data = ax.load_dataset("hiring")
    fit = ax.fit(data)
    with (
        full_after(100),
        pytest.raises(DataError, match=r"cannot be written to .*: File too large"),
    ):
        fit.save(tmp_path / "fit")
    assert not list((tmp_path / "fit").iterdir())
    fit.save(tmp_path / "fit")
    assert ax.load_fit(tmp_path / "fit", data=data).theta.shape == fit.theta.shape


def test_half_a_lesson_is_not_copied(tmp_path: Path) -> None:
    source, mine = tmp_path / "source", tmp_path / "mine"
    source.mkdir()
    (source / "a.ipynb").write_bytes(LONG)
    with full_after(5_000), pytest.raises(InvalidChoice, match="cannot be copied"):
        copy_lessons(source, mine)
    assert not list(mine.iterdir())


def test_a_command_says_in_one_sentence_that_the_disk_is_full(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", "/tmp/somewhere")

    monkeypatch.setattr(cli.scenes, "run", full)
    assert cli.main(["scenes", "anywhere"]) == 2
    told = capsys.readouterr().err
    assert told == "afif-explorer: The disk of /tmp/somewhere is full; free some space there.\n"
