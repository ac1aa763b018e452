"""Exercises: answers in any form are read, hints don't give answers away, and nothing raises."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

import afif_explorer as ax
from afif_explorer import exercises
from afif_explorer.errors import InvalidChoice
from afif_explorer.exercises.answers import Flat, flatten
from afif_explorer.exercises.exercise import Exercise, Mistake
from afif_explorer.exercises.kinds import Number, Rows

IDS = (10, 30, 20, 7)


def an_exercise(kind, right) -> Exercise:
    return Exercise(
        "99.1",
        kind,
        solution=lambda: right,
        praise=lambda: "well",
        hints=("a", "b", "c"),
        mistakes=(),
    )


@pytest.mark.parametrize(
    ("kind", "right", "others"),
    [
        (
            Number(0.01),
            2.0,
            [-2.0, 2.1, np.nan, True, "two", [2.0, 2.0], {}, pd.Series([2, 3]), []],
        ),
        (
            Rows(lambda: IDS),
            [30, 7],
            [[30], [30.5], "thirty", True, [True, False], {30, 7, 10}, [[]]],
        ),
        (Rows(lambda: IDS, single=True), [20], [2, [20, 30], None.__class__, [False] * 4]),
    ],
    ids=["number", "rows", "row"],
)
def test_right_answers_pass_in_every_form_and_others_do_not(kind, right, others) -> None:
    exercise = an_exercise(kind, right)
    table = exercise.table()
    assert len(table) >= 8
    assert table["passed"].all(), table
    assert not any(exercise.check(other).passed for other in others)
    assert all(exercise.check(other).message for other in others)
    for answer in kind.forms(right).values():  # the way of an answer from another process
        assert exercise.mark(Flat.from_json(flatten(answer).to_json())).passed


@pytest.mark.parametrize("answer", [..., None])
def test_an_open_exercise_is_no_failure(answer) -> None:
    verdict = an_exercise(Number(0.01), 1.0).check(answer)
    assert verdict.passed is None
    assert "Not answered yet" in repr(verdict)


@pytest.mark.parametrize("number", exercises.numbers())
def test_an_open_exercise_says_how_to_get_a_hint(number: str) -> None:
    for exercise in exercises.lesson(number):
        assert f'exercises.hint("{exercise.id}")' in exercises.check(exercise.id, ...).message


def test_odd_objects_are_read_or_refused_without_an_exception() -> None:
    effects = ax.attribute(ax.fit(ax.load_dataset("hiring")), ax.MeanLoss("test"))
    assert len(flatten(effects).values) == len(effects)
    assert flatten(pd.DataFrame({"a": [1.5, 2.5]}, index=[7, 10])).values == (7, 10)
    assert flatten(torch.ones(2, requires_grad=True)).values == (1.0, 1.0)
    for odd in (object(), {"a": 1}, lambda: 1, [[[[[1]]]]], np.array([object()])):
        assert flatten(odd).fault is not None
        assert an_exercise(Number(0.01), 1.0).check(odd).passed is False


def test_the_text_of_an_answer_is_not_html() -> None:
    assert "<script>" not in exercises.Verdict(False, "<script>")._repr_html_()


def test_a_mistake_that_is_made_gets_its_own_hint() -> None:
    mistakes = (Mistake("sign", lambda: -2.0, "turn it"), Mistake("twice", lambda: 4.0, "halve it"))
    exercise = Exercise(
        "99.1", Number(0.01), lambda: 2.0, lambda: "well", ("a", "b", "c"), mistakes
    )
    said = [exercise.check(answer).message for answer in (-2.001, [4.0], 3.0)]
    assert said == ["turn it", "halve it", "You have 3; that is not within 1% of the truth."]
    assert exercise.check(2.0).message == "well"
    table = exercise.table()  # students can print it, and praise tells the solution
    assert set(table["message"]) == {"turn it", "halve it", ""}
    assert (table["message"] == "").tolist() == table["is right"].tolist()


def test_help_has_three_levels() -> None:
    said = [exercises.hint("01.2", level).message for level in (1, 2, 3)]
    assert said[0].endswith('For more: exercises.hint("01.2", 2).')
    assert len(set(said)) == 3
    for wrong in (lambda: exercises.hint("01.2", 4), lambda: exercises.check("01.9", 1)):
        with pytest.raises(InvalidChoice):
            wrong()
    with pytest.raises(InvalidChoice, match="No lesson '77'"):
        exercises.hint("77.1")


def test_nbgrader_counts_an_answer_that_is_not_right_as_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(AssertionError, match="Not answered"):
        exercises.check("01.1", ...)


@pytest.mark.parametrize("number", exercises.numbers())
def test_every_exercise_is_complete(number: str) -> None:
    for place, exercise in enumerate(exercises.lesson(number), start=1):
        assert exercise.id == f"{number}.{place}"
        assert exercise.points > 0
        assert len(set(exercise.hints)) == 3
        assert len({mistake.name for mistake in exercise.mistakes}) >= 6
        assert len({mistake.hint for mistake in exercise.mistakes}) >= 6
