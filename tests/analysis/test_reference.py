"""Results of another implementation on the same splits, and properties of a sweep of removals."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import afif_explorer as ax
from benchmarks import reference_figures as reference

SAME_SPLIT = ("crime", "insurance")
QUOTED = (
    "R² or accuracy",
    "disparity of the fit",
    "mean leverage",
    "largest leverage",
    "gap of leave-one-out loss",
    "Pearson of loss, top rows",
)


@functools.cache
def fitted(name: str) -> ax.Fit:
    return reference.fitted(name, None)


@functools.cache
def agreement(name: str) -> dict:
    return reference.agreement(fitted(name), 0)


def last_digit(figure: str) -> float:
    """One unit of the last digit of a figure as it is written."""
    digits, _, power = figure.partition("e")
    return 10.0 ** (int(power or 0) - len(digits.partition(".")[2]))


@pytest.mark.parametrize("name", SAME_SPLIT)
def test_figures_are_those_of_the_other_implementation(data_home, name: str) -> None:
    found = agreement(name)
    for key in QUOTED:
        quoted = reference.SETTINGS[name].agreement[key]
        assert found[key] == pytest.approx(float(quoted), abs=1.01 * last_digit(quoted)), key


@pytest.mark.parametrize("name", SAME_SPLIT)
def test_summed_effects_rank_half_subsets(data_home, name: str) -> None:
    found = agreement(name)
    assert found["half-subset rank correlation, loss"] >= 0.9
    assert found["half-subset rank correlation, disparity"] >= 0.95


@pytest.mark.parametrize("name", SAME_SPLIT)
def test_disparities_after_removal_are_those_of_the_other_implementation(data_home, name) -> None:
    found = reference.removal(fitted(name))
    for share, quoted in reference.SETTINGS[name].removal.items():
        ours, theirs = (
            [float(part) for part in pair.split("/")] for pair in (found[share], quoted)
        )
        np.testing.assert_allclose(ours, theirs, rtol=0.01, atol=1.01e-4, err_msg=f"{share:.0%}")


def test_one_step_undershoots_rescaling_helps_and_the_newton_step_is_exact(data_home) -> None:
    fit = fitted("crime")
    target = reference.targets_of(fit)[1]
    order = np.argsort(ax.attribute(fit, target))
    for share in (0.01, 0.05, 0.1, 0.2):
        gone = order[: int(share * fit.n)]
        truth = ax.retrain(fit, fit.ids[gone]).effects([target])[target]
        plain, corrected, newton = (
            ax.unlearn(fit, fit.ids[gone], method, [target]).effects[target]
            for method in (ax.AFIF(leverage_correction=False), ax.AFIF(), ax.NewtonStep())
        )
        assert truth < plain < 0
        assert abs(corrected - truth) < abs(plain - truth)
        assert newton == pytest.approx(truth, rel=1e-6)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2])
def test_large_removals_are_not_called_good(data_home, share: float) -> None:
    fit = fitted("crime")
    effects = ax.attribute(fit, ax.MeanLoss("test"))
    gone = np.argsort(-np.abs(effects))[: int(share * fit.n)]
    assert ax.diagnostics(fit)["leverage"].iloc[gone].sum() > 0.1
    assert ax.unlearn(fit, fit.ids[gone], ax.AFIF(leverage_correction=False)).reach.level != "good"
    assert ax.unlearn(fit, fit.ids[gone]).reach.expected_error < 1e-8  # exact for least squares
