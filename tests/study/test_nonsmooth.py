"""Non-smooth penalties in the study: proximal steps against public functions and refits."""

from __future__ import annotations

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer import study
from afif_explorer.choices.penalties import PENALTIES
from afif_explorer.errors import DoesNotApply
from afif_explorer.spec import Spec
from afif_explorer.state import Explorer

LOSS = Spec(dataset="breast_cancer", strength=0.02)
SETTINGS = [
    LOSS.replace(penalty="lasso"),
    LOSS.replace(penalty="elastic_net", leverage_correction=True),
    LOSS.replace(penalty="group_lasso", method="newton_step"),
    LOSS.replace(penalty="lasso", method="infinitesimal_jackknife", damping=0.01),
]
CLASSES = {
    "afif": ax.AFIF,
    "infinitesimal_jackknife": ax.InfinitesimalJackknife,
    "newton_step": ax.NewtonStep,
}
each = pytest.mark.parametrize("spec", SETTINGS, ids=lambda spec: f"{spec.penalty}-{spec.method}")


def method_of(spec: Spec) -> ax.engine.influence.methods.Method:
    return CLASSES[spec.method](damping=spec.damping, leverage_correction=spec.leverage_correction)


@each
def test_effects_are_those_of_the_public_function(spec):
    points, fit = study.points(spec), study.fit(spec)
    target = study.targets.target_of(spec)
    assert np.allclose(points.effect, ax.attribute(fit, target, method_of(spec)), atol=1e-13)
    assert points.solver.name == "Proximal step"
    assert points.solver.status == "converged"
    assert points.solver.residual < 1e-10
    assert points.solver.error is None


@each
def test_predicted_removals_are_those_of_the_public_function(spec):
    spec = spec.replace(rule="random", count=25)
    found, fit = study.unlearning(spec), study.fit(spec)
    rows = np.isin(fit.data.train.ids, found.ids)
    target = study.targets.target_of(spec)
    change = ax.unlearn(fit, fit.ids[rows], method_of(spec), [target]).effects[target]
    moved = found.metrics.loc["Mean loss", "predicted"] - found.metrics.loc["Mean loss", "before"]
    assert moved == pytest.approx(change, rel=1e-9)


def test_predictions_hold_against_true_refits():
    found = study.verify(LOSS.replace(penalty="lasso", leverage_correction=True), random=10, top=8)
    assert found.gradient_norm < 1e-8
    assert found.pearson > 0.98
    assert found.slope == pytest.approx(1, abs=0.15)


def test_the_sweep_runs_by_every_method_beside_the_truth():
    found = study.unlearning(LOSS.replace(penalty="lasso", count=10), retrained=True)
    assert set(found.sweep) == {"AFIF", "AFIF, leverage correction", "Newton step", "retrained"}
    for values in found.sweep.values():
        assert values[0] == pytest.approx(study.points(LOSS.replace(penalty="lasso")).target_value)
    truth = found.sweep["retrained"]
    far = {name: np.abs(values - truth)[3] for name, values in found.sweep.items()}
    assert far["Newton step"] < far["AFIF"]


def test_both_curvatures_agree_where_they_are_the_same():
    found = study.agreement(LOSS.replace(penalty="lasso"))
    assert found.identical
    assert np.allclose(found.fisher, found.hessian, rtol=1e-9, atol=1e-15)
    assert found.fisher_cost.flops > found.fisher_cost.products == 0


def test_the_cost_of_proximal_steps_is_told_apart_from_the_matrix():
    """Of a network at a fit where the whole Hessian is not positive."""
    found = study.agreement(
        Spec(dataset="hiring", model="mlp", hidden=3, penalty="lasso", strength=3e-3)
    )
    fisher, hessian = found.fisher_cost, found.hessian_cost
    assert found.hessian_eigenvalues[0] < 0
    assert 0 < fisher.flops - fisher.steps < hessian.flops - hessian.steps
    assert min(fisher.steps, hessian.steps, fisher.seconds, hessian.seconds) > 0


@pytest.mark.parametrize("penalty", [key for key, one in PENALTIES.items() if one.nonsmooth])
def test_the_number_of_zeros_is_reported(penalty):
    spec = LOSS.replace(penalty=penalty, strength=0.05)
    metrics = study.train(spec).metrics
    assert metrics["Parameters at zero"] == int((study.fit(spec).theta == 0).sum()) > 0
    assert "Parameters at zero" not in study.train(LOSS).metrics


def test_an_unused_solver_is_reported():
    spec = LOSS.replace(penalty="lasso", solver="lissa", scale=0.1, depth=3)
    settled, notes = study.settle(spec)
    assert settled == spec.replace(solver="cholesky")
    assert notes == (
        "With lasso removals are predicted by proximal steps, so the choice of solver is not used.",
    )
    assert study.offered(settled)["solver"] == {"Proximal step": "cholesky"}
    assert study.key("points", spec) == study.key("points", settled)


def test_lissa_does_not_apply_and_the_rest_of_the_view_lives():
    with pytest.raises(DoesNotApply, match="choose ridge or no penalty"):
        study.lissa(LOSS.replace(penalty="lasso"))
    explorer = Explorer(dataset="breast_cancer", penalty="lasso", strength=0.02, view="lissa")
    assert explorer.await_idle(60)
    assert explorer.lissa is None
    assert explorer.points is not None
    assert "choose ridge or no penalty" in explorer.status.message
    explorer.penalty = "ridge"
    assert explorer.await_idle(60)
    assert explorer.lissa is not None
    explorer.close()
