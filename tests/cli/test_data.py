"""``afif-explorer data``: the catalogue on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from afif_explorer import datasets
from afif_explorer.cli import main


def test_list_names_every_data_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "list"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split()[0] == "name"
    assert [line.split()[0] for line in lines] == list(datasets.names())


def test_fetch_prints_a_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "fetch", "hiring"]) == 0
    data = datasets.load("hiring")
    printed = capsys.readouterr().out
    assert data.title in printed
    assert f"{len(data.train)} training" in printed
    assert data.licence in printed


def test_fetch_of_an_unknown_data_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "fetch", "hirring"]) == 2
    assert "no data set named 'hirring'" in capsys.readouterr().err


def test_where_names_both_folders(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AFIF_DATA_HOME", str(tmp_path))
    assert main(["data", "where"]) == 0
    printed = capsys.readouterr().out
    assert str(tmp_path) in printed
    assert str(datasets.cache_folder()) in printed
    monkeypatch.delenv("AFIF_DATA_HOME")
    assert main(["data", "where"]) == 0
    assert "(not set)" in capsys.readouterr().out
