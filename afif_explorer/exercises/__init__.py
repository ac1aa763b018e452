"""The exercises of the lessons: ``exercises.check("01.1", answer_1)`` and ``exercises.hint("01.1")``.

Every exercise finds the right answer by itself, from its own data and fits, so that a changed variable of
the notebook cannot change what is right. The exercises of a lesson are in ``lessons/``, one module each.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import Any

import pandas as pd

from afif_explorer.errors import InvalidChoice
from afif_explorer.exercises.exercise import Exercise, Mistake
from afif_explorer.exercises.verdict import Verdict
from afif_explorer.wording import quoted

GRADING = "AFIF_GRADING"  # set in the process of a submission, which marks nothing by itself
_LATER = Verdict(None, "Marked after the notebook has run.")

__all__ = ["Exercise", "Mistake", "Verdict", "check", "hint", "lesson", "numbers", "table"]

_MODULES = {
    "01": "one_row",
    "02": "from_scratch",
    "03": "curvatures",
    "04": "series",
    "05": "kinks",
    "06": "held_out",
    "07": "groups",
    "08": "adult_gap",
    "09": "wrong_labels",
    "10": "training_time",
    "11": "own_table",
}


def numbers() -> tuple[str, ...]:
    """The numbers of the lessons with exercises."""
    return tuple(_MODULES)


@cache
def lesson(number: str) -> tuple[Exercise, ...]:
    """The exercises of a lesson, in order."""
    if number not in _MODULES:
        raise InvalidChoice(
            f"No lesson {quoted(number)} has exercises; these have: {', '.join(_MODULES)}."
        )
    module = import_module(f"afif_explorer.exercises.lessons.{_MODULES[number]}")
    found: tuple[Exercise, ...] = module.EXERCISES
    return found


def _find(name: str) -> Exercise:
    found = [one for one in lesson(name.split(".")[0]) if one.id == name]
    if not found:
        raise InvalidChoice(f"There is no exercise {quoted(name)}.")
    return found[0]


def check(name: str, answer: Any) -> Verdict:
    """The verdict on an answer, with a hint if it is wrong.

    Args:
        name: lesson and exercise, such as ``"01.2"``.
        answer: a number or row ids, in any usual form.

    Returns:
        The verdict; ``passed`` is None for an exercise that is not answered yet, and for all under
        ``afif-explorer grade``, which marks outside the notebook.

    Raises:
        InvalidChoice: if there is no such exercise.
        AssertionError: under nbgrader, which counts a cell that raises nothing as passed.

    >>> from afif_explorer import exercises
    >>> exercises.check("01.1", ...).passed is None
    True
    """
    if GRADING in os.environ:
        return _LATER
    verdict = _find(name).check(answer)
    if "NBGRADER_EXECUTION" in os.environ and not verdict.passed:
        raise AssertionError(verdict.message)
    return verdict


def hint(name: str, level: int = 1) -> Verdict:
    """Help with an exercise: level 1 asks a question, 2 names the idea, 3 the steps."""
    return _LATER if GRADING in os.environ else _find(name).hint(level)


def table(number: str) -> pd.DataFrame:
    """Every form of the right answers and every usual mistake of a lesson, with the hints but no solution."""
    return pd.concat([one.table() for one in lesson(number)], ignore_index=True)
