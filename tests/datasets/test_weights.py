"""Sample weights of a table: a column that is no input, or an array, in every split."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import LinearRegression

import afif_explorer as ax
from afif_explorer.errors import DataError, InvalidChoice

N = 200
draw = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "x": draw.normal(size=N),
        "z": draw.normal(size=N),
        "group": np.tile(["a", "b"], N // 2),
        "w": np.r_[draw.uniform(0, 2, N - 1), 0.0],
    }
)
FRAME["y"] = FRAME["x"] + draw.normal(size=N)
FRAME.loc[3, "y"] = np.nan
SPLITS = ("train", "validation", "test")


def made(**options) -> ax.Dataset:
    return ax.Dataset.from_frame(FRAME, target="y", sensitive="group", seed=1, **options)


def test_a_column_or_an_array():
    data, other = made(sample_weight="w"), made(sample_weight=FRAME["w"])
    assert data.feature_names == ("x", "z")
    for name in SPLITS:
        split = getattr(data, name)
        np.testing.assert_array_equal(split.sample_weight, FRAME["w"].to_numpy()[split.ids])
        np.testing.assert_array_equal(split.sample_weight, getattr(other, name).sample_weight)
        assert not split.sample_weight.flags.writeable
    assert data.made["sample_weight"] == "w"
    assert other.made is None
    assert other.feature_names == ("x", "z", "w")
    assert data.digest != made().digest
    assert made().train.sample_weight is None


def test_a_fit_and_all_that_it_measures_are_weighted():
    data = made(sample_weight="w")
    fit = ax.fit(data, penalty=None)
    truth = LinearRegression().fit(data.train.X, data.train.y, data.train.sample_weight)
    np.testing.assert_allclose(fit.theta, [*truth.coef_, truth.intercept_], atol=1e-10)
    error = (data.test.y - fit.predict(data.test.X)) ** 2 / 2
    assert fit.metrics["mean_loss"] == pytest.approx(
        np.average(error, weights=data.test.sample_weight)
    )
    target = ax.MeanLoss("train")
    losses = ax.diagnostics(fit)["loss"]
    assert target.bind(fit).value(fit.parameters) == pytest.approx(
        np.average(losses, weights=data.train.sample_weight)
    )
    gap = ax.MeanPredictionDifference("group").compare(fit, fit.parameters)
    group, mean = data.test.sensitive["group"].to_numpy(), fit.predict(data.test.X)
    means = [
        np.average(mean[group == one], weights=data.test.sample_weight[group == one])
        for one in "ab"
    ]
    assert gap.gap == pytest.approx(max(means) - min(means))


def test_the_effect_on_a_weighted_gap_is_a_refits():
    fit = ax.fit(made(sample_weight="w"))
    target = ax.MeanPredictionDifference("group", split="validation")
    rows = np.argsort(-fit.data.train.sample_weight)[:10]
    predicted = np.asarray(ax.attribute(fit, target))[rows]
    np.testing.assert_allclose(
        predicted, ax.retrain_each(fit, fit.ids[rows], target).effects, atol=1e-10
    )


def test_weights_given_to_fit_take_the_place_of_the_columns():
    data, weight = made(sample_weight="w"), np.linspace(0.5, 2, len(made().train))
    plain = ax.Dataset.from_frame(FRAME.drop(columns="w"), target="y", sensitive="group", seed=1)
    fit, other = ax.fit(data, sample_weight=weight), ax.fit(plain, sample_weight=weight)
    np.testing.assert_array_equal(fit.theta, other.theta)
    np.testing.assert_array_equal(fit.sample("train").weight, weight)
    np.testing.assert_array_equal(fit.sample("test").weight, data.test.sample_weight)


def test_sparse_rows():
    X, y = csr_array(FRAME[["x", "z"]].to_numpy()), FRAME["x"].to_numpy() > 0
    data = ax.Dataset.from_arrays(X, y, sample_weight=FRAME["w"])
    np.testing.assert_array_equal(data.train.sample_weight, FRAME["w"].to_numpy()[data.train.ids])
    dense = ax.Dataset.from_arrays(X.toarray(), y, sample_weight=FRAME["w"], standardise=False)
    np.testing.assert_allclose(ax.fit(data).theta, ax.fit(dense).theta, atol=1e-8)
    with pytest.raises(DataError, match="no column of sample weights"):
        ax.Dataset.from_arrays(X, y, sample_weight="w")


@pytest.mark.parametrize(
    ("weight", "told"),
    [
        ("v", "no column 'v'"),
        ("y", "both target and weight"),
        ("group", "both sensitive and weight"),
        (np.ones(5), "5 values for a table of 200 rows"),
        (-FRAME["w"], "finite and at least 0"),
        (FRAME["w"].replace(0.0, np.nan), "finite .*the first, nan, at position 199"),
        (["heavy"] * N, "the first, nan"),
        (np.zeros(N), "are 0"),
    ],
)
def test_invalid_weights_are_refused(weight, told):
    with pytest.raises((DataError, InvalidChoice), match=told):
        made(sample_weight=weight)


def test_a_missing_weight_of_a_row_without_a_target_does_not_matter():
    weight = FRAME["w"].copy()
    weight[3] = np.nan
    assert made(sample_weight=weight).train.sample_weight is not None
