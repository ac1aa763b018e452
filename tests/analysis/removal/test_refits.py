"""Predicted effects agree with retraining."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import torch

import afif_explorer as ax
from afif_explorer.analysis.rows.compare import pearson, slope

# Smallest Pearson, then the range of slopes of the truth on the prediction, for rows left out alone.
PROMISES = {
    ("hiring", "logistic", 1e-3): (0.999, 0.98, 1.03),
    ("insurance", "linear", 1e-3): (0.999, 0.98, 1.03),
    ("adult", "logistic", 1e-3): (0.999, 0.98, 1.03),
    ("crime", "linear", 1e-2): (0.999, 0.98, 1.03),
}
CASES = [pytest.param(key, id=key[0]) for key in PROMISES]


@functools.cache
def fitted(name: str, model: str, strength: float):
    data = ax.load_dataset(name)
    fit = ax.fit(data, model=model, penalty=ax.Ridge(strength))
    parity = ax.DemographicParityDifference if model == "logistic" else ax.MeanPredictionDifference
    return fit, [ax.MeanLoss("test"), parity(data.sensitive[0])]


def chosen_rows(effects: np.ndarray, count: int) -> dict[str, np.ndarray]:
    random = np.sort(np.random.default_rng(0).choice(len(effects), count, replace=False))
    return {"random": random, "top": np.sort(np.argsort(-np.abs(effects))[:count])}


@pytest.mark.parametrize("key", CASES)
def test_effects_agree_with_refits_of_100_random_and_100_top_rows(data_home, key) -> None:
    fit, targets = fitted(*key)
    assert fit.gradient_norm < 1e-8
    least, low, high = PROMISES[key]
    effects = ax.attribute(fit, targets)
    for column, target in enumerate(targets):
        for which, rows in chosen_rows(effects[:, column], 100).items():
            truth = ax.retrain_each(fit, fit.ids[rows], target)
            assert truth.gradient_norm.max() < 1e-8
            predicted = effects[rows, column]
            where = f"{target} of {which} rows"
            assert pearson(predicted, truth.effects) >= least, where
            assert low <= slope(predicted, truth.effects) <= high, where


@pytest.mark.parametrize("key", [CASES[1], CASES[3]])
def test_corrected_effects_are_exact_for_least_squares(data_home, key) -> None:
    fit, targets = fitted(*key)
    effects = ax.attribute(fit, targets, ax.AFIF(leverage_correction=True))
    rows = chosen_rows(effects[:, 0], 20)["top"]
    truth = ax.retrain_each(fit, fit.ids[rows], targets)
    np.testing.assert_allclose(effects[rows], truth.effects, rtol=1e-7, atol=1e-12)


def test_the_second_order_is_what_first_order_effects_lack(data_home) -> None:
    fit, (loss, _) = fitted("insurance", "linear", 1e-3)
    rows = chosen_rows(ax.attribute(fit, loss), 100)["random"]
    truth = ax.retrain_each(fit, fit.ids[rows], loss).effects
    lacking = [
        np.abs(
            ax.attribute(fit, loss, ax.AFIF(leverage_correction=True), order=order)[rows] - truth
        ).max()
        for order in (1, 2)
    ]
    assert lacking[1] < 1e-6 * lacking[0]


def test_effects_are_the_target_at_the_predicted_parameters() -> None:
    fit, targets = fitted("hiring", "logistic", 1e-3)
    effects = ax.attribute(fit, targets)
    first = ax.attribute(fit, targets, order=1)
    rows = np.argsort(-np.abs(effects[:, 0]))[:12]
    plugged = np.array(
        [list(ax.unlearn(fit, fit.ids[[r]], targets=targets).effects.values()) for r in rows]
    )
    np.testing.assert_allclose(effects[rows], plugged, rtol=1e-3)
    assert np.abs(effects[rows] - plugged).max() < 0.05 * np.abs(first[rows] - plugged).max()


def test_a_block_of_targets_is_one_by_one() -> None:
    fit, targets = fitted("hiring", "logistic", 1e-3)
    for order in (1, 2):
        block = ax.attribute(fit, targets, order=order)
        alone = [ax.attribute(fit, target, order=order) for target in targets]
        np.testing.assert_allclose(block, np.stack(alone, axis=1), rtol=1e-12, atol=1e-18)


def test_removing_the_most_helpful_rows_raises_the_test_loss() -> None:
    fit, (loss, parity) = fitted("hiring", "logistic", 1e-3)
    effects = ax.attribute(fit, [loss, parity])
    helpful = np.argsort(-effects[:, 0])[:40]
    assert effects[helpful, 0].min() > 0
    assert ax.retrain(fit, fit.ids[helpful]).effects([loss])[loss] > 0
    harmful = np.argsort(effects[:, 0])[:40]
    assert ax.retrain(fit, fit.ids[harmful]).effects([loss])[loss] < 0
    unfair = np.argsort(effects[:, 1])[:40]
    assert ax.retrain(fit, fit.ids[unfair]).effects([parity])[parity] < 0


def test_networks_use_the_second_order_only_on_request() -> None:
    fit = ax.fit(ax.load_dataset("hiring"), model="mlp", penalty=ax.Ridge(1e-2), hidden=(3,))
    loss = ax.MeanLoss("test")
    damped = ax.AFIF(damping=0.1)
    plain, first = ax.attribute(fit, loss, damped), ax.attribute(fit, loss, damped, order=1)
    np.testing.assert_array_equal(plain, first)
    second = ax.attribute(fit, loss, damped, order=2)
    row = int(np.argmax(np.abs(second)))
    plugged = ax.unlearn(fit, fit.ids[[row]], damped, [loss]).effects[loss]
    assert abs(second[row] - plugged) < 0.2 * abs(first[row] - plugged)


@pytest.mark.parametrize("model", ["logistic", "mlp"])
def test_a_targets_bend_is_its_second_derivative(model: str) -> None:
    fit = ax.fit(ax.load_dataset("hiring"), model=model, penalty=ax.Ridge(1e-2), hidden=(2,))
    V = torch.eye(fit.objective.p, dtype=torch.float64)[:, :4]
    for target in (ax.MeanLoss("test"), ax.DemographicParityDifference("group")):
        bent, h = target.bind(fit).hvp(V), 1e-4
        sample = fit.sample("test")
        function = target.function(fit, sample)

        def slope_at(theta: torch.Tensor, function=function) -> torch.Tensor:
            there = fit.objective.model.linearize(theta, fit.sample("test").X)
            slope = torch.func.grad(function)(there.outputs)
            return there.vjp(slope[:, :, None])[:, 0]

        for column, wanted in zip(V.T, bent.T, strict=True):
            up, down = (slope_at(fit.parameters + s * h * column) for s in (1, -1))
            torch.testing.assert_close((up - down) / (2 * h), wanted, rtol=1e-4, atol=1e-7)


def test_unknown_orders_and_no_targets_are_refused() -> None:
    fit, targets = fitted("hiring", "logistic", 1e-3)
    with pytest.raises(ax.InvalidChoice, match="order of an effect is 1 or 2, not 3"):
        ax.attribute(fit, targets, order=3)
    with pytest.raises(ax.InvalidChoice, match="at least one"):
        ax.attribute(fit, [])


def test_refits_are_in_the_order_of_the_given_rows() -> None:
    fit = ax.fit(ax.load_dataset("hiring"))
    target = ax.MeanLoss("test")
    there = ax.retrain_each(fit, fit.ids[[40, 7, 7, 300]], target)
    np.testing.assert_array_equal(there.rows, fit.ids[[40, 7, 7, 300]])
    alone = [ax.retrain(fit, fit.ids[[row]]).effects([target])[target] for row in (40, 7, 7, 300)]
    np.testing.assert_allclose(there.effects, alone, rtol=1e-5)
