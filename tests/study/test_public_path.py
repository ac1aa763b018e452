"""Every number on screen equals that of the public function on a separate fit."""

from __future__ import annotations

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer import study
from afif_explorer.spec import Spec

SPECS = {
    "hiring": Spec(dataset="hiring", target="demographic_parity", count=30),
    "insurance": Spec(dataset="insurance", target="mean_prediction_difference", count=30),
    "softmax": Spec(
        dataset="digits", strength=1e-2, damping=1e-3, leverage_correction=True, count=30
    ),
    "network": Spec(dataset="hiring", model="mlp", hidden=3, strength=1e-2, damping=1e-2, count=30),
    "LiSSA": Spec(dataset="hiring", solver="lissa", target="equal_opportunity", count=30),
    "lasso": Spec(dataset="hiring", penalty="lasso", strength=5e-3, count=30),
    "Newton step": Spec(dataset="diabetes", method="newton_step", target="group_loss", count=30),
}
each = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
PENALTIES = {"ridge": ax.Ridge, "lasso": ax.Lasso}
METHODS = {
    "afif": ax.AFIF,
    "infinitesimal_jackknife": ax.InfinitesimalJackknife,
    "newton_step": ax.NewtonStep,
}
FITS: dict[Spec, ax.Fit] = {}


def same(found, wanted) -> None:
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12 * np.nanmax(np.abs(wanted)))


@pytest.fixture
def fit(spec: Spec, data_home) -> ax.Fit:
    """The same model, fitted by the public function."""
    if spec not in FITS:
        data = ax.load_dataset(spec.dataset, seed=spec.seed)
        penalty = PENALTIES[spec.penalty](spec.strength)
        FITS[spec] = ax.fit(data, spec.model, penalty, seed=spec.seed, hidden=(spec.hidden,))
    return FITS[spec]


def method_of(spec: Spec, fit: ax.Fit) -> ax.Method:
    solver: ax.Solver = ax.Cholesky()
    if spec.solver == "lissa":
        told = study.points(spec).solver
        solver = ax.LiSSA(scale=told.scale, depth=told.depth, repeats=1, batch_size=fit.n)
    return METHODS[spec.method](
        solver=solver, damping=spec.damping, leverage_correction=spec.leverage_correction
    )


def target_of(spec: Spec, fit: ax.Fit, split: str = "test") -> ax.Target:
    column = fit.data.sensitive[spec.sensitive] if fit.data.sensitive else ""
    return {
        "mean_loss": ax.MeanLoss(split),
        "demographic_parity": ax.DemographicParityDifference(column, split=split),
        "equal_opportunity": ax.EqualOpportunityDifference(column, split=split),
        "mean_prediction_difference": ax.MeanPredictionDifference(column, split=split),
        "group_loss": ax.GroupLossDifference(column, split=split),
    }[spec.target]


@each
@pytest.mark.filterwarnings("ignore::afif_explorer.errors.NotConverged")
def test_effects_and_rows(spec: Spec, fit: ax.Fit) -> None:
    points = study.points(spec)
    same(study.fit(spec).theta, fit.theta)
    same(points.effect, ax.attribute(fit, target_of(spec, fit), method_of(spec, fit)))
    kind = ax.AFIF if spec.method == "afif" else ax.InfinitesimalJackknife
    table = ax.diagnostics(fit, kind(damping=spec.damping))
    for name in ("leverage", "self_influence", "loss"):
        same(getattr(points, name), table[name])
    assert points.target_value == target_of(spec, fit).bind(fit).value(fit.parameters)


@each
@pytest.mark.filterwarnings("ignore::afif_explorer.errors.NotConverged")
def test_both_curvatures(spec: Spec, fit: ax.Fit) -> None:
    found, target = study.agreement(spec), target_of(spec, fit)
    ours = spec.replace(method="afif", leverage_correction=False)  # plain steps are compared
    same(found.fisher, ax.attribute(fit, target, method_of(ours, fit)))
    jackknife = ax.InfinitesimalJackknife(damping=spec.damping, leverage_correction=False)
    same(found.hessian, ax.attribute(fit, target, jackknife))
    dense = ax.Hessian(fit.objective, fit.theta, damping=spec.damping).dense()
    wanted = np.linalg.eigvalsh(dense.numpy())
    kept = wanted[-len(found.hessian_eigenvalues) :]  # directions that nothing touches are left out
    np.testing.assert_allclose(found.hessian_eigenvalues, kept, rtol=1e-9, atol=1e-12)


@each
@pytest.mark.filterwarnings("ignore::afif_explorer.errors.NotConverged")
def test_unlearning(spec: Spec, fit: ax.Fit) -> None:
    found = study.unlearning(spec, retrained=True)
    rows = np.flatnonzero(np.isin(fit.data.train.ids, found.ids))
    target = target_of(spec, fit)
    without = ax.unlearn(fit, fit.ids[rows], method_of(spec, fit), target)
    again = ax.retrain(fit, fit.ids[rows])
    row = found.metrics.loc[found.disparity]
    same(row["predicted"] - row["before"], without.effects[target])
    same(row["retrained"] - row["before"], again.effects(target)[target])
    worst = max(without.reach, without.target_reach[target], key=lambda one: one.expected_error)
    assert found.reach.text == worst.text
    ranked = target_of(spec, fit, "validation")
    order = np.argsort(ax.attribute(fit, ranked, method_of(spec, fit)), kind="stable")
    assert set(rows) == set(order[: spec.count])
    count = round(found.shares[3] * fit.n)
    for name, corrected in (("AFIF", False), ("AFIF, leverage correction", True)):
        method = method_of(spec.replace(method="afif", leverage_correction=corrected), fit)
        moved = ax.unlearn(fit, fit.ids[order[:count]], method, target)
        same(found.sweep[name][3] - row["before"], moved.effects[target])


@each
def test_cross_validation(spec: Spec, fit: ax.Fit) -> None:
    spec = spec.replace(solver="cholesky")
    found = study.cross_validation(spec)
    method = METHODS[spec.method](damping=spec.damping, leverage_correction=True)
    here = ax.cross_validate(fit, method)
    same(found.mean_here, here.mean)
    same(found.rise, here.losses - fit.objective.at(fit.theta).losses().numpy())
    place = int(np.argmin(np.abs(np.log(found.strengths / spec.strength))))
    start = fit if fit.objective.canonical else fit.data
    path = ax.cross_validation_path(
        start,
        [found.strengths[place]],
        model=spec.model,
        penalty=PENALTIES[spec.penalty](1.0),
        method=method,
        seed=spec.seed,
        hidden=(spec.hidden,),
    )
    same(found.mean[place], path.means[0])


@each
@pytest.mark.filterwarnings("ignore::afif_explorer.errors.NotConverged")
def test_verification(spec: Spec, fit: ax.Fit) -> None:
    found = study.verify(spec, random=2, top=2)
    rows = np.flatnonzero(np.isin(fit.data.train.ids, found.ids))
    target = target_of(spec, fit)
    same(found.actual, ax.retrain_each(fit, fit.ids[rows], target).effects)
    same(found.predicted, ax.attribute(fit, target, method_of(spec, fit))[rows])


def test_lissa(data_home) -> None:
    spec = SPECS["LiSSA"]
    fit = ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(spec.strength))
    found = study.lissa(spec, run=True)
    target = target_of(spec, fit)
    c = target.bind(fit).gradient()
    fisher = ax.Fisher(fit.objective, fit.theta)
    truth = ax.Cholesky().prepare(fisher).solve(c).value
    settings = {"scale": found.scale, "depth": found.depth, "seed": spec.seed}
    run = ax.LiSSA(**settings, repeats=spec.repeats, batch_size=found.batch_size, checkpoints=40)
    value = run.prepare(fisher).solve(c).value
    np.testing.assert_allclose(
        found.run_error[-1], float((value - truth).norm() / truth.norm()), rtol=1e-9
    )
    whole = ax.LiSSA(scale=found.scale, depth=found.depth, batch_size=fit.n)
    value = whole.prepare(fisher).solve(c).value
    np.testing.assert_allclose(
        found.mean_error[-1], float((value - truth).norm() / truth.norm()), rtol=1e-6, atol=1e-12
    )
