"""High-leverage rows: detected, reported, and corrected by default for held-out losses."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import torch

import afif_explorer as ax
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.engine.influence import leverages
from afif_explorer.engine.influence.leverages import high_leverages

draw = np.random.default_rng(0)
PLAIN = ax.AFIF(leverage_correction=False)


def wide() -> ax.Fit:
    """More columns than rows."""
    X = draw.normal(size=(60, 200))
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(200)])
    frame["y"] = X[:, 0] + 0.3 * draw.normal(size=60)
    return ax.fit(ax.Dataset.from_frame(frame, target="y", task="regression"))


def hat_of(fit: ax.Fit) -> np.ndarray:
    """Leverages of ridge regression by the closed form."""
    X = np.c_[fit.data.train.X, np.ones(fit.n)]
    held = fit.n * fit.objective.penalty.strength * np.diag([*[1.0] * (X.shape[1] - 1), 0.0])
    return np.diag(X @ np.linalg.solve(X.T @ X + held, X.T))


def test_leave_one_out_of_a_wide_ridge_is_the_closed_form_by_default() -> None:
    fit = wide()
    residual = fit.data.train.y - fit.predict(fit.data.train.X)
    wanted = 0.5 * (residual / (1 - hat_of(fit))) ** 2
    np.testing.assert_allclose(ax.cross_validate(fit).losses, wanted, rtol=1e-6)
    assert ax.cross_validate(fit, PLAIN).mean < 1e-3 * wanted.mean()


def test_effects_of_a_wide_ridge_are_those_of_refits_by_default() -> None:
    fit, target, rows = wide(), ax.MeanLoss("test"), np.arange(15)
    truth = ax.retrain_each(fit, fit.ids[rows], target).effects
    np.testing.assert_allclose(ax.attribute(fit, target)[rows], truth, rtol=1e-8)
    alone = ax.unlearn(fit, fit.ids[[4]], targets=target).effects[target]
    assert alone == pytest.approx(truth[4], rel=1e-8)


def test_underestimated_effects_warn() -> None:
    fit = wide()
    hat = hat_of(fit)
    with pytest.warns(
        ax.HighLeverage, match=rf"{(hat > 0.2).sum()} of {fit.n} training rows"
    ) as told:
        ax.attribute(fit, ax.MeanLoss("test"), PLAIN)
    assert f"largest {hat.max():.2g}" in str(told[0].message)
    assert "leverage_correction=True" in str(told[0].message)


@pytest.mark.parametrize("method", [ax.AFIF(), ax.AFIF(leverage_correction=True), ax.NewtonStep()])
def test_effects_that_are_corrected_are_not(method) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax.attribute(wide(), ax.MeanLoss("test"), method)


def test_ordinary_rows_do_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax.attribute(ax.fit(ax.load_dataset("hiring")), ax.MeanLoss("test"))


@pytest.mark.parametrize("loss", ["gaussian", "bernoulli", "categorical"])
def test_the_rows_are_found_among_many_without_all_leverages(loss: str) -> None:
    n, rare = 60_000, [3, 700, 5999]
    X = draw.normal(size=(n, 6))
    X[:, 5] = 0.0
    X[rare, 5] = 1.0  # a column that three rows share
    y = {
        "gaussian": X[:, 0] + draw.normal(size=n),
        "bernoulli": (draw.random(n) < 0.4).astype(float),
        "categorical": draw.integers(0, 3, n),
    }[loss]
    y[rare] = [0, 1, 1]
    model = ax.LinearMap(6, 3 if loss == "categorical" else 1)
    fit = ax.fit_objective(ax.Objective(model, loss, ax.Ridge(1e-6), X, y))
    influence = prepared(ax.AFIF(), fit)
    found = high_leverages(influence)
    assert "row_blocks" not in vars(influence)
    roots = fit.objective.loss.root(influence.point.outputs)
    blocks = roots.transpose(1, 2) @ influence.row_blocks @ roots
    true = torch.linalg.eigvalsh(blocks)[:, -1]
    assert found.exact
    assert found.count == int((true > 0.2).sum()) == 3
    assert found.largest == pytest.approx(float(true.max()), rel=1e-8)


def test_of_very_many_rows_the_count_is_estimated(monkeypatch) -> None:
    monkeypatch.setattr(leverages, "SMALL", 0)
    monkeypatch.setattr(leverages, "COMPUTED", 5)
    fit = wide()
    hat = hat_of(fit)
    found = high_leverages(prepared(ax.AFIF(), fit))
    assert not found.exact
    assert found.count == pytest.approx((hat > 0.2).sum(), abs=2)
    with pytest.warns(ax.HighLeverage, match=f"^About {found.count} of {fit.n} training rows"):
        ax.attribute(fit, ax.MeanLoss("test"), PLAIN)


def test_a_row_alone_in_its_column_has_no_held_out_loss() -> None:
    X = np.c_[draw.normal(size=(40, 2)), np.arange(40) == 7]
    y = X[:, 0] + draw.normal(size=40)
    fit = ax.fit_objective(ax.Objective(ax.LinearMap(3), "gaussian", None, X, y))
    with pytest.warns(ax.Undefined, match=r"1 of 40 rows .* leverage is 1"):
        found = ax.cross_validate(fit)
    assert np.flatnonzero(np.isnan(found.losses)).tolist() == [7]
    others = np.delete(np.arange(40), 7)
    assert found.mean == pytest.approx(found.losses[others].mean())
    assert found.standard_error == pytest.approx(found.losses[others].std(ddof=1) / 39**0.5)
    design = np.c_[X[others][:, :2], np.ones(39)]
    hat = np.diag(design @ np.linalg.pinv(design))
    residual = y[others] - design @ np.linalg.lstsq(design, y[others])[0]
    np.testing.assert_allclose(found.losses[others], 0.5 * (residual / (1 - hat)) ** 2, rtol=1e-8)


def test_a_corrected_twin_has_steps_of_its_own():
    fit = ax.fit(ax.load_dataset("diabetes"), penalty=ax.Lasso(0.1))
    c = torch.ones(fit.objective.p, 1, dtype=torch.float64)
    plain, corrected = (
        ax.AFIF(leverage_correction=asked).prepare(fit.objective, fit.parameters)
        for asked in (False, True)
    )
    before = plain.effects(c)  # kept, and not to be taken for those of the twin
    torch.testing.assert_close(plain.corrected().effects(c), corrected.effects(c))
    assert not torch.allclose(before, corrected.effects(c))
