"""``Dataset.from_frame`` with roles: splits, weights, columns that are left out, and clashes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from afif_explorer.datasets import Dataset
from afif_explorer.errors import DataError, InvalidChoice

N = 90


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "x": rng.normal(size=N),
            "z": rng.normal(size=N),
            "sex": rng.choice(["f", "m"], N),
            "part": rng.choice(["Train", "valid", "TEST"], N, p=[0.6, 0.2, 0.2]),
            "w": rng.random(N),
            "y": rng.normal(size=N),
        }
    )


def test_an_own_split_is_used_as_given():
    frame = table()
    data = Dataset.from_frame(frame, target="y", roles={"part": "split"}, seed=5)
    for split, level in (("train", "Train"), ("validation", "valid"), ("test", "TEST")):
        np.testing.assert_array_equal(
            getattr(data, split).ids, np.flatnonzero(frame["part"] == level)
        )
    assert not any(name.startswith("part") for name in data.feature_names)
    assert "'Train' is train" in " ".join(data.notes)


def test_rows_without_a_split_or_a_target_are_left_out():
    frame = table()
    frame.loc[3, "part"], frame.loc[4, "y"] = None, np.nan
    data = Dataset.from_frame(frame, target="y", roles={"part": "split"})
    ids = np.concatenate([data.train.ids, data.validation.ids, data.test.ids])
    assert sorted(ids) == [row for row in range(N) if row not in (3, 4)]
    assert "1 rows without a value of 'part' left out." in data.notes


def test_weights_are_kept_with_their_rows():
    frame = table()
    data = Dataset.from_frame(frame, target="y", roles={"w": "weight"})
    for part in (data.train, data.validation, data.test):
        np.testing.assert_array_equal(part.sample_weight, frame["w"].to_numpy()[part.ids])
    assert "w" not in data.feature_names
    assert data.digest != Dataset.from_frame(frame.drop(columns="w"), target="y").digest


def test_roles_of_single_columns():
    roles = {"z": "ignore", "sex": "sensitive", "y": "target", "part": "id", "w": "input"}
    data = Dataset.from_frame(table(), roles=roles)
    assert (data.target, data.sensitive, data.feature_names) == ("y", ("sex",), ("x", "w"))
    assert list(data.train.frame.columns) == list(table().columns)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, InvalidChoice, "Say which column is the target"),
        ({"target": "y", "roles": {"x": "target"}}, InvalidChoice, "only one target, not 'y', 'x'"),
        ({"target": "y", "roles": {"y": "ignore"}}, InvalidChoice, "both target and ignore"),
        (
            {"target": "y", "roles": {"x": "feature"}},
            InvalidChoice,
            "Unknown role 'feature' of 'x'",
        ),
        ({"target": "y", "roles": {"q": "id"}}, DataError, "no column 'q' to use as the role"),
        (
            {"target": "y", "roles": {"x": "weight", "z": "weight"}},
            InvalidChoice,
            "only one column",
        ),
        (
            {"target": "y", "roles": {"x": "weight"}},
            DataError,
            "Sample weights must be finite and at least 0",
        ),
        ({"target": "y", "roles": {"sex": "split"}}, DataError, "levels 'f', 'm'|levels 'm', 'f'"),
        ({"target": "y", "roles": ["x"]}, InvalidChoice, "as a mapping"),
        ({"target": "y", "kinds": {"x": "float"}}, InvalidChoice, "Unknown kind 'float' of 'x'"),
        ({"target": "y", "kinds": {"sex": "number"}}, DataError, "read as a number"),
    ],
)
def test_roles_that_cannot_be_are_refused_in_words(options, error, message):
    with pytest.raises(error, match=message):
        Dataset.from_frame(table(), **options)


def test_a_kind_as_role_is_an_input_of_that_kind():
    frame = table().assign(region=np.arange(N) % 4)
    told = Dataset.from_frame(frame, target="y", roles={"region": "category", "part": "ignore"})
    kinds = {"region": "category"}
    wanted = Dataset.from_frame(frame, target="y", roles={"part": "ignore"}, kinds=kinds)
    assert told.feature_names == wanted.feature_names
    assert sum(name.startswith("region") for name in told.feature_names) == 4
    np.testing.assert_array_equal(told.train.X, wanted.train.X)
