"""Held-out losses over penalty strengths against closed forms, the public function and true refits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from afif_explorer import study
from afif_explorer.spec import Spec
from afif_explorer.study.store import CACHE

SQUARES = Spec(dataset="diabetes", strength=1e-2)


def test_the_path_of_least_squares_is_the_closed_form():
    """Ridge: the held-out residual is ``e_i / (1 - h_i)``, worked out here with NumPy alone."""
    found = study.cross_validation(SQUARES)
    train = study.data(SQUARES).train
    n = len(train)
    X = np.column_stack([train.X, np.ones(n)])
    penalised = np.diag([1.0] * (X.shape[1] - 1) + [0.0])
    for strength, mean in zip(found.strengths, found.mean, strict=True):
        hat = X @ np.linalg.solve(X.T @ X / n + strength * penalised, X.T / n)
        held_out = (train.y - hat @ train.y) / (1 - np.diag(hat))
        assert mean == pytest.approx((held_out**2 / 2).mean(), rel=1e-7)
    assert found.best == found.strengths[found.mean.argmin()]


def test_the_choices_are_the_smallest_and_the_strongest_within_a_standard_error():
    found = study.cross_validation(SQUARES)
    best = int(found.mean.argmin())
    bound = found.mean[best] + found.standard_error[best]
    place = found.strengths.tolist().index(found.one_standard_error)
    assert found.mean[place] <= bound < found.mean[place + 1 :].min(initial=np.inf)
    assert found.one_standard_error >= found.best
    assert (found.training < found.mean).all()
    assert (found.rise >= 0).all()


@pytest.mark.parametrize(
    "spec",
    [
        Spec(dataset="hiring"),
        Spec(dataset="diabetes", penalty="lasso", strength=1.0, method="newton_step"),
        Spec(dataset="hiring", model="mlp", hidden=2, strength=0.1, damping=0.01),
    ],
    ids=["logistic", "lasso", "network"],
)
def test_each_strength_is_that_of_the_public_function(spec):
    found = study.cross_validation(spec)
    data = study.data(spec)
    method = {"afif": ax.AFIF, "newton_step": ax.NewtonStep}[spec.method]
    for place in (4, 9):
        strength = float(found.strengths[place])
        penalty = {"ridge": ax.Ridge, "lasso": ax.Lasso}[spec.penalty](strength)
        fit = ax.fit(data, spec.model, penalty, seed=spec.seed, hidden=(spec.hidden,))
        own = ax.cross_validate(fit, method(damping=spec.damping, leverage_correction=True))
        assert found.mean[place] == pytest.approx(own.mean, rel=1e-6)
        assert found.standard_error[place] == pytest.approx(own.standard_error, rel=1e-5)


def test_true_refits_confirm_the_path():
    found = study.cross_validation(SQUARES, checked=True)
    check = found.check
    assert len(check.strengths) == 3
    assert check.strengths[0] == found.strengths[0]
    assert check.strengths[-1] == found.strengths[-1]
    assert np.allclose(check.predicted, check.actual, rtol=1e-6)
    assert (check.slope, check.pearson) == (pytest.approx(1), pytest.approx(1))
    assert check.gradient_norm < 1e-8
    assert np.allclose(check.mean, found.mean[np.isin(found.strengths, check.strengths)])
    fit, strength = study.fit(SQUARES), check.strengths[1]
    fit = ax.fit(study.data(SQUARES), penalty=ax.Ridge(strength))
    place = int(np.flatnonzero(study.data(SQUARES).train.ids == check.ids[0])[0])
    target = ax.PointLoss("train", fit.ids[place])
    true = ax.retrain(fit, fit.ids[[place]]).effects([target])[target]
    assert check.actual[check.strength == strength][0] == pytest.approx(true, rel=1e-5)


def test_the_check_lists_the_estimates_of_the_public_functions():
    spec = Spec(dataset="hiring", seed=3)
    found = study.cross_validation(spec, checked=True).estimates
    own = ax.leave_one_out(study.fit(spec), ax.AFIF(), refits=20, seed=3)
    assert set(found.table.index) == set(own.table.index[own.table["refit"].notna()])
    pd.testing.assert_frame_equal(found.table, own.table.loc[found.table.index])
    assert found.means == pytest.approx(own.means.to_dict())
    smoothed = ax.psis(study.fit(spec), ax.AFIF(), seed=3)
    row = found.table.index[0]
    assert found.table.loc[row, "pareto_k"] == smoothed.to_frame().loc[row, "pareto_k"]
    loss = ax.PointLoss("train", row)
    refit = ax.retrain(study.fit(spec), [row])
    true = found.table.loc[row, "loss"] + refit.effects([loss])[loss]
    assert found.table.loc[row, "refit"] == pytest.approx(true, rel=1e-5)
    assert study.cross_validation(spec).estimates is None


def test_without_a_posterior_the_check_says_why():
    spec = Spec(dataset="hiring", penalty="lasso", strength=1e-2)
    found = study.cross_validation(spec, checked=True).estimates
    assert any("Importance sampling is left out" in note for note in found.notes)
    assert found.table["psis"].isna().all()


def test_too_weak_a_penalty_is_detected_although_it_fits_best():
    found = study.cross_validation(Spec(dataset="breast_cancer"))
    assert found.training.argmin() == 0
    assert found.best > found.strengths[2]
    assert found.mean[0] > 1.5 * found.mean.min()


def test_another_strength_costs_nothing_but_its_own_losses():
    study.cross_validation(SQUARES)
    along, here = CACHE.computed["held out along a path"], CACHE.computed["held out"]
    study.cross_validation(
        SQUARES.replace(target="prediction", split="train", leverage_correction=True)
    )
    assert CACHE.computed["held out"] == here
    study.cross_validation(SQUARES.replace(strength=0.07))
    assert CACHE.computed["held out"] == here + 1
    assert CACHE.computed["held out along a path"] == along


def test_without_a_penalty_there_is_no_path_but_still_a_check():
    found = study.cross_validation(SQUARES.replace(penalty="none"), checked=True)
    assert found.strengths.size == 0
    assert found.best is None
    assert "choose a penalty" in found.notes[0]
    assert np.allclose(found.check.predicted, found.check.actual, rtol=1e-6)
    assert found.leverage.sum() == pytest.approx(found.n_parameters)
