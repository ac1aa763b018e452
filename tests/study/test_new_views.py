"""Patterns, decisions, one person and diagnostics: the numbers of the public functions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from afif_explorer import study
from afif_explorer.errors import DoesNotApply
from afif_explorer.spec import Spec

HIRING = Spec(dataset="hiring", target="mean_loss", split="test")


@pytest.fixture(scope="module")
def fit() -> ax.Fit:
    return ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(1e-3))


def test_patterns_are_those_of_the_public_function_and_find_the_planted_group(fit: ax.Fit) -> None:
    found = study.patterns(HIRING)
    wanted = ax.patterns(fit, ax.MeanLoss("test"))
    assert [one.words for one in found.found] == [one.words for one in wanted]
    for ours, theirs in zip(found.found, wanted, strict=True):
        assert np.array_equal(ours.ids, theirs.rows)
        for name in ("share", "p_value", "chosen", "summed", "newton", "retrained"):
            assert getattr(ours, name) == pytest.approx(getattr(theirs, name), rel=1e-9)
    assert "group = green" in found.found[0].words
    assert (found.chosen_on, found.told_on) == ("validation rows", "test rows")
    raised = study.patterns(HIRING.replace(direction="raise"))
    assert all(one.chosen > 0 for one in raised.found)


def test_decisions_and_a_person_with_a_refit(fit: ax.Fit) -> None:
    found, wanted = study.decisions(HIRING), ax.flip(fit)
    np.testing.assert_array_equal(found.counts, wanted.counts)
    np.testing.assert_allclose(found.margin, wanted.margins, rtol=1e-9)
    place = int(np.nanargmin(found.counts))
    one = study.person(HIRING.replace(row=place), verified=True)
    assert one.id == wanted.ids[place]
    assert np.array_equal(one.decision.rows, wanted.rows(one.id))
    check = wanted.verify(one.id)
    assert one.proof.flipped == check.flipped
    assert one.proof.margin == pytest.approx(check.margin, rel=1e-6)
    chance = fit.predict(fit.data.test.X)[place]
    assert one.prediction == pytest.approx(chance if one.predicted == "hired" else 1 - chance)
    outcome = fit.data.classes.index(one.predicted)
    effects = ax.attribute(fit, ax.Prediction("test", one.id, outcome=outcome))
    shown = [float(effects[np.flatnonzero(fit.ids == row)[0]]) for row in one.shown]
    np.testing.assert_allclose(one.effects, shown, rtol=1e-9)


def test_numbers_have_a_person_and_no_decisions() -> None:
    spec = Spec(dataset="diabetes", row=3)
    with pytest.raises(DoesNotApply, match="makes no decisions"):
        study.decisions(spec)
    fit = ax.fit(ax.load_dataset("diabetes"), penalty=ax.Ridge(1e-3))
    one = study.person(spec)
    assert one.decision is None
    assert one.prediction == pytest.approx(fit.predict(fit.data.test.X)[3])
    effects = np.asarray(ax.attribute(fit, ax.Prediction("test", one.id)))
    assert one.effects[0] == pytest.approx(effects[np.abs(effects).argmax()])


def test_diagnostics(fit: ax.Fit) -> None:
    found = study.diagnostics(HIRING.replace(coefficient=2))
    changes = ax.dfbetas(fit)
    np.testing.assert_allclose(found.residual, ax.rstandard(fit, kind="pearson"), rtol=1e-9)
    np.testing.assert_allclose(found.cooks_distance, ax.diagnostics(fit)["cooks_distance"])
    assert np.array_equal(found.influential, ax.influence_measures(fit)["influential"])
    np.testing.assert_allclose(found.largest, changes.abs().max(), rtol=1e-9)
    one = found.coefficient
    assert one.name == changes.columns[2]
    np.testing.assert_allclose(one.effect, ax.attribute(fit, ax.Coefficient(2)), rtol=1e-9)
    np.testing.assert_allclose(one.added[0], ax.added_variable(fit, 2)["input"], rtol=1e-9)


def test_the_checks_of_a_fit_are_those_of_the_public_function() -> None:
    fit = ax.fit(ax.load_dataset("hiring"), "mlp", hidden=(3,), penalty=ax.Ridge(1e-2))
    spec = HIRING.replace(
        model="mlp", hidden=3, strength=1e-2, damping=1e-2, leverage_correction=False
    )
    wanted = ax.check(fit, ax.MeanLoss("test"), method=ax.AFIF(damping=1e-2))
    pd.testing.assert_frame_equal(study.checks(spec).to_frame(), wanted.to_frame())
    by_group = study.checks(spec.replace(target="demographic_parity"))
    assert {one.code for one in by_group} - {one.code for one in wanted} == {"AX201"}


@pytest.mark.parametrize(
    "spec",
    [
        Spec(dataset="digits", strength=1e-2),
        Spec(dataset="hiring", model="mlp", hidden=3, strength=1e-2, damping=1e-2),
        Spec(dataset="diabetes", penalty="lasso", strength=10.0, coefficient=0),
    ],
    ids=lambda spec: f"{spec.dataset} {spec.model} {spec.penalty}",
)
@pytest.mark.filterwarnings("ignore::afif_explorer.errors.NotConverged")
def test_other_models_have_diagnostics_or_a_reason(spec: Spec) -> None:
    found = study.diagnostics(spec)
    assert np.isfinite(found.cooks_distance).any()
    assert found.coefficient is not None or found.no_coefficients
    if found.coefficient is not None:
        assert found.coefficient.added is not None or found.coefficient.no_plot
    if found.residual is None:
        assert found.notes


def test_two_fits_are_compared_on_the_same_target(fit: ax.Fit) -> None:
    spec = HIRING.replace(strength=0.3, baseline=HIRING.pinned())
    found, rows = study.comparison(spec), study.comparison(spec).rows
    strong = ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(0.3))
    before, now = (np.asarray(ax.attribute(one, ax.MeanLoss())) for one in (fit, strong))
    np.testing.assert_allclose(rows.before, before, rtol=1e-9)
    np.testing.assert_allclose(rows.now, now, rtol=1e-9)
    turned = np.isin(fit.ids, rows.turned)
    assert (before[turned] * now[turned] < 0).all()
    X = fit.data.test.X
    differs = (fit.predict(X) >= 0.5) != (strong.predict(X) >= 0.5)
    assert np.array_equal(rows.changed, fit.data.test.ids[differs])
    assert 0 < differs.sum() < len(differs)
    assert found.now.metrics["Accuracy"] == pytest.approx(strong.metrics["accuracy"])
    same = study.comparison(HIRING.replace(baseline=HIRING.pinned()))
    assert same.rows.turned.size == same.rows.changed.size == 0
    assert study.comparison(HIRING).rows is None
    with pytest.raises(DoesNotApply, match="other training rows"):
        study.comparison(HIRING.replace(seed=1, baseline=HIRING.pinned()))


def test_a_network_has_two_truths_and_a_linear_model_one(fit: ax.Fit) -> None:
    one = study.verify(HIRING, random=2, top=2).curvatures
    assert set(one.truths) == {"retrained"}
    assert "equals the refit" in one.notes[0]
    plain = ax.AFIF(leverage_correction=False)
    same = np.asarray(ax.attribute(fit, ax.MeanLoss(), plain))[np.isin(fit.ids, one.ids)]
    np.testing.assert_allclose(one.predicted["Fisher"], same, rtol=1e-9)

    spec = Spec(dataset="hiring", model="mlp", hidden=3, strength=1e-2, damping=0.2)
    network = ax.fit(ax.load_dataset("hiring"), "mlp", ax.Ridge(1e-2), hidden=(3,))
    two = study.verify(spec, random=4, top=4).curvatures
    assert set(two.predicted) == {"Fisher", "Hessian"}
    target = ax.MeanLoss()
    response = ax.bregman_response_each(network, two.ids, target, damping=0.2).effects
    np.testing.assert_allclose(two.truths["Bregman response"], response, rtol=1e-6)
    refit = ax.retrain_each(network, two.ids, target).effects
    np.testing.assert_allclose(two.truths["retrained"], refit, rtol=1e-6)
    for (name, truth), close in two.closeness.items():
        away = two.predicted[name] - two.truths[truth]
        assert close.error == pytest.approx(
            np.linalg.norm(away) / np.linalg.norm(two.truths[truth])
        )
    assert two.closeness["Fisher", "Bregman response"].error < 0.2


def test_the_rows_of_digits_are_pictures() -> None:
    spec = Spec(dataset="digits", strength=1e-2, row=3)
    assert study.describe(spec).picture == (8, 8)
    assert study.describe(HIRING).picture is None
