"""Array-likes as rows and targets: accepted, or rejected with one clear sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

import afif_explorer as ax
from tests.analysis.test_edge_cases import one_sentence

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(30, 3))
Y = X @ [1.0, -1.0, 0.5] + DRAW.normal(size=30)
SHUFFLED = DRAW.permutation(30)
RIDGE = ax.Ridge(0.1)


def objective(X=X, y=Y, d=3, loss="gaussian", penalty=RIDGE, k=1):
    return ax.Objective(ax.LinearMap(d, k), loss, penalty, X, y)


def theta(*rows) -> np.ndarray:
    return ax.fit_objective(objective(*rows)).theta


@pytest.mark.parametrize(
    "rows",
    [
        (X.tolist(), Y.tolist()),
        (pd.DataFrame(X, index=SHUFFLED), pd.Series(Y, index=SHUFFLED)),
        (X.astype(object), Y.astype(object)),
        (X.astype(">f8"), Y.astype(np.longdouble)),
        (torch.as_tensor(X), torch.as_tensor(Y)),
    ],
    ids=["lists", "pandas", "objects", "other floats", "tensors"],
)
def test_numbers_are_the_same_numbers_in_whatever_they_come(rows) -> None:
    found = theta(*rows)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, theta(), rtol=1e-12)


@pytest.mark.parametrize(
    ("kind", "work"), [(np.float16, np.float64), (np.float32, np.float32), (np.uint8, np.float64)]
)
def test_the_precision_of_the_work(kind, work) -> None:
    assert theta(X.astype(kind)).dtype == work


@pytest.mark.parametrize(
    "bad",
    [
        X.astype(str),
        X.astype(complex),
        np.where(X > 1, None, X),
        [[1.0, 2.0], [3.0]],
        torch.as_tensor(X).to(torch.complex64),
    ],
    ids=["text", "complex", "none", "ragged", "complex tensor"],
)
def test_rows_that_are_no_numbers_are_refused(bad) -> None:
    with pytest.raises(ax.DataError) as error:
        objective(bad)
    one_sentence(error)


def test_targets_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ax.DataError, match="The targets must be real numbers") as error:
        objective(y=np.where(Y > 0, "yes", "no"))
    one_sentence(error)


@pytest.mark.parametrize("bad", [X[:, 0], X[:, :2], X[:, :, None]])
def test_rows_of_another_shape_are_refused(bad) -> None:
    with pytest.raises(
        ax.DataError, match="A linear map with 3 inputs cannot take rows of"
    ) as error:
        objective(bad)
    one_sentence(error)


@pytest.mark.parametrize("penalty", [1e-3, "ridge", ax.Ridge])
def test_what_is_no_penalty_is_refused(penalty) -> None:
    with pytest.raises(ax.InvalidChoice, match=r"Expected a penalty such as Ridge\(1e-3\)"):
        objective(penalty=penalty)
    with pytest.raises(ax.InvalidChoice, match="Expected a penalty such as"):
        ax.fit(ax.load_dataset("diabetes"), penalty=penalty)


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        (X, r"must be a pair \(X, y\)"),
        ((X[:, :2], Y), "must match"),
        ((X, Y[:5]), "There are 30 test rows but 5 targets"),
        ((np.where(X > 1, np.nan, X), Y), "The test rows contain values that are not finite"),
        ((X, np.where(Y > 1, np.nan, Y)), "not finite"),
        ((X.astype(str), Y), "must be real numbers"),
        ((X, np.column_stack([Y, Y])), "a class or column that the model does not have"),
    ],
    ids=["no pair", "shape", "count", "row", "target", "text", "columns"],
)
def test_test_rows_are_checked_as_training_rows_are(pair, words: str) -> None:
    with pytest.raises(ax.DataError, match=words) as error:
        ax.fit_objective(objective(), test=pair)
    one_sentence(error)


def test_test_rows_may_not_have_a_class_that_the_model_lacks() -> None:
    classes = objective(y=np.arange(30) % 3, loss="categorical", k=3)
    with pytest.raises(ax.DataError, match="a class or column that the model does not have"):
        ax.fit_objective(classes, test=(X, np.arange(30) % 4))


@pytest.mark.parametrize("hidden", [(0,), (-1,), (2.5,), 4, ("a",)])
def test_layers_that_cannot_be_are_refused(hidden) -> None:
    with pytest.raises(ax.InvalidChoice, match="Hidden layers are counts of units") as error:
        ax.fit(ax.load_dataset("diabetes"), model="mlp", hidden=hidden, max_steps=1)
    one_sentence(error)


def test_a_data_frame_is_no_data_set_yet() -> None:
    with pytest.raises(
        ax.InvalidChoice, match=r"got DataFrame; create one with Dataset.from_frame"
    ):
        ax.fit(pd.DataFrame(X))


@pytest.mark.parametrize("method", [ax.AFIF, "afif", None])
@pytest.mark.parametrize(
    "ask",
    [
        lambda fit, method: ax.attribute(fit, ax.MeanLoss("train"), method),
        lambda fit, method: ax.unlearn(fit, [0], method),
        lambda fit, method: ax.certified_unlearn(fit, [0], 0.5, 0.1, method),
        lambda fit, method: ax.cross_validate(fit, method),
        lambda fit, method: ax.cross_validation_path(fit, [0.1], method=method),
        lambda fit, method: ax.diagnostics(fit, method),
        lambda fit, method: ax.Unlearner(fit, method),
        lambda fit, method: ax.dfbetas(fit, method),
        lambda fit, method: ax.dffits(fit, method),
    ],
)
def test_what_is_no_method_is_refused(ask, method) -> None:
    with pytest.raises(
        ax.InvalidChoice, match=r"Expected a method such as AFIF\(\), with parentheses"
    ):
        ask(ax.fit_objective(objective()), method)
