"""``Effects``: an array in every expression, with ids, units, trust and tables."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
import torch

import afif_explorer as ax

TARGETS = [ax.MeanLoss("test"), ax.DemographicParityDifference("group")]


@pytest.fixture(scope="module")
def fit() -> ax.Fit:
    return ax.fit(ax.load_dataset("hiring"))


@pytest.fixture(scope="module")
def one(fit: ax.Fit):
    return ax.attribute(fit, TARGETS[0])


@pytest.fixture(scope="module")
def two(fit: ax.Fit):
    return ax.attribute(fit, TARGETS)


EXPRESSIONS = {
    "plus": lambda e: e + 1,
    "from the left": lambda e: 2 - e,
    "both": lambda e: e / (e + 5),
    "negative": lambda e: -e,
    "power": lambda e: e**2,
    "comparison": lambda e: e > 0,
    "equality": lambda e: e == e[0],
    "slice": lambda e: e[3:9],
    "mask": lambda e: e[e > 0],
    "index": lambda e: e[[5, 1]],
    "abs": abs,
    "len": len,
    "list": lambda e: np.array(list(e)),
    "sort": np.sort,
    "argsort": lambda e: np.argsort(-np.abs(e)),
    "where": lambda e: np.where(e > 0, e, 0),
    "concatenate": lambda e: np.concatenate([e, e]),
    "mean": np.mean,
    "method": lambda e: e.std(ddof=1),
    "shape": lambda e: e.shape,
    "transposed": lambda e: e.T,
    "product": lambda e: e @ np.ones(e.shape[-1]),
    "product from the left": lambda e: np.ones(len(e)) @ e,
    "quantile": lambda e: np.percentile(e, [5, 95]),
    "ufunc method": lambda e: np.add.reduce(e),
    "float32": lambda e: np.asarray(e, dtype=np.float32),
    "tensor": lambda e: torch.as_tensor(e).numpy(),
    "frame": lambda e: pd.DataFrame(e).to_numpy(),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_it_is_an_array_in_every_expression(one, two, name: str) -> None:
    for effects in (one, two):
        plain = np.array(effects)
        found, wanted = EXPRESSIONS[name](effects), EXPRESSIONS[name](plain)
        assert type(found) is type(wanted)
        np.testing.assert_array_equal(found, wanted)


def test_it_does_not_change(one) -> None:
    before = np.array(one)
    with pytest.raises(TypeError):
        one[0] = 1
    with pytest.raises(TypeError, match="read-only"):
        np.add(before, 1, out=one)
    np.testing.assert_array_equal(one, before)


def test_the_largest_rows_are_named_by_id(one, two, fit: ax.Fit) -> None:
    table = pd.Series(np.array(one), index=fit.data.train.ids)
    assert one.ids.tolist() == fit.data.train.ids.tolist()
    assert one.top(5, "lowest").tolist() == table.nsmallest(5).index.tolist()
    assert one.top(5, "highest").tolist() == table.nlargest(5).index.tolist()
    assert one.top(5).tolist() == table.abs().nlargest(5).index.tolist()
    assert len(one.top(10_000)) == fit.n
    gaps = pd.Series(two[:, 1], index=fit.data.train.ids)
    wanted = gaps.nsmallest(4).index.tolist()
    assert two.top(4, "lowest", target=1).tolist() == wanted
    assert two.top(4, "lowest", target=TARGETS[1]).tolist() == wanted
    for wrong in (None, 2, -1, ax.MeanLoss("train")):
        with pytest.raises(ax.InvalidChoice, match="choose one of them by target="):
            two.top(4, target=wrong)
    with pytest.raises(ax.InvalidChoice, match="no order 'largest'"):
        one.top(4, "largest")
    with pytest.raises(ax.InvalidChoice, match="whole number"):
        one.top(-1)


def test_rows_without_an_effect_are_never_among_the_largest() -> None:
    X, y = np.arange(8.0)[:, None], np.array([0, 0, 0, 0, 0, 0, 0, 1])
    objective = ax.Objective(ax.LinearMap(1), "bernoulli", ax.Ridge(0.1), X, y)
    with pytest.warns(ax.Undefined, match="only training row of its class"):
        effects = ax.attribute(ax.fit_objective(objective), ax.MeanLoss("train"))
    assert 7 not in effects.top(8)
    assert len(effects.top(8)) == 7
    assert "only training row" in effects.trust.text


def test_units_are_those_of_the_targets(one, two) -> None:
    assert one.unit == "nats"
    assert two.unit == ("nats", "probability")
    data = ax.load_dataset("diabetes")
    amounts = ax.fit(data)
    row = ax.Prediction("test", data.test.ids[0])
    assert ax.attribute(amounts, row).unit == data.target
    assert ax.attribute(amounts, ax.MeanLoss("test")).unit == f"half squared {data.target}"
    assert ax.attribute(amounts, ax.Coefficient("age")).unit == "the target's unit"
    X = np.random.default_rng(0).normal(size=(30, 2))
    objective = ax.Objective(ax.LinearMap(2), "gaussian", ax.Ridge(0.1), X, X[:, 0] ** 2)
    own = ax.fit_objective(objective)
    assert ax.attribute(own, ax.MeanLoss("train")).unit == "half squared target units"


def test_tables_have_ids_and_raw_columns(one, two, fit: ax.Fit) -> None:
    table = two.to_frame()
    names = ["MeanLoss('test')", "DemographicParityDifference('group', 'test')"]
    assert table.columns.tolist() == names
    assert table.index.tolist() == fit.data.train.ids.tolist()
    raw = one.to_frame(raw=True)
    pd.testing.assert_frame_equal(raw.iloc[:, 1:], fit.data.train.frame.rename_axis("id"))
    np.testing.assert_array_equal(raw["MeanLoss('test')"], one)


def test_copies_keep_everything(one) -> None:
    again = copy.deepcopy(one)
    np.testing.assert_array_equal(again, one)
    assert again.trust.level == one.trust.level
    assert again.top(3).tolist() == one.top(3).tolist()
    assert repr(again) == repr(one)


def test_every_result_says_how_it_was_computed() -> None:
    fit = ax.fit(ax.load_dataset("hiring"))
    plain = ax.AFIF(leverage_correction=False)
    for method, words in (
        (ax.AFIF(), "AFIF, leverage-corrected"),
        (plain, "AFIF, without leverage correction"),
        (ax.NewtonStep(), "NewtonStep, leverage-corrected"),
    ):
        assert ax.unlearn(fit, fit.ids[:2], method).method == words
        assert ax.cross_validate(fit, method).method.startswith(words)
        assert ax.cross_validate(fit, method, folds=3).method == words
        assert ax.audit_fairness(fit, "group", method=method).method.startswith(words)
        assert ax.diagnostics(fit, method).attrs["method"] == words
    assert ax.cross_validate(fit, folds=3, refit=True).method == ""
    assert ax.unlearn(fit, fit.ids[:2], refine=True).method == "AFIF, leverage-corrected, refined"
