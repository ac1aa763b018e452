"""The study against the public functions and true refits, on small data sets."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

import afif_explorer as ax
from afif_explorer import study
from afif_explorer.choices.targets import GAPS
from afif_explorer.errors import CurvatureError, SolverDiverged
from afif_explorer.spec import Spec
from afif_explorer.study.views.removals.sweep import predicted_sweep

PLAIN = ax.AFIF(leverage_correction=False)
GAP = Spec(dataset="hiring", target="demographic_parity")
CASES = {
    "logistic, gap": GAP,
    "least squares": Spec(dataset="diabetes", target="mean_loss", strength=1e-2),
    "difference": Spec(dataset="diabetes", target="mean_prediction_difference"),
    "equal opportunity": GAP.replace(target="equal_opportunity"),
    "equalised odds": GAP.replace(target="equalized_odds", split="validation"),
    "group loss": Spec(dataset="diabetes", target="group_loss"),
    "one row": Spec(dataset="hiring", target="prediction", row=3, split="validation"),
    "one loss": Spec(dataset="breast_cancer", target="point_loss", row=5),
    "network": Spec(dataset="hiring", model="mlp", hidden=3, strength=1e-2, damping=1e-2),
}
METHODS = {
    "afif": ax.AFIF,
    "infinitesimal_jackknife": ax.InfinitesimalJackknife,
    "newton_step": ax.NewtonStep,
}


@pytest.mark.parametrize("spec", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("corrected", [False, True])
def test_effects_are_those_of_the_public_function(spec, method, corrected):
    spec = spec.replace(method=method, leverage_correction=corrected)
    points = study.points(spec)
    fit = study.fit(spec)
    target = study.targets.target_of(spec)
    plain = {} if corrected or method == "newton_step" else {"leverage_correction": False}
    method = METHODS[method](damping=spec.damping, **plain)
    assert np.allclose(points.effect, ax.attribute(fit, target, method), rtol=1e-7, atol=1e-14)
    assert np.array_equal(points.ids, study.data(spec).train.ids)
    assert points.target_value == pytest.approx(target.bind(fit).value(fit.parameters))


def test_lissa_is_the_recursion_with_all_rows_in_every_step():
    spec = GAP.replace(solver="lissa", scale=0.4, depth=6)
    fit = study.fit(spec)
    # With checkpoints every step is carried out.
    recursion = ax.LiSSA(scale=0.4, depth=6, batch_size=fit.n, repeats=1, checkpoints=2)
    with pytest.warns(ax.NotConverged):
        true = ax.attribute(fit, study.targets.target_of(spec), ax.AFIF(solver=recursion))
    points = study.points(spec)
    assert np.allclose(points.effect, true, rtol=1e-9, atol=1e-16)
    direct = study.points(GAP).effect
    away = np.linalg.norm(points.effect - direct) / np.linalg.norm(direct)
    assert points.solver.status == "max_steps"
    assert 0.001 < away < 1
    assert "raise the depth" in points.solver.advice


@pytest.mark.parametrize("solver", ["conjugate_gradient", "lissa"])
def test_solvers_agree_and_say_how_well(solver):
    found = study.points(GAP.replace(solver=solver))
    direct = study.points(GAP).effect  # with its second term, which these solvers leave out
    assert np.allclose(found.effect, direct, rtol=0, atol=0.01 * np.abs(direct).max())
    assert found.solver.status == "converged"
    assert found.solver.error < 1e-4


def test_lissas_own_verdict_is_true():
    spec = GAP.replace(solver="lissa", scale=0.4, depth=60, damping=0.01)
    ready = study.solving.influence(spec, ax.Fisher)
    c = study.targets.aim(spec).gradient[:, None]
    told = study.points(spec).solver
    recursion = ax.LiSSA(scale=0.4, depth=60, batch_size=2000, repeats=1, checkpoints=2)
    value = recursion.prepare(ready.curvature).solve(c).value
    residual = (ready.curvature @ value - c).norm() / c.norm()
    truth = ready.prepared.solve(c).value
    assert told.residual == pytest.approx(float(residual), rel=1e-8)
    assert told.error == pytest.approx(float((value - truth).norm() / truth.norm()), rel=1e-8)


def test_a_small_residual_is_not_taken_for_small_errors():
    """Flat directions of weak penalties: the residual is 3 %, the effects are off by 10 %."""
    spec = Spec(dataset="digits", strength=1e-5, solver="lissa", leverage_correction=False)
    found, direct = study.points(spec), study.points(spec.replace(solver="cholesky"))
    off = np.linalg.norm(found.effect - direct.effect) / np.linalg.norm(direct.effect)
    assert found.solver.residual < 0.05 < off
    assert found.solver.off == pytest.approx(off, rel=1e-3)  # but for the second-order term
    assert found.solver.status == "max_steps"
    assert "raise the damping" in found.solver.advice
    assert direct.solver.off is None
    assert study.agreement(spec).solver == found.solver
    assert "steps the error is still" in study.lissa(spec).advice


def test_an_unconverged_removal_is_reported():
    spec = GAP.replace(solver="lissa", depth=10)
    found, direct = study.unlearning(spec), study.unlearning(spec.replace(solver="cholesky"))
    assert found.solver.status == "max_steps"
    assert "raise the depth to" in found.solver.advice
    assert direct.solver.status == "converged"
    moved = [
        study.effects.without(s, np.arange(100), [100])
        for s in (spec, spec.replace(solver="cholesky"))
    ]
    before = study.fit(spec).parameters
    gradient = study.targets.aim(spec).gradient
    changes = [float(gradient @ (one.thetas[:, 0] - before)) for one in moved]
    off = abs(changes[0] - changes[1]) / abs(changes[1])
    assert moved[0].summary.off == pytest.approx(off, rel=1e-8)
    assert study.verify(spec, random=2, top=0).solver == study.points(spec).solver


def test_a_curve_of_the_sweep_that_diverges_is_left_out_with_a_word():
    """Where the chosen method takes the Hessian, the scale may be too small for the Fisher of the others."""
    spec = Spec(dataset="hiring", solver="lissa", scale=1e-3)  # too small for any curvature
    found = predicted_sweep(spec, np.arange(20), [1, 5, 20])
    assert set(found.curves) == {"Newton step"}
    for name in ("AFIF", "AFIF, leverage correction"):
        [note] = [
            note for note in found.notes if note.startswith(f"{name} is left out of the sweep.")
        ]
        assert "set the scale to" in note


def test_a_divergence_is_raised_with_a_scale_that_works():
    with pytest.raises(SolverDiverged, match="set the scale to") as caught:
        study.points(GAP.replace(solver="lissa", scale=1e-3))
    scale = float(str(caught.value).split("set the scale to ")[1].split()[0])
    found = study.points(GAP.replace(solver="lissa", scale=scale))
    assert found.solver.status == "converged"
    report = study.lissa(GAP.replace(scale=1e-3))
    assert np.isnan(report.mean_error).all()
    assert "set the scale to" in report.advice


def test_negative_curvature_is_reported_with_a_sufficient_damping():
    spec = Spec(
        dataset="hiring", model="mlp", hidden=3, method="infinitesimal_jackknife", solver="lissa"
    )
    rule = study.solving.lissa_rule(spec, ax.Hessian)
    spec = spec.replace(damping=0.0)
    if rule.smallest > 0:
        text = rule.divergence_advice("Hessian", 1e-9)
        assert "set the scale to" in text
    else:
        with pytest.raises((SolverDiverged, CurvatureError), match="damping"):
            study.points(spec)


def test_the_lissa_report_shows_the_whole_plane():
    report = study.lissa(GAP)
    assert report.map_error.shape == (len(report.map_depths), len(report.map_scales))
    diverges = report.map_scales <= report.largest_eigenvalue / 2
    assert diverges.any()
    assert np.array_equal(np.isnan(report.map_error).all(0), diverges)
    assert report.mean_error[-1] < 1e-3
    assert (np.diff(report.mean_error) <= 0).all()
    assert report.run_status == ""
    assert report.run_gap is None
    assert report.run_error.size == 0
    assert report.scale == report.automatic_scale
    assert report.depth == report.automatic_depth == report.rule_depth
    wider = study.lissa(GAP.replace(scale=4 * report.scale))
    assert wider.rule_depth == report.rule_depth < wider.automatic_depth


def test_the_true_run_scatters_around_the_predicted_mean():
    spec = GAP.replace(depth=200, batch_size=256, damping=0.02)
    report = study.lissa(spec, run=True)
    assert report.run_status == "max_steps"  # the effects of all rows are off by more than 5 %
    deeper = study.lissa(spec.replace(depth=2000), run=True)
    assert deeper.run_status == "converged"
    assert deeper.run_error[-1] < 0.05
    expected = np.interp(report.run_steps, report.steps, report.mean_error)
    assert np.all(report.run_error < expected + 0.3)
    assert report.recursion_gap < 1e-11
    assert 1e-4 < report.run_gap < 0.3
    ready = study.solving.influence(spec, ax.Fisher)
    c = study.targets.aim(spec).gradient
    with_all_rows = ax.LiSSA(scale=report.scale, depth=200, batch_size=10**6)
    true = with_all_rows.prepare(ready.curvature).solve(c).value
    noisy = ax.LiSSA(report.scale, 200, spec.repeats, 256, spec.seed).prepare(ready.curvature)
    gap = float((noisy.solve(c).value - true).norm() / true.norm())
    assert report.run_gap == pytest.approx(gap, rel=1e-6)
    assert report.run_error[-1] < 0.3


def test_fisher_is_hessian_for_a_linear_map_and_not_for_a_network():
    same = study.agreement(GAP)
    assert same.identical
    assert np.allclose(same.fisher, same.hessian, rtol=1e-10)
    assert (same.overlap, round(same.slope, 9), round(same.pearson, 9)) == (1, 1, 1)
    assert same.relative_gap < 1e-10
    other = study.agreement(CASES["network"])
    assert not other.identical
    assert other.pearson < 0.9999
    assert other.relative_gap > 1e-3
    assert other.hessian_cost.flops > other.fisher_cost.flops > 0
    assert np.all(np.diff(other.fisher_eigenvalues) >= 0)


def test_rows_are_ranked_on_validation_and_the_gap_shrinks_on_test():
    found = study.unlearning(GAP.replace(count=60), retrained=True)
    fit = study.fit(GAP)
    judged = ax.DemographicParityDifference("group", split="validation")
    worst = np.argsort(ax.attribute(fit, judged))[:60]
    assert np.array_equal(np.sort(study.data(GAP).train.ids[worst]), found.ids)
    gap = found.metrics.loc[found.disparity]
    assert gap["before"] == pytest.approx(study.points(GAP).target_value)
    assert gap["retrained"] < gap["predicted"] < gap["before"]
    theta = ax.retrain(fit, fit.ids[worst]).theta
    true = study.targets.aim(GAP).bound.value(fit.objective.vector(theta))
    assert gap["retrained"] == pytest.approx(true)
    assert found.gradient_norm < 1e-8
    predicted = ax.unlearn(
        fit, fit.ids[worst], ax.AFIF(), [ax.DemographicParityDifference("group")]
    )
    assert gap["predicted"] - gap["before"] == pytest.approx(next(iter(predicted.effects.values())))


def _is_accuracy(found: float, theta: np.ndarray) -> None:
    """As scikit-learn counts it."""
    part = getattr(study.data(GAP), GAP.split)
    decided = part.X @ theta[:-1] + theta[-1] >= 0
    assert found == pytest.approx(accuracy_score(part.y, decided))


def test_the_sweep_starts_at_the_fit_and_newton_is_nearest_to_the_truth():
    found = study.unlearning(GAP, retrained=True)
    assert set(found.sweep) == {"AFIF", "AFIF, leverage correction", "Newton step", "retrained"}
    for values in found.sweep.values():
        assert values[0] == pytest.approx(study.points(GAP).target_value)
        assert (np.diff(values) < 0).all()
    order = study.effects.ranking(GAP).order
    target = study.targets.target_of(GAP)
    for method, name in ((PLAIN, "AFIF"), (ax.NewtonStep(), "Newton step")):
        rows = order[: round(found.shares[4] * found.n_train)]
        change = ax.unlearn(study.fit(GAP), study.fit(GAP).ids[rows], method, [target]).effects[
            target
        ]
        assert found.sweep[name][4] - found.sweep[name][0] == pytest.approx(change)
        moved = ax.unlearn(study.fit(GAP), study.fit(GAP).ids[rows], method, [])
        _is_accuracy(found.utilities[name][4], moved.theta)
    _is_accuracy(
        found.utilities["retrained"][4], ax.retrain(study.fit(GAP), study.fit(GAP).ids[rows]).theta
    )
    assert found.utility == f"Accuracy on the {GAP.split} rows"
    truth = found.sweep["retrained"]
    far = {name: np.abs(values - truth)[-1] for name, values in found.sweep.items()}
    assert far["Newton step"] < far["AFIF"]
    assert found.shares[-1] == pytest.approx(0.2, abs=0.01)
    assert "Predicted with leverage correction." in found.notes
    plain = study.unlearning(GAP.replace(leverage_correction=False))
    assert "retrain to check" in plain.notes[0]
    assert "Predicted without leverage correction." in plain.notes


def test_metrics_have_groups_units_and_both_kinds_of_gap():
    found = study.unlearning(GAP)
    table = found.metrics
    assert list(table.columns) == ["before", "predicted"]
    means = table.loc[[name for name in table.index if name.startswith("Mean prediction")]]
    assert len(means) == 2
    gap = means["before"].max() - means["before"].min()
    assert table.loc["Demographic parity gap, probabilities", "before"] == pytest.approx(gap)
    assert set(found.units) == set(table.index)
    audit = ax.audit_fairness(study.fit(GAP), "group").disparities
    compared = [gap for gap in GAPS.values() if gap.audited_as in audit.index]
    assert len(compared) == len(audit)
    for gap in compared:
        soft, hard = audit.loc[gap.audited_as]
        assert table.loc[gap.metric, "before"] == pytest.approx(soft)
        if gap.decisions:
            assert table.loc[gap.hard, "before"] == pytest.approx(hard)
    assert found.units["Gap of mean losses"] == "nats"
    scores = found.scores_before
    assert sum(map(len, scores.values())) == len(study.data(GAP).test)
    for rows in ("scores_before", "scores_after"):
        column = rows.removeprefix("scores_").replace("after", "predicted")
        for name, values in getattr(found, rows).items():
            assert values.mean() == pytest.approx(table.loc[f"Mean prediction, {name}", column])


@pytest.mark.parametrize("rule", ["lower_target", "harmful", "helpful", "random"])
def test_every_rule_does_what_it_says(rule):
    spec = GAP.replace(rule=rule, count=40)
    found = study.unlearning(spec)
    assert len(found.ids) == 40
    change = found.metrics["predicted"] - found.metrics["before"]
    name = {"lower_target": found.disparity, "harmful": "Mean loss", "helpful": "Mean loss"}
    if rule != "random":
        assert change[name[rule]] * (-1 if rule == "harmful" else 1) > 0


def test_the_selection_goes_whole_whatever_the_count():
    ids = tuple(study.data(GAP).train.ids[[3, 50, 7]].tolist())
    found = study.unlearning(GAP.replace(rule="selection", selected=ids, count=1))
    assert tuple(found.ids) == tuple(sorted(ids))
    none = study.unlearning(GAP.replace(rule="selection"))
    assert np.allclose(none.metrics["before"], none.metrics["predicted"])
    assert any("No rows are selected" in note for note in none.notes)


@pytest.mark.parametrize("spec", [GAP, CASES["least squares"]], ids=["gap", "loss"])
def test_predictions_hold_against_true_refits(spec):
    found = study.verify(spec.replace(leverage_correction=True), random=15, top=10, selected=(-1,))
    assert len(found.ids) == 25
    assert found.pearson > 0.999
    assert found.slope == pytest.approx(1, abs=0.03)
    assert found.gradient_norm < 1e-8
    assert set(found.picked) == {"largest effect", "random"}
    fit, row = study.fit(spec), 4
    place = int(np.flatnonzero(study.data(spec).train.ids == found.ids[row])[0])
    target = study.targets.target_of(spec)
    true = ax.retrain(fit, fit.ids[[place]]).effects([target])[target]
    assert found.actual[row] == pytest.approx(true, rel=1e-5)


def test_points_tell_what_people_read():
    points = study.points(Spec(dataset="digits", target="mean_loss"))
    assert set(points.outcome) <= set(study.data(Spec(dataset="digits")).classes)
    assert set(points.group) == {""}
    gap = study.points(GAP)
    assert set(gap.group) == set(study.describe(GAP).groups[0])
    assert gap.leverage.sum() < study.train(GAP).n_parameters
    assert gap.raises == "leaving the row out raises the gap"
    for array in (gap.across.values, gap.up.values, gap.loss, gap.prediction, gap.self_influence):
        assert np.isfinite(array).all()
