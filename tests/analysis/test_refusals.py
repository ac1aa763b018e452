"""Invalid arguments raise one clear sentence; convenient forms of valid ones are accepted."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import afif_explorer as ax
from tests.analysis.test_edge_cases import one_sentence

LOSS = ax.MeanLoss("test")


@functools.cache
def hiring() -> ax.Fit:
    return ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(1e-2))


@pytest.mark.parametrize("target", ["test", None, ax.MeanLoss, [LOSS, "test"]])
@pytest.mark.parametrize(
    "ask",
    [
        ax.attribute,
        lambda fit, target: ax.unlearn(fit, fit.ids[:1], targets=target),
        lambda fit, target: ax.Unlearner(fit, targets=target),
        lambda fit, target: ax.retrain_each(fit, fit.ids[:1], target),
        lambda fit, target: ax.retrain(fit, fit.ids[:1]).effects(target),
    ],
    ids=["attribute", "unlearn", "stream", "retrain each", "retrain"],
)
def test_what_is_no_target_is_refused(ask, target) -> None:
    with pytest.raises(ax.InvalidChoice, match="Expected a target such as MeanLoss") as error:
        ask(hiring(), target)
    one_sentence(error)


def test_one_target_need_not_be_in_a_list() -> None:
    fit = hiring()
    assert set(ax.unlearn(fit, fit.ids[[0]], targets=LOSS).effects) == {LOSS}
    assert set(ax.retrain(fit, fit.ids[[0]]).effects(LOSS)) == {LOSS}
    assert ax.Unlearner(fit, targets=LOSS).targets == (LOSS,)


@pytest.mark.parametrize("i", [-1, 10**6, 1.5, "a", None])
@pytest.mark.parametrize("kind", [ax.PointLoss, ax.Prediction])
def test_a_row_that_is_none_is_refused(kind, i) -> None:
    with pytest.raises(
        ax.InvalidChoice, match=r"is not in the test split|named by its id"
    ) as error:
        ax.attribute(hiring(), kind("test", i))
    one_sentence(error)


@pytest.mark.parametrize("split", ["tset", ["test"], 3, None])
def test_a_split_that_is_none_is_refused(split) -> None:
    with pytest.raises(ax.InvalidChoice, match="There is no split"):
        ax.attribute(hiring(), ax.MeanLoss(split))


@pytest.mark.parametrize("target", [LOSS, ax.PointLoss("test", 0), ax.Prediction("test", 0)])
def test_a_split_without_rows_says_so(target) -> None:
    X = np.random.default_rng(0).normal(size=(20, 2))
    objective = ax.Objective(ax.LinearMap(2), "gaussian", ax.Ridge(0.1), X, X[:, 0])
    fit = ax.fit_objective(objective, test=(X[:0], X[:0, 0]))
    with pytest.raises(ax.DataError, match="The test split has no rows to measure") as error:
        ax.attribute(fit, target)
    one_sentence(error)


@pytest.mark.parametrize(
    "rows", [[[1, 2], [3, 4]], np.zeros((1400, 1), bool), [1.0], ["a"], {1, 2}, None, [-1], [2000]]
)
@pytest.mark.parametrize("remove", [ax.unlearn, ax.retrain])
def test_rows_that_are_none_are_refused(remove, rows) -> None:
    words = r"Rows must be a list of ids|mask of rows|is not in the train split"
    with pytest.raises(ax.InvalidChoice, match=words) as error:
        remove(hiring(), rows)
    one_sentence(error)


@pytest.mark.parametrize("each", [ax.retrain_each, ax.bregman_response_each])
@pytest.mark.parametrize("penalty", [ax.Ridge(1e-2), ax.Lasso(1e-2)])
def test_leaving_out_none_of_the_rows_is_an_empty_answer(each, penalty) -> None:
    fit = ax.fit(ax.load_dataset("hiring"), penalty=penalty)
    found = each(fit, [], [LOSS])
    assert found.effects.shape == (0, 1)
    assert found.theta.shape == (fit.objective.p, 0)
    assert found.gradient_norm.shape == (0,)


@pytest.mark.parametrize("folds", [0, 1, 2.5, "5", 1401])
def test_folds_that_cannot_be_are_refused(folds) -> None:
    with pytest.raises(
        ax.InvalidChoice, match="number of folds must be a whole number from 2 to 1400"
    ):
        ax.cross_validate(hiring(), folds=folds)


def test_either_of_two_classes_can_be_the_outcome() -> None:
    fit = hiring()
    row = int(fit.data.test.ids[4])
    second = ax.attribute(fit, ax.Prediction("test", row, outcome=1))
    np.testing.assert_array_equal(second, ax.attribute(fit, ax.Prediction("test", row)))
    first = ax.attribute(fit, ax.Prediction("test", row, outcome=0))
    np.testing.assert_allclose(first, -second, rtol=1e-12, atol=1e-18)
    value = ax.Prediction("test", row, outcome=0).bind(fit).value(fit.parameters)
    assert value == pytest.approx(1 - fit.predict(fit.data.test.X)[4])


@pytest.mark.parametrize("outcome", [2, -1, 1.0])
def test_a_class_that_is_none_is_refused(outcome) -> None:
    fit = hiring()
    target = ax.Prediction("test", fit.data.test.ids[0], outcome=outcome)
    with pytest.raises(ax.InvalidChoice, match=r"There is no class .*; classes are 0 to 1"):
        ax.attribute(fit, target)


def test_a_number_has_no_class() -> None:
    fit = ax.fit(ax.load_dataset("diabetes"))
    with pytest.raises(ax.InvalidChoice, match="has no class 0; omit outcome"):
        ax.attribute(fit, ax.Prediction("test", fit.data.test.ids[0], outcome=0))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ax.Ridge("a"), "strength of a penalty"),
        (lambda: ax.Lasso(None), "strength of a penalty"),
        (lambda: ax.ElasticNet(0.1, "a"), "l1_ratio"),
        (lambda: ax.GroupLasso(0.1, ((0,), (-1,))), "whole numbers of at least 0"),
        (lambda: ax.GroupLasso(0.1, (("a",),)), "whole numbers of at least 0"),
        (lambda: ax.fit(hiring().data, penalty=ax.GroupLasso(0.1, ((0, 12),))), "exceeds the 12"),
        (lambda: ax.AFIF(damping="a"), "damping must be a number"),
        (lambda: ax.AFIF(damping=None), "damping must be a number"),
        (lambda: ax.LiSSA(scale="a"), "LiSSA's scale"),
        (lambda: ax.LiSSA(checkpoints=-1), "LiSSA's checkpoints"),
        (lambda: ax.fit(hiring().data, max_steps=1.5), "max_steps must be at least 1"),
    ],
)
def test_settings_that_cannot_be_are_refused(make, words: str) -> None:
    with pytest.raises(ax.InvalidChoice, match=words) as error:
        make()
    one_sentence(error)


@pytest.mark.parametrize(
    "solver",
    [ax.Auto, ax.BlockConjugateGradient, ax.ConjugateGradient, ax.Dual, ax.EKFAC, ax.Lanczos],
)
@pytest.mark.parametrize("tolerance", [-1.0, 1.0, 2, np.nan, "a"])
def test_a_tolerance_that_would_call_nothing_an_answer_is_refused(solver, tolerance) -> None:
    """``||C x - c|| <= tolerance ||c||`` holds for ``x = 0`` if the tolerance is 1."""
    with pytest.raises(ax.InvalidChoice, match="tolerance must be at least 0 and below 1"):
        solver(tolerance=tolerance)


@pytest.mark.parametrize("steps", [0, -1, 2.5])
@pytest.mark.parametrize("solver", [ax.BlockConjugateGradient, ax.ConjugateGradient, ax.EKFAC])
def test_no_steps_are_not_taken_for_as_many_as_it_takes(solver, steps) -> None:
    with pytest.raises(ax.InvalidChoice, match="max_steps must be a whole number of at least 1"):
        solver(max_steps=steps)
