"""The display of progress: a bar of tqdm, or a line of text."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

import afif_explorer as ax
from afif_explorer.progress import Step, report
from afif_explorer.progress_bar import Display, TextLine


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 0.0

    def monotonic(self) -> float:
        return self.now


class Recorder:
    def __init__(self) -> None:
        self.drawn: list[Step] = []

    def draw(self, step: Step) -> None:
        self.drawn.append(step)

    def close(self) -> None: ...


@pytest.fixture
def clock(monkeypatch: Any) -> Clock:
    found = Clock()
    monkeypatch.setattr("afif_explorer.progress_bar.time", found)
    return found


def test_with_tqdm_there_is_a_bar(capsys: Any) -> None:
    with ax.show_progress():
        report("retraining", 3, 12)
    assert "retraining:  25%" in capsys.readouterr().err


def test_without_tqdm_there_is_a_line(monkeypatch: Any) -> None:
    stream = Terminal()
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setattr(sys, "stderr", stream)
    with ax.show_progress():
        report("retraining", 3, 12)
    assert stream.getvalue() == f"\rretraining: 3 of 12\r{'':<19}\r"


def test_a_log_file_gets_a_line_every_ten_seconds(clock: Clock) -> None:
    stream = io.StringIO()
    line = TextLine(stream)
    for clock.now in (1.0, 9.0, 11.0, 15.0, 22.0):
        line.draw(Step("training", int(clock.now), None))
    line.close()
    assert stream.getvalue() == "training: 11\ntraining: 22\n"


def test_at_most_ten_updates_a_second(clock: Clock) -> None:
    bar = Recorder()
    display = Display(bar)
    for clock.now in (0.0, 0.05, 0.11, 0.15, 0.3):
        display.show(Step("retraining", int(100 * clock.now), 50))
    assert [step.done for step in bar.drawn] == [0, 11, 30]


def test_a_nested_loop_does_not_displace_one_of_known_length(clock: Clock) -> None:
    bar = Recorder()
    display = Display(bar)
    display.show(Step("retraining", 0, 5))
    for clock.now in (0.5, 0.9, 1.2):  # then the outer loop was silent for too long
        display.show(Step("training", 1, None))
    clock.now = 1.5
    display.show(Step("retraining", 1, 5))
    assert [step.what for step in bar.drawn] == ["retraining", "training", "retraining"]
