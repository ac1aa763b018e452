"""Invalid seeds, counts, shares and fits raise one clear sentence everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.engine.curvature.spectrum import Spectrum


@pytest.fixture(scope="module")
def fit() -> Fit:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    y = (X[:, 0] + rng.normal(size=60) > 0).astype(float)
    return ax.fit(ax.Dataset.from_arrays(X, y), penalty=ax.Ridge(1e-2))


def frame() -> pd.DataFrame:
    return pd.DataFrame({"a": np.arange(40.0) ** 2, "y": np.arange(40.0) % 7})


SEEDED: dict[str, Callable[[Fit, Any], Any]] = {
    "fit": lambda fit, seed: ax.fit(fit.data, model="mlp", seed=seed),
    "folds": lambda fit, seed: ax.cross_validate(fit, folds=3, seed=seed),
    "path": lambda fit, seed: ax.cross_validation_path(fit, [1e-2], folds=3, seed=seed),
    "split": lambda fit, seed: ax.Dataset.from_frame(frame(), target="y", seed=seed),
    "catalogue": lambda fit, seed: ax.load_dataset("hiring", seed=seed),
    "LiSSA": lambda fit, seed: ax.LiSSA(seed=seed),
    "landmarks": lambda fit, seed: ax.Landmarks(seed=seed),
    "Nystroem": lambda fit, seed: ax.Nystroem(seed=seed),
    "noise": lambda fit, seed: ax.certified_unlearn(fit, fit.ids[:1], 1.0, 1e-5, seed=seed),
}


@pytest.mark.parametrize("seed", ["a", -1, 1.5, float("nan"), True, 2**63], ids=repr)
@pytest.mark.parametrize("where", SEEDED)
def test_invalid_seeds_raise_errors(where: str, seed: Any, fit: Fit) -> None:
    with pytest.raises(ax.InvalidChoice, match="seed must be a whole number of at least 0"):
        SEEDED[where](fit, seed)


@pytest.mark.parametrize("count", ["a", 0, -1, 1.5, float("inf"), True], ids=repr)
@pytest.mark.parametrize(
    "make",
    [
        lambda count: ax.LiSSA(depth=count),
        lambda count: ax.LiSSA(repeats=count),
        lambda count: ax.LiSSA(batch_size=count),
        lambda count: ax.Landmarks(count=count),
        lambda count: ax.Nystroem(rank=count),
        lambda count: ax.ConjugateGradient(max_steps=count),
    ],
    ids=["depth", "repeats", "batch_size", "landmarks", "rank", "max_steps"],
)
def test_invalid_counts_raise_errors(make: Callable[[Any], Any], count: Any) -> None:
    with pytest.raises(ax.InvalidChoice, match="must be a whole number of at least 1, not"):
        make(count)


ASKED: dict[str, Callable[[Any], Any]] = {
    "attribute": lambda fit: ax.attribute(fit, ax.MeanLoss("test")),
    "diagnostics": ax.diagnostics,
    "dfbetas": ax.dfbetas,
    "dffits": ax.dffits,
    "cross_validate": ax.cross_validate,
    "Unlearner": ax.Unlearner,
    "unlearn": lambda fit: ax.unlearn(fit, [0]),
    "retrain": lambda fit: ax.retrain(fit, [0]),
    "retrain_each": lambda fit: ax.retrain_each(fit, [0], ax.MeanLoss("test")),
    "bregman_response": lambda fit: ax.bregman_response(fit, [0]),
    "certified_unlearn": lambda fit: ax.certified_unlearn(fit, [0], 1.0, 1e-5),
    "audit_fairness": lambda fit: ax.audit_fairness(fit, "group"),
}


@pytest.mark.parametrize("fit", [None, 3, "fit", frame()], ids=["None", "number", "text", "frame"])
@pytest.mark.parametrize("ask", ASKED.values(), ids=list(ASKED))
def test_objects_that_are_not_fits_raise_errors(ask: Callable[[Any], Any], fit: Any) -> None:
    with pytest.raises(ax.InvalidChoice, match=f"Expected a Fit, got {type(fit).__name__}"):
        ask(fit)


def test_a_data_set_is_no_fit(fit: Fit) -> None:
    with pytest.raises(
        ax.InvalidChoice, match=r"Expected a Fit, got Dataset; create one with ax\.fit"
    ):
        ax.attribute(fit.data, ax.MeanLoss("test"))  # type: ignore[arg-type]


@pytest.mark.parametrize("strengths", [["a"], "a", [], [1e-3, "b"], [-1.0], [np.nan], [True], None])
def test_invalid_strengths_raise_errors(strengths: Any, fit: Fit) -> None:
    with pytest.raises(ax.InvalidChoice, match="strengths must be at least one number"):
        ax.cross_validation_path(fit, strengths)


@pytest.mark.parametrize("share", ["a", None, float("nan"), -0.1, 1.0])
def test_invalid_shares_raise_errors(share: Any) -> None:
    with pytest.raises(ax.InvalidChoice, match="share must be a number of at least 0 and below 1"):
        ax.Dataset.from_frame(frame(), target="y", test=share)


@pytest.mark.parametrize("approximation", [1, "ekfac", ax.EKFAC])
def test_invalid_preconditioners_raise_errors(approximation: Any) -> None:
    with pytest.raises(ax.InvalidChoice, match="Expected a preconditioner"):
        ax.BlockConjugateGradient(preconditioner=approximation)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ax.fit_objective(None),
        lambda: ax.Objective(3, "gaussian", None, np.eye(3), np.ones(3)),
        lambda: ax.Objective("linear", "gaussian", None, np.eye(3), np.ones(3)),
        lambda: ax.LinearMap("a", 1),
        lambda: ax.LinearMap(3, 0),
        lambda: ax.MLP(3, (2,), 0),
        lambda: ax.MLP("a", (2,), 1),
        lambda: ax.ModuleModel(3, np.eye(3)),
    ],
)
def test_invalid_models_and_objectives_raise_errors(make: Callable[[], Any]) -> None:
    with pytest.raises(ax.InvalidChoice, match=r", (not|got) .+\."):
        make()


def test_empty_data_raise_errors() -> None:
    with pytest.raises(ax.DataError, match="no training rows"):
        ax.Objective(ax.LinearMap(3, 1), "gaussian", None, None, [1.0])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_rows_to_predict_must_be_finite(value: float, fit: Fit) -> None:
    rows = np.zeros((2, 3))
    rows[1, 2] = value
    with pytest.raises(ax.DataError, match="not finite; impute or drop them"):
        fit.predict(rows)
    assert fit.predict(rows[:0]).shape == (0,)


def test_a_basis_needs_a_nonzero_right_hand_side(fit: Fit) -> None:
    curvature = ax.Fisher(fit.objective, fit.parameters)
    with pytest.raises(ax.InvalidChoice, match="needs a nonzero right-hand side"):
        Spectrum.lanczos(curvature, 0 * fit.parameters)
