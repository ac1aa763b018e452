"""The only row of a class: its removal raises an error or gives NaN, with the reason, everywhere."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

import afif_explorer as ax
from afif_explorer import study
from afif_explorer.spec import Spec
from afif_explorer.study.effects import ranking

N, LAST = 90, 89
draw = np.random.default_rng(1)


def fitted(classes: int = 3) -> ax.Fit:
    labels = ["a"] * 45 + ["b"] * 44 if classes == 3 else ["a"] * 89
    frame = pd.DataFrame({"x": draw.normal(size=N), "z": draw.normal(size=N), "y": [*labels, "c"]})
    data = ax.Dataset.from_frame(frame, target="y", validation=0, test=0)
    return ax.fit(data, penalty=ax.Ridge(1e-2))


each_model = pytest.mark.parametrize("classes", [2, 3])


@each_model
def test_its_effect_is_not_a_number(classes: int) -> None:
    fit = fitted(classes)
    with pytest.warns(ax.Undefined, match=rf"row {LAST} is NaN: it is the only training row"):
        found = ax.attribute(fit, [ax.MeanLoss("train"), ax.PointLoss("train", 0)])
    assert np.isnan(found[LAST]).all()
    assert not np.isnan(found[:LAST]).any()


@each_model
def test_its_held_out_loss_is_not_a_number(classes: int) -> None:
    fit = fitted(classes)
    with pytest.warns(ax.Undefined, match="1 of 90 rows have no held-out loss"):
        found = ax.cross_validate(fit)
    assert np.flatnonzero(np.isnan(found.losses)).tolist() == [LAST]
    assert found.mean == pytest.approx(found.losses[:LAST].mean())
    assert found.notes


@each_model
def test_the_fold_that_holds_it_is_not_a_number(classes: int) -> None:
    fit = fitted(classes)
    with pytest.warns(ax.Undefined, match="18 of 90 rows"):
        found = ax.cross_validate(fit, folds=5)
    assert np.isnan(found.losses[LAST])
    assert int(np.isnan(found.losses).sum()) == 18


@each_model
def test_a_refit_without_it_is_refused(classes: int) -> None:
    fit, target = fitted(classes), ax.MeanLoss("train")
    for ask in (
        lambda: ax.retrain(fit, [LAST]),
        lambda: ax.retrain_each(fit, [0, LAST], target),
        lambda: ax.bregman_response(fit, [LAST]),
        lambda: ax.bregman_response_each(fit, [LAST], target),
        lambda: ax.unlearn(fit, [0, LAST]),
    ):
        with pytest.raises(ax.DataError, match="no training row of class 'c' would be left"):
            ask()


@each_model
def test_its_diagnostics_are_not_numbers(classes: int) -> None:
    fit = fitted(classes)
    table = ax.diagnostics(fit)
    assert np.isnan(table.loc[LAST, ["cooks_distance", "self_influence"]]).all()
    assert np.isnan(ax.dfbetas(fit).iloc[LAST]).all()
    assert np.isnan(ax.dffits(fit).iloc[LAST]).all()
    assert not table.drop(index=LAST).isna().any(axis=None)


def test_a_path_of_strengths_leaves_it_out() -> None:
    path = ax.cross_validation_path(fitted(), [1e-2, 1e-1])
    assert np.isnan(path.losses[:, LAST]).all()
    np.testing.assert_allclose(path.means, path.losses[:, :LAST].mean(1))


def test_other_rows_and_numbers_are_as_ever() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = ax.fit(ax.load_dataset("diabetes"))
        assert not np.isnan(ax.attribute(fit, ax.MeanLoss("test"))).any()
        assert not ax.cross_validate(fit).notes


def test_the_data_set_notes_it() -> None:
    [note] = [note for note in fitted().data.notes if "single training row" in note]
    assert note.startswith("Class 'c' has a single training row; ")
    assert not any("single" in note for note in ax.load_dataset("hiring").notes)


def test_the_explorer_leaves_it_out_and_says_so() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.normal(size=N), "z": rng.normal(size=N)})
    frame["g"], frame["y"] = rng.choice(["u", "v"], N), ["a"] * 45 + ["b"] * 44 + ["c"]
    data = ax.Dataset.from_frame(frame, target="y", sensitive=["g"])
    spec = Spec(dataset=study.add_dataset(data), count=len(data.train) - 1)
    points = study.points(spec)
    only = np.flatnonzero(data.train.y == 2)
    assert np.flatnonzero(np.isnan(points.effect)).tolist() == only.tolist()
    agreement = study.agreement(spec)
    assert agreement.pearson == pytest.approx(1.0)
    assert agreement.overlap == 1.0
    report = study.cross_validation(spec, checked=True)
    assert "no held-out loss" in report.notes[0]
    assert np.isfinite([report.mean_here, *report.mean, *report.check.mean]).all()
    assert data.train.ids[only[0]] not in study.verify(spec, random=200, top=5).ids
    for rule in ("raise_target", "helpful", "harmful", "random"):
        assert ranking(spec.replace(rule=rule)).order[-1] == only[0]


@pytest.mark.parametrize(
    "penalty", [ax.Ridge(1e-2), ax.ElasticNet(1e-2, l1_ratio=0.5), ax.Lasso(1e-2)]
)
def test_it_can_go_where_every_parameter_is_penalised(penalty: ax.Penalty) -> None:
    """The fit without it has one class and is finite; SciPy finds it by itself."""
    data = fitted(2).data
    fit = ax.fit(data, penalty=penalty, penalised=np.ones(3, dtype=bool))
    X = np.column_stack([fit.objective.X.numpy(), np.ones(N)])[:LAST]
    label = fit.objective.y.numpy()[0]
    share = (
        penalty.l1_ratio
        if isinstance(penalty, ax.ElasticNet)
        else float(isinstance(penalty, ax.Lasso))
    )

    def value(
        parts: np.ndarray,
    ) -> float:  # theta = up - down, both at least 0, so that L1 is smooth
        up, down = parts[:3], parts[3:]
        theta = up - down
        loss = np.logaddexp(0, -(2 * label - 1) * (X @ theta)).sum() / N
        return loss + penalty.strength * (share * parts.sum() + (1 - share) * theta @ theta / 2)

    found = minimize(
        value, np.full(6, 0.1), bounds=[(0, None)] * 6, options={"ftol": 1e-15, "gtol": 1e-10}
    )
    theta = ax.retrain(fit, [LAST]).theta
    np.testing.assert_allclose(theta, found.x[:3] - found.x[3:], atol=2e-4)
    assert np.isfinite(ax.attribute(fit, ax.MeanLoss("train"))).all()
    assert np.isfinite(ax.cross_validate(fit).losses).all()
    assert ax.check(fit)["AX204"].level == "ok"
