"""Predictive parity against a manual count, fairlearn and finite differences."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

import afif_explorer as ax
from afif_explorer import explain, study
from afif_explorer.study.views.gaps import Gap
from tests.engine.targets.test_base import fitted, gap, parts, value

PACKAGE = Path(ax.__file__).parent
TARGET = ax.PredictiveParityDifference("side")


def weighted_gap(weight: np.ndarray, hit: np.ndarray, groups: np.ndarray) -> float:
    values = [np.average(hit[groups == g], weights=weight[groups == g]) for g in np.unique(groups)]
    return max(values) - min(values)


@pytest.mark.parametrize("outcome", [None, 0])
@pytest.mark.parametrize("task", ["binary", "turned", "classes"])
def test_the_soft_gap_weights_outcomes_by_predictions(task: str, outcome: int | None) -> None:
    fit = fitted(task)
    mean, _, hit, groups = parts(fit, outcome)
    target = ax.PredictiveParityDifference("side", outcome=outcome)
    expected = weighted_gap(mean, hit, groups)
    assert value(fit, target) == pytest.approx(expected, rel=1e-12)
    assert expected > 0
    found = target.compare(fit, fit.parameters)
    assert (found.gap, found.among) == (pytest.approx(expected), "")
    sizes = [int((groups == group).sum()) for group in (found.highest, found.lowest)]
    assert list(found.rows) == sizes


@pytest.mark.parametrize("task", ["binary", "turned", "classes"])
def test_the_hard_gap_is_that_of_fairlearn(task: str) -> None:
    fairlearn = pytest.importorskip("fairlearn.metrics")
    metrics = pytest.importorskip("sklearn.metrics")
    fit = fitted(task)
    _, decided, hit, groups = parts(fit)
    theirs = fairlearn.MetricFrame(
        metrics=metrics.precision_score, y_true=hit, y_pred=decided, sensitive_features=groups
    ).difference()
    assert TARGET.hard(fit, fit.parameters) == pytest.approx(theirs, abs=1e-12)
    assert theirs == pytest.approx(gap(hit, groups, decided.astype(bool)), abs=1e-12)
    found = TARGET.compare(fit, fit.parameters, soft=False)
    assert found.rows[0] == int((decided & (groups == found.highest)).sum())


@pytest.mark.parametrize("task", ["binary", "classes"])
def test_its_derivatives_are_finite_differences(task: str) -> None:
    fit = fitted(task)
    bound, h = TARGET.bind(fit), 1e-5
    generator = torch.Generator().manual_seed(0)
    step = torch.randn(fit.objective.p, dtype=torch.float64, generator=generator)
    up, here, down = (bound.value(fit.parameters + s * step) for s in (h, 0, -h))
    assert (up - down) / (2 * h) == pytest.approx(float(bound.gradient() @ step), rel=1e-6)
    h = 1e-3
    up, down = (bound.value(fit.parameters + s * step) for s in (h, -h))
    bent = float(step @ bound.hvp(step[:, None])[:, 0])
    assert (up - 2 * here + down) / h**2 == pytest.approx(bent, rel=1e-4, abs=1e-7)


def test_an_effect_is_the_change_after_a_refit() -> None:
    fit = fitted("binary")
    effects = ax.attribute(fit, TARGET, ax.NewtonStep())
    place = int(np.abs(effects).argmax())
    truth = ax.retrain(fit, fit.ids[[place]]).effects(TARGET)[TARGET]
    assert effects[place] == pytest.approx(truth, rel=0.02)


def test_a_group_without_predicted_outcomes_is_left_out_with_a_warning() -> None:
    """With so low an intercept that no row of one group is predicted to have the outcome."""
    fit, X = fitted("binary"), fitted("binary").sample("test").X
    _, _, hit, groups = parts(fit)
    scores = fit.objective.model.outputs(fit.parameters, X)[:, 0].numpy()
    highest = {group: scores[groups == group].max() for group in np.unique(groups)}
    lost, theta = min(highest, key=highest.__getitem__), fit.parameters.clone()
    theta[-1] -= highest[lost] + 1e-6
    found = TARGET.compare(fit, theta, soft=False)
    assert found.left_out == {"with the predicted outcome": (lost,)}
    assert lost not in (found.highest, found.lowest)
    decided = fit.objective.model.outputs(theta, X)[:, 0].numpy() >= 0
    kept = groups != lost
    assert found.gap == pytest.approx(gap(hit[kept], groups[kept], decided[kept]), abs=1e-12)

    shown = Gap(fit, TARGET, "share of rows", hard=True)
    assert shown.value(theta) == found.gap
    theta[-1] = -1e3
    assert np.isnan(shown.value(theta))
    before, after = shown.compares({"before": fit.parameters, "predicted": theta}).split("; ")
    assert before.endswith("with the predicted outcome 'yes')")
    assert after == "predicted: not defined"


def test_numbers_have_no_predictive_value() -> None:
    with pytest.raises(
        ax.InvalidChoice, match="PredictiveParityDifference is defined for classification"
    ):
        value(fitted("number"), TARGET)


def test_it_is_everywhere_and_no_line_outside_its_own_files_names_it() -> None:
    """Its class and public name, its declaration and its page are all that there is."""
    spec = ax.Spec(dataset="hiring", target="predictive_parity")
    assert study.settle(spec) == (spec, ())
    points, fit = study.points(spec), study.fit(spec)
    target = ax.PredictiveParityDifference("group")
    assert points.target_value == pytest.approx(value(fit, target), abs=1e-12)
    assert points.effect == pytest.approx(ax.attribute(fit, target), abs=1e-12)
    metrics = study.unlearning(spec.replace(view="unlearning")).metrics["before"]
    assert metrics["Predictive parity gap, decisions"] == target.hard(fit, fit.parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        audit = ax.audit_fairness(fit, "group")
    assert audit.disparities.loc["predictive_parity", "soft"] == pytest.approx(points.target_value)
    assert "**Predictive parity gap**" in explain.page("choices/target")
    files = [path for kind in ("*.py", "*.md") for path in PACKAGE.rglob(kind)]
    named = {path for path in files if re.search("(?i)predictive[_ ]?parity", path.read_text())}
    assert {path.relative_to(PACKAGE).as_posix() for path in named} == {
        "__init__.py",
        "choices/targets/predictive_parity.py",
        "engine/targets/predictive_parity.py",
        "explain/choices/target/predictive_parity.md",
    }
