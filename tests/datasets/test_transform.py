"""``Dataset.transform``: raw rows are encoded like the splits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from afif_explorer.datasets import Dataset
from afif_explorer.errors import DataError

N = 60


def table() -> pd.DataFrame:
    """One column of every kind, texts that are shown in another way, and cells that are empty."""
    rng = np.random.default_rng(0)
    when = pd.Timestamp("2020-01-01", tz="Asia/Jakarta") + pd.to_timedelta(rng.random(N), unit="D")
    return pd.DataFrame(
        {
            "  age\n": np.where(rng.random(N) < 0.1, np.nan, rng.normal(40, 10, N)),
            "when": when,
            "long": pd.to_timedelta(rng.random(N), unit="h"),
            "smoker": rng.random(N) < 0.5,
            "often": rng.integers(0, 2, N),
            "city": rng.choice(["A", " A", "A\u200b", "B"], N),
            "grade": pd.Categorical(rng.integers(1, 4, N)),
            "sort": rng.choice(["x", "y", None], N),
            "y": rng.normal(size=N),
        }
    )


@pytest.mark.usefixtures("data_home")
@pytest.mark.parametrize("name", ["adult", "insurance"])
def test_rows_of_the_test_split_give_its_matrix(name: str):
    data = ax.load_dataset(name)
    np.testing.assert_array_equal(data.transform(data.test.frame), data.test.X)


@pytest.mark.parametrize("baseline", [False, True])
def test_raw_rows_of_every_kind_give_the_matrix(baseline: bool):
    frame = table()
    data = Dataset.from_frame(frame, target="y", baseline=baseline)
    with pytest.warns(UserWarning, match="of 'age' filled with the median of the training rows"):
        found = data.transform(frame.drop(columns="y"))
    for part in (data.train, data.validation, data.test):
        np.testing.assert_array_equal(found[part.ids], part.X)
    full = frame[frame["  age\n"].notna()].head(3)
    rows = full.to_dict("records")
    np.testing.assert_array_equal(data.transform(rows), data.transform(full))
    np.testing.assert_array_equal(data.transform(rows[0])[0], data.transform(full)[0])
    assert data.transform(full.head(0)).shape == (0, data.d)


def test_an_unseen_level_gets_zeros_and_is_told():
    data = ax.load_dataset("hiring")
    row = data.test.frame.head(1).assign(district="<moon>")
    with pytest.warns(UserWarning, match="No training row has '<moon>' as 'district'"):
        (found,) = data.transform(row)
    columns = [name.startswith("district = ") for name in data.feature_names]
    assert sum(columns) == 4
    np.testing.assert_array_equal(found[columns], 0)
    np.testing.assert_array_equal(found[np.invert(columns)], data.test.X[0, np.invert(columns)])
    with pytest.warns(UserWarning, match="No training row has 'missing' as 'district'"):
        np.testing.assert_array_equal(data.transform(row.assign(district=None)), [found])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.drop(columns=["when", "city"]), "no column 'when', 'city'"),
        (lambda f: pd.concat([f, f[["city"]]], axis=1), "are named 'city'"),
        (lambda f: f.assign(when="2020-01-01"), "'when' must contain dates"),
        (lambda f: f.assign(long=3), "'long' must contain durations"),
        (lambda f: f.assign(age="forty"), "'age' must contain numbers"),
        (lambda f: f.assign(often=2), "'often' has only the values 0 and 1"),
        (lambda f: f.to_numpy(), "Expected a data frame"),
        (lambda f: {"age": [1, 2], "city": ["A"]}, "do not make a table"),
    ],
)
def test_rows_of_another_shape_are_refused(change, words):
    frame = table().rename(columns={"  age\n": "age"}).fillna({"age": 40.0})
    data = Dataset.from_frame(frame, target="y")
    with pytest.raises(DataError, match=words):
        data.transform(change(frame))


def test_a_sparse_matrix_has_no_raw_columns():
    from scipy.sparse import eye_array

    data = Dataset.from_arrays(eye_array(20), np.arange(20.0), validation=0, test=0)
    with pytest.raises(DataError, match="no raw columns"):
        data.transform(pd.DataFrame())


def test_a_fit_predicts_raw_rows():
    data = ax.load_dataset("hiring")
    fit = ax.fit(data)
    np.testing.assert_array_equal(fit.predict(data.test.frame), fit.predict(data.test.X))
