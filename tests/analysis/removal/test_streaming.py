"""Sequential unlearning."""

from __future__ import annotations

import numpy as np
import pytest

import afif_explorer as ax

METHODS = (
    ax.AFIF(),
    ax.InfinitesimalJackknife(damping=0.01),
    ax.AFIF(leverage_correction=True),
    ax.NewtonStep(),
)


@pytest.fixture(scope="module")
def fit() -> ax.Fit:
    return ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(1e-2))


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_requests_one_after_another_are_one_request(fit: ax.Fit, method) -> None:
    rows, target = np.random.default_rng(0).choice(fit.n, 12, replace=False), ax.MeanLoss("test")
    unlearner = ax.Unlearner(fit, method, [target])
    assert unlearner.removed.size == 0
    np.testing.assert_allclose(unlearner.latest.theta, fit.theta, rtol=1e-10)
    for part in np.split(fit.ids[rows], [1, 4]):
        found = unlearner.remove(part)
    whole = ax.unlearn(fit, fit.ids[rows], method, [target])
    np.testing.assert_allclose(found.theta, whole.theta, rtol=1e-12)
    assert found.effects == whole.effects
    np.testing.assert_array_equal(unlearner.removed, fit.ids[np.sort(rows)])
    np.testing.assert_array_equal(unlearner.retrain().theta, ax.retrain(fit, fit.ids[rows]).theta)


def test_nonsmooth_too() -> None:
    fit = ax.fit(ax.load_dataset("hiring"), penalty=ax.Lasso(0.01))
    unlearner = ax.Unlearner(fit)
    for row in fit.ids[[3, 1, 4]]:
        found = unlearner.remove([row])
    np.testing.assert_allclose(found.theta, ax.unlearn(fit, fit.ids[[1, 3, 4]]).theta, atol=1e-12)


def test_the_reach_grows_until_retraining_is_due(fit: ax.Fit) -> None:
    """The largest rows first: the verdict falls from good to poor and says so."""
    order = ax.diagnostics(fit).leverage.sort_values(ascending=False).index
    plain = ax.AFIF(leverage_correction=False)
    unlearner, errors, advice = ax.Unlearner(fit, plain), [], []
    for part in np.array_split(order[: fit.n * 6 // 10], 6):
        errors.append(unlearner.remove(part).reach.expected_error)
        advice.append(unlearner.advice)
    assert unlearner.retrain_due
    assert (np.diff(errors) > 0).all()
    assert "Retrain now" in advice[-1]
    assert "No need" in ax.Unlearner(fit).advice


def test_a_row_is_forgotten_once_and_a_refused_request_changes_nothing(fit: ax.Fit) -> None:
    unlearner = ax.Unlearner(fit)
    row, other = fit.ids[[5, 4]]
    unlearner.remove([row])
    with pytest.raises(ax.InvalidChoice, match=f"Row {row} has already been removed"):
        unlearner.remove([other, row])
    with pytest.raises(ax.DataError, match="keep at least one"):
        unlearner.remove(np.setdiff1d(fit.ids, [row]))
    assert unlearner.removed.tolist() == [row]
