"""Effects that cannot be trusted are told beside the answer, in any unit of the target."""

from __future__ import annotations

import functools
import warnings

import numpy as np
import pytest
import torch

import afif_explorer as ax
from afif_explorer.analysis.fits.basins import basins_of
from afif_explorer.engine.training.fit import minimise

DRAW = np.random.default_rng(0)
X, NOISE = DRAW.normal(size=(120, 3)), DRAW.normal(size=120)
ASK = {
    "attribute": lambda fit: ax.attribute(fit, ax.MeanLoss("train")),
    "cross_validate": ax.cross_validate,
    "audit_fairness": lambda fit: ax.audit_fairness(fit, "group"),
    "unlearn": lambda fit: ax.unlearn(fit, fit.ids[:3]),
}


def told(ask) -> list[warnings.WarningMessage]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ask()
    return caught


@functools.cache
def stopped(max_steps: int | None) -> ax.Fit:
    return ax.fit(ax.load_dataset("hiring"), max_steps=max_steps)


@pytest.mark.parametrize("ask", ASK.values(), ids=ASK.keys())
def test_a_fit_that_was_stopped_is_no_minimum(ask) -> None:
    caught = {one.category: str(one.message) for one in told(lambda: ask(stopped(1)))}
    assert "train longer" in caught[ax.NotAtMinimum]
    assert ax.NotAtMinimum not in {one.category for one in told(lambda: ask(stopped(None)))}


def test_what_is_removed_from_such_a_fit_is_no_refit() -> None:
    fit = stopped(1)
    with pytest.warns(ax.NotAtMinimum):
        found = ax.unlearn(fit, fit.ids[:3])
    assert found.reach.level == "good"  # a step from a fit that is stopped in the same place
    assert found.trust.level == "poor"
    assert "train longer" in found.trust.text
    sound = ax.unlearn(stopped(None), fit.ids[:3])
    assert sound.trust.level == sound.reach.level == "good"
    assert sound.trust.text == sound.reach.text


def test_a_gap_that_few_rows_decide_is_not_trusted_as_it_is() -> None:
    frame = ax.load_dataset("hiring").train.frame
    target = ax.DemographicParityDifference("group", "test")
    for count, level in ((150, "fair"), (1_000, "good")):
        few = ax.Dataset.from_frame(frame.head(count), target="hired", sensitive="group")
        fit = ax.fit(few)
        trust = ax.attribute(fit, target).trust
        assert trust.level == level
        assert ("Fewer than 30 rows count in" in trust.text) == (level == "fair")
        audit = ax.audit_fairness(fit, "group")
        cautions = [note for note in audit.notes if "Fewer than 30" in note]
        assert cautions
        assert all(note in audit.trust.text for note in cautions)


def test_training_again_is_no_prediction_to_be_judged() -> None:
    fit = stopped(1)
    trust = ax.cross_validate(fit, folds=3, refit=True).trust
    assert trust.text == (
        "The losses come from training again without the rows, by the optimiser of afif_explorer, not "
        "predicted."
    )


@pytest.mark.filterwarnings("ignore::afif_explorer.errors.NotAtMinimum")
@pytest.mark.filterwarnings("ignore::afif_explorer.errors.NegativeCurvature")
@pytest.mark.filterwarnings("ignore::afif_explorer.errors.HighLeverage")
def test_what_costs_too_much_to_look_at_is_named() -> None:
    method = ax.AFIF(solver=ax.ConjugateGradient(), damping=0.1, leverage_correction=False)
    found = []
    for width in (4, 900):
        model = ax.MLP(3, (width,), 1)
        objective = ax.Objective(model, "gaussian", ax.Ridge(1e-2), X, X[:, 0] + NOISE)
        fit = ax.fit_objective(objective, max_steps=1)
        found.append(ax.attribute(fit, ax.MeanLoss("train"), method).trust.unknown)
    bends, leverages = "whether the Hessian has negative eigenvalues", "rows of high leverage"
    assert bends not in found[0]
    assert {bends, leverages} <= set(found[1])


@pytest.mark.parametrize("ask", ["attribute", "cross_validate", "audit_fairness"])
def test_a_network_was_not_compared_with_refits(ask: str) -> None:
    data = ax.load_dataset("hiring")
    network = ax.fit(data, model="mlp", hidden=(3,), penalty=ax.Ridge(1e-2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trust = ASK[ask](network).trust
    quick = "whether effects follow quick refits"
    assert any(one.startswith(quick) for one in trust.unknown)
    assert f"{quick} (ax.check(fit, target, refits=20)" in trust.text
    assert not any(one.startswith(quick) for one in ASK[ask](stopped(None)).trust.unknown)


def test_a_gradient_too_small_to_matter_is_told_as_such() -> None:
    module = torch.nn.Linear(3, 1).double()
    best = ax.fit_objective(
        ax.Objective(ax.LinearMap(3), "gaussian", ax.Ridge(1e-2), X, X[:, 0] + NOISE)
    )
    with torch.no_grad():
        module.weight[:] = torch.as_tensor(best.theta[:3]) + 1e-5
        module.bias[:] = float(best.theta[3])
    fit = ax.from_trained(module, X, X[:, 0] + NOISE, "gaussian", ax.Ridge(1e-2))
    assert not fit.converged
    trust = ax.attribute(fit, ax.MeanLoss("train")).trust
    assert "too little to matter" in trust.text
    assert trust.level == "good"


def test_the_remaining_gradient_is_measured_in_rows() -> None:
    fit = stopped(1)
    point = fit.objective.at(fit.parameters)
    rows = point.gradients(torch.arange(fit.n)).norm(dim=1).mean() / fit.n
    assert fit.gradient_in_rows == pytest.approx(fit.gradient_norm / float(rows), rel=1e-6)


@pytest.mark.parametrize("unit", [1e-10, 1.0, 1e12])
def test_the_verdict_does_not_depend_on_the_unit_of_the_target(unit: float) -> None:
    y = unit * (X[:, 0] + NOISE)
    objective = ax.Objective(ax.LinearMap(3), "gaussian", ax.Ridge(1e-2), X, y)
    assert not told(lambda: ASK["attribute"](ax.fit_objective(objective)))
    network = ax.Objective(ax.MLP(3, (4,), 1), "gaussian", ax.Ridge(1e-2), X, y)
    caught = told(lambda: ASK["attribute"](ax.fit_objective(network, max_steps=1)))
    assert ax.NotAtMinimum in {one.category for one in caught}


def test_classes_that_are_separable_have_no_minimum() -> None:
    objective = ax.Objective(ax.LinearMap(3), "bernoulli", None, X, (X[:, 0] > 0).astype(float))
    fit = ax.fit_objective(objective)
    assert not fit.converged
    caught = {one.category: str(one.message) for one in told(lambda: ASK["attribute"](fit))}
    assert "no minimum" in caught[ax.NotAtMinimum]


def test_a_saddle_is_told() -> None:
    objective = ax.Objective(ax.MLP(3, (4,), 1), "gaussian", ax.Ridge(1e-3), X, np.sin(3 * X[:, 0]))
    fit = ax.fit_objective(objective, max_steps=1)
    lowest = np.linalg.eigvalsh(ax.Hessian(fit.objective, fit.theta).dense().numpy())[0]
    assert lowest < 0
    caught = {one.category: str(one.message) for one in told(lambda: ASK["attribute"](fit))}
    assert f"{lowest:.2g}" in caught[ax.NegativeCurvature]


def test_rows_for_which_one_step_falls_short_are_named() -> None:
    """The outlier's own variance at a refit without it is less than half of that at the fit."""
    rows = np.r_[X, [[4.0, 0.0, 0.0]]]
    y = np.r_[(X[:, 0] + 0.3 * NOISE > 0), False].astype(float)
    objective = ax.Objective(ax.LinearMap(3), "bernoulli", ax.Ridge(1e-3), rows, y)
    fit = ax.fit_objective(objective)
    before = fit.predict(rows)[120]
    after = objective.loss.mean(
        objective.model.outputs(objective.vector(ax.retrain(fit, [120]).theta), objective.X)
    )[120].item()
    assert before * (1 - before) > 2 * after * (1 - after)
    assert 120 in ax.attribute(fit, ax.MeanLoss("train")).trust.refined  # and no warning
    with pytest.warns(ax.LargeStep, match="row 120") as caught:
        marked = ax.attribute(fit, ax.MeanLoss("train"), refine=False).trust.marked
    assert 120 in marked
    assert "retrain_each" in str(caught[0].message)


def test_a_refit_in_another_minimum_is_told() -> None:
    y = np.sin(2 * X[:, 0]) + 0.1 * NOISE
    objective = ax.Objective(ax.MLP(3, (4,), 1), "gaussian", ax.Ridge(1e-3), X, y)
    here, there = (ax.fit_objective(objective, seed=seed) for seed in (0, 1))
    assert here.converged
    assert there.converged
    weights = objective.weights(None)
    weights[5] = 0
    elsewhere = minimise(objective, weights=weights, start=there.parameters).theta[:, None]
    basins = basins_of(objective, here.parameters, [np.array([5])], elsewhere)
    assert basins.another.tolist() == [True]
    assert "ended in another minimum" in basins.told()
    ax.retrain(here, [5])  # a warning would be an error
    ax.retrain_each(here, [5, 6], ax.MeanLoss("train"))
