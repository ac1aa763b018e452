"""Self-checks: right answers pass, usual mistakes get their hint, nothing raises."""

from __future__ import annotations

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer.notebook import checks, exercises


@pytest.fixture(scope="module")
def case():
    data = ax.load_dataset("hiring")
    fit = ax.fit(data, model="logistic", penalty=ax.Ridge(1e-3))
    return fit, data.test.ids.tolist().index(658)


@pytest.mark.parametrize("answer", [..., None])
def test_an_open_exercise_is_no_failure(answer, case) -> None:
    fit, candidate = case
    for verdict in (
        exercises.effect_on_loss(answer, fit, row=3, candidate=candidate),
        exercises.strongest_helper(answer, fit, candidate=candidate),
        exercises.turn_the_decision(answer, fit, candidate=candidate),
    ):
        assert verdict.passed is None
        assert "Not answered yet" in repr(verdict)


@pytest.mark.parametrize(
    ("answer", "passed", "words"),
    [
        (2.01, True, "well"),
        (np.array([2.0]), True, "well"),
        (-2.0, False, "sign"),
        (3.0, False, "3"),
        (float("nan"), False, "One number"),
        ("2", False, "One number"),
        ([2.0, 3.0], False, "One number"),
        (True, False, "One number"),
    ],
)
def test_a_number_is_judged(answer, passed, words) -> None:
    verdict = checks.number(answer, 2.0, tolerance=0.01, praise="well", slips={-1.0: "the sign"})
    assert verdict.passed is passed
    assert words in verdict.message


def test_text_of_an_answer_is_not_html() -> None:
    assert "<script>" not in checks.Verdict(False, "<script>")._repr_html_()


def test_the_effect_on_the_loss_is_checked_by_training_again(case) -> None:
    fit, candidate = case
    right = ax.attribute(fit, ax.PointLoss("test", candidate))[7]
    wrong = ax.attribute(fit, ax.Prediction("test", candidate))[7]

    def check(answer):
        return exercises.effect_on_loss(answer, fit, row=7, candidate=candidate)

    assert check(right).passed
    assert "after minus before" in check(-right).message
    assert "effect on the chance" in check(wrong).message
    assert "1/n" in check(right * fit.n).message


def test_the_strongest_helper_is_checked(case) -> None:
    fit, candidate = case
    effects, ids = ax.attribute(fit, ax.Prediction("test", candidate)), fit.data.train.ids

    def check(answer):
        return exercises.strongest_helper(answer, fit, candidate=candidate)

    assert check(ids[np.argmin(effects)]).passed
    assert "position" in check(np.argmin(effects)).message
    assert "other end" in check(ids[np.argmax(effects)]).message
    assert "no training row" in check(-1).message
    assert not check("row").passed


def test_turning_the_decision_takes_the_fewest_rows(case) -> None:
    fit, candidate = case
    order = np.argsort(-ax.attribute(fit, ax.Prediction("test", candidate)))

    def check(answer):
        return exercises.turn_the_decision(answer, fit, candidate=candidate)

    assert "below the line" in check(order[:3]).message
    assert check(order[:4]).passed
    assert check(list(order[:4])).passed
    assert "fewer rows" in check(order[:6]).message
    for odd in ([10**9], "rows", [[]], [0.5]):
        assert not check(odd).passed
