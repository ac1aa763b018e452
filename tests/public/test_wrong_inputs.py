"""Wrong values of every argument of every public function: accepted, or refused in a sentence."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import afif_explorer as ax
from afif_explorer.wording import quoted

ROWS = 40
WRONG: dict[str, Any] = {
    "text": "spam",
    "NaN": float("nan"),
    "dict": {},
    "frame": pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}),
    "matrix": np.eye(3),
    "ragged": [[1], [2, 3]],
    "object": object(),
    "tensor": torch.ones(2, 2),
    "negative": -1,
    "long text": "spam and\n" * 300,
    "many numbers": np.arange(30.0)[:, None],
    "large number": 10**400,
    "list": [0.5] * 500,
    "module": torch.nn.Sequential(*(torch.nn.Linear(2, 2) for _ in range(30))),
}
LONGEST = 400  # characters of a message


def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, 2))
    return X, (X[:, 0] + rng.normal(size=ROWS) > 0).astype(float)


def table() -> pd.DataFrame:
    X, y = rows()
    group = np.where(np.arange(ROWS) % 3 == 0, "u", "v")
    return pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "group": group, "y": y})


X, Y = rows()
DATA = ax.Dataset.from_frame(
    table(), target="y", sensitive="group", validation=0.2, test=0.2, name="few"
)
FIT = ax.fit(DATA)
OWN = ax.fit_objective(
    ax.Objective(ax.LinearMap(2, intercept=False), "bernoulli", ax.Ridge(1.0), X, Y), test=(X, Y)
)
LOSS, GAP = ax.MeanLoss("test"), ax.DemographicParityDifference("group", split="train")
METHOD = {"fit": FIT, "method": ax.AFIF()}
ONE = {"fit": FIT, "rows": [1]}
LEARN = {"seed": 0, "hidden": (2,), "max_steps": 2, "penalised": None}
DRAWN = {"draws": 100, "seed": 0}


def of(kind: Callable[..., Any]) -> Callable[..., Any]:
    """Effects on a target."""
    return lambda **options: ax.attribute(FIT, kind(**options))


def solved(kind: Callable[..., Any]) -> Callable[..., Any]:
    """Effects by a solver."""
    return lambda **options: ax.attribute(FIT, LOSS, ax.AFIF(solver=kind(**options)))


def shown(**options: Any) -> None:
    with ax.show_progress(**options):
        pass


def explored(**options: Any) -> None:
    ax.Explorer(**options).close()


GROUPED = {"sensitive": "group", "split": "train", "favourable": None, "groups": None}
CALLS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "attribute": (ax.attribute, METHOD | {"target": LOSS, "order": 1}),
    "unlearn": (ax.unlearn, ONE | METHOD | {"targets": [LOSS]}),
    "retrain": (ax.retrain, ONE | {"warm": True}),
    "retrain_each": (ax.retrain_each, ONE | {"target": LOSS}),
    "bregman_response": (ax.bregman_response, ONE | {"damping": 0.0}),
    "bregman_response_each": (ax.bregman_response_each, ONE | {"target": LOSS, "damping": 0.0}),
    "cross_validate": (ax.cross_validate, METHOD | {"folds": 3, "seed": 0}),
    "cross_validation_path": (
        ax.cross_validation_path,
        {
            "data": FIT, "strengths": [1e-2], "model": "auto", "penalty": None, "method": ax.AFIF(),
            "folds": 2, "seed": 0, "hidden": (2,),
        },
    ),
    **{
        name: (getattr(ax, name), METHOD)
        for name in ("dfbetas", "dffits", "diagnostics", "rstandard", "rstudent", "covratio")
    },
    "influence_measures": (ax.influence_measures, METHOD),
    "outlier_test": (ax.outlier_test, METHOD),
    "audit_fairness": (ax.audit_fairness, METHOD | {"sensitive": "group"}),
    "bootstrap_disparity": (
        ax.bootstrap_disparity,
        METHOD
        | {"target": GAP, "removed": [1], "soft": True, "resamples": 9, "confidence": 0.9}
        | {"seed": 0},
    ),
    "flip": (
        ax.flip,
        METHOD | {"target": None, "split": "test", "level": 0.0, "most": 3, "refitted": 1},
    ),
    "flip of a target": (ax.flip, METHOD | {"target": ax.Coefficient("a"), "level": 0.0, "most": 3}),
    "patterns": (
        ax.patterns,
        METHOD
        | {"target": LOSS, "depth": 1, "support": (0.05, 0.5), "top": 1, "direction": "lower"}
        | {"split": ("train", "test"), "permutations": 2, "seed": 0, "verify": False},
    ),
    "psis": (ax.psis, METHOD | DRAWN),
    "leave_one_out": (ax.leave_one_out, METHOD | DRAWN | {"refits": 1}),
    "certified_unlearn": (
        ax.certified_unlearn,
        {"fit": OWN, "rows": [1], "epsilon": 1.0, "delta": 1e-5, "method": ax.AFIF()}
        | {"row_bound": None, "max_sigma": None, "seed": 0},
    ),
    "check": (ax.check, {"fit": FIT}),
    "Unlearner": (ax.Unlearner, METHOD | {"targets": [LOSS]}),
    "fit": (ax.fit, LEARN | {"data": DATA, "model": "mlp", "penalty": ax.Ridge(1e-2)}),
    "fit_objective": (
        ax.fit_objective,
        {"objective": OWN.objective, "validation": (X, Y), "test": (X, Y), "seed": 0, "max_steps": 2},
    ),
    "Objective": (
        ax.Objective,
        {"model": ax.LinearMap(2), "loss": "bernoulli", "penalty": ax.Ridge(1e-2), "X": X, "y": Y}
        | {"penalised": None},
    ),
    "from_trained": (
        ax.from_trained,
        {"module": torch.nn.Linear(2, 1), "X": X, "y": Y, "loss": "bernoulli", "penalty": None}
        | {"penalised": None, "validation": None, "test": (X, Y)},
    ),
    "from_arrays": (
        ax.Dataset.from_arrays,
        {"X": X, "y": Y, "feature_names": ["a", "b"], "target": "t", "task": None, "test": 0.1}
        | {"validation": 0.1, "seed": 0, "sensitive": (), "standardise": True, "name": "n"},
    ),
    "from_frame": (
        ax.Dataset.from_frame,
        {"frame": table(), "target": "y", "sensitive": "group", "task": None, "test": 0.1, "seed": 0}
        | {"validation": 0.1, "include_sensitive": True, "standardise": True, "baseline": False},
    ),
    "load_dataset": (ax.load_dataset, {"name": "hiring", "seed": 0}),
    "load_fit": (ax.load_fit, {"folder": "no such folder", "data": None, "module": None}),
    "save": (FIT.save, {"folder": ""}),
    "predict": (FIT.predict, {"X": DATA.test.X}),
    "sample": (FIT.sample, {"split": "test"}),
    "transform": (DATA.transform, {"rows": table()}),
    "memory_limit": (lambda limit: ax.memory_limit(limit).__exit__(None, None, None), {"limit": "1 GB"}),
    "use_device": (lambda device: ax.use_device(device).__exit__(None, None, None), {"device": "cpu"}),
    "show_progress": (shown, {"callback": None}),
    "AFIF": (ax.AFIF, {"solver": "auto", "damping": 0.0, "leverage_correction": "auto"}),
    "LiSSA": (
        solved(ax.LiSSA),
        {"scale": None, "depth": 20, "repeats": 1, "batch_size": 4, "seed": 0},
    ),
    "ConjugateGradient": (solved(ax.ConjugateGradient), {"tolerance": 1e-6, "max_steps": 9}),
    "BlockConjugateGradient": (
        solved(ax.BlockConjugateGradient),
        {"tolerance": 1e-6, "max_steps": 9, "preconditioner": None},
    ),
    "Auto": (solved(ax.Auto), {"tolerance": 1e-8}),
    "Lanczos": (solved(ax.Lanczos), {"size": 3}),
    "Dual": (solved(ax.Dual), {"tolerance": None}),
    "Nystroem": (ax.Nystroem, {"rank": 2, "seed": 0}),
    "Landmarks": (ax.Landmarks, {"count": 2, "seed": 0}),
    "Ridge": (ax.Ridge, {"strength": 1.0}),
    "Lasso": (ax.Lasso, {"strength": 1.0}),
    "ElasticNet": (ax.ElasticNet, {"strength": 1.0, "l1_ratio": 0.5}),
    "GroupLasso": (
        lambda **options: ax.fit(DATA, penalty=ax.GroupLasso(**options), max_steps=2),
        {"strength": 1.0, "groups": None},
    ),
    "LinearMap": (ax.LinearMap, {"d": 2, "k": 1, "intercept": True}),
    "MLP": (ax.MLP, {"d": 2, "hidden": (2,), "k": 1}),
    "ModuleModel": (
        ax.ModuleModel,
        {"module": torch.nn.Linear(2, 1), "example": torch.zeros(2, 2), "penalised": None},
    ),
    "MeanLoss": (of(ax.MeanLoss), {"split": "test"}),
    "SoftAccuracy": (of(ax.SoftAccuracy), {"split": "test"}),
    "profile": (partial(ax.profile, DATA), {"rows": [int(DATA.train.ids[0])]}),
    "rows_where": (partial(ax.rows_where, DATA), {"condition": "a > 0", "split": "train"}),
    "PointLoss": (of(ax.PointLoss), {"split": "test", "i": 0}),
    "Prediction": (of(ax.Prediction), {"split": "test", "i": 0}),
    "Coefficient": (of(ax.Coefficient), {"name": "a"}),
    "DemographicParityDifference": (of(ax.DemographicParityDifference), GROUPED),
    "EqualOpportunityDifference": (of(ax.EqualOpportunityDifference), GROUPED),
    "Spec": (
        ax.Spec,
        {"dataset": "hiring", "model": "auto", "strength": 1e-3, "seed": 0, "selected": (), "row": 0},
    ),
    "Explorer": (
        explored,
        {"dataset": "hiring", "data": None, "model": "auto", "strength": 1e-3, "selected": ()},
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def without_warnings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)  # some values are names of files
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("name", CALLS)
def test_wrong_values_are_refused_in_a_sentence(name: str) -> None:
    call, right = CALLS[name]
    raw, sentences = [], ["."]
    for argument in right:
        for kind, value in WRONG.items():
            try:
                call(**(right | {argument: value}))
            except ax.AfifError as error:
                sentences.append(str(error))
            except Exception as error:
                place = traceback.extract_tb(error.__traceback__)[-1]
                raw.append(f"{argument}={kind}: {error!r:.90} at {place.filename}:{place.lineno}")
    assert not raw, "\n" + "\n".join(raw)
    assert not [text for text in sentences if text.strip()[-1] not in ".?"]
    assert not [text for text in sentences if "\n" in text or len(text) > LONGEST]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3, "3"),
        (0.5, "0.5"),
        (None, "None"),
        ("mean", "'mean'"),
        ("two\nlines", r"'two\nlines'"),
        ("x" * 70, f"'{'x' * 60}...'"),
        (10**400, "so large a number"),
        ((1, 2), "(1, 2)"),
        ([0.5] * 50, "a list of 50"),
        (X, f"an ndarray of shape [{ROWS}, 2]"),
        (torch.ones(3, 1), "a Tensor of shape [3, 1]"),
        (np.float64(2.5), "2.5"),
        (torch.tensor(True), "True"),
        (table(), f"a DataFrame of shape [{ROWS}, 4]"),
        (torch.nn.Sequential(torch.nn.Linear(1, 1)), "a Sequential of 1"),
    ],
)
def test_values_are_quoted_in_few_words(value: Any, words: str) -> None:
    assert quoted(value) == words


ONE_HOT = np.column_stack([1 - Y, Y])


@pytest.mark.parametrize(
    ("loss", "y", "words"),
    [
        ("categorical", ONE_HOT, "Class numbers must be.*argmax"),
        ("bernoulli", ONE_HOT, "needs 2 outputs per row"),
        ("poisson", ONE_HOT, "needs 2 outputs per row"),
        ("gaussian", ONE_HOT, "needs 2 outputs per row"),
        ("bernoulli", 2 * Y, "0 or 1"),
        ("bernoulli", Y[:-1], "they must match"),
    ],
)
def test_targets_of_another_shape_are_refused(loss: str, y: np.ndarray, words: str) -> None:
    model = ax.LinearMap(2, 2 if loss == "categorical" else 1)
    with pytest.raises(ValueError, match=words):
        ax.Objective(model, loss, ax.Ridge(1e-2), X, y)


@pytest.mark.parametrize(
    ("loss", "k", "last"),
    [("categorical", 2, torch.nn.Softmax(1)), ("bernoulli", 1, torch.nn.Sigmoid())],
)
def test_probabilities_instead_of_logits_are_refused(loss: str, k: int, last: Any) -> None:
    module = torch.nn.Sequential(torch.nn.Linear(2, k), last)
    with pytest.raises(ax.InvalidChoice, match=r"returns probabilities.*remove the"):
        ax.Objective(module, loss, None, X, Y)


@pytest.mark.parametrize(
    ("loss", "k", "last"),
    [
        ("categorical", 2, torch.nn.LogSoftmax(1)),
        ("categorical", 2, torch.nn.ReLU()),
        ("bernoulli", 1, torch.nn.Tanh()),
        ("gaussian", 1, torch.nn.Sigmoid()),
    ],
)
def test_bounded_outputs_that_are_no_probabilities_are_accepted(
    loss: str, k: int, last: Any
) -> None:
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(2, k), last)
    assert ax.Objective(module, loss, None, X, Y).p == 3 * k


class Own(ax.Target):
    where = "test"

    def __init__(self, function: Any) -> None:
        object.__setattr__(self, "_function", function)

    def function(self, fit: Any, sample: Any) -> Any:
        return self._function  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda f: (f > 0).double().mean(), "not a differentiable function"),
        (lambda f: f.detach().mean(), "not a differentiable function"),
        (lambda f: torch.ones(1, requires_grad=True), "not a differentiable function"),
        (lambda f: f[:, 0], r"one number.*shape \(8,\)"),
        (lambda f: float(f.mean()), "one number.*float"),
        (lambda f: None, "one number.*NoneType"),
        (3, "must return a function of the outputs, not int"),
    ],
)
def test_own_targets_must_be_one_differentiable_number(function: Any, words: str) -> None:
    with pytest.raises(ax.InvalidChoice, match=words):
        ax.attribute(FIT, Own(function))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: ax.Dataset.from_arrays(X, Y, sensitve="a"),
            "from_arrays.*did you mean 'sensitive'",
        ),
        (lambda: ax.Explorer(modle="mlp"), "Explorer has no option 'modle'; did you mean 'model'"),
    ],
)
def test_misspelt_options_name_the_right_one(call: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        call()


@pytest.mark.parametrize(
    "options", [{"data": 3}, {"dataset": 3}, {"model": "logit"}, {"strength": -1}, {"row": "a"}]
)
def test_wrong_settings_of_the_explorer_are_refused(options: Any) -> None:
    with pytest.raises(ax.InvalidChoice):
        ax.Explorer(**options)
