"""Splits: disjoint, complete, stratified, drawn by seed alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afif_explorer.datasets import Dataset
from afif_explorer.datasets.splits import divide
from afif_explorer.errors import DataError

strata = st.lists(st.integers(0, 3), min_size=12, max_size=80).map(np.array)
share = st.sampled_from([0.0, 0.1, 0.15, 0.3])


@settings(max_examples=60, deadline=None)
@given(strata, share, share, st.integers(0, 5))
def test_splits_are_disjoint_complete_sorted_and_proportional(codes, validation, test, seed):
    parts = divide(codes, validation, test, seed)
    every = np.concatenate(parts)
    assert sorted(every) == list(range(len(codes)))
    assert all((np.diff(part) > 0).all() for part in parts)
    assert (len(parts.validation) > 0) == (validation > 0)
    assert (len(parts.test) > 0) == (test > 0)
    assert set(codes[parts.train]) == set(codes)
    for code in np.unique(codes):
        expected = np.mean(codes == code) * len(parts.train)
        assert abs(np.sum(codes[parts.train] == code) - expected) < len(np.unique(codes)) + 1


def test_training_rows_do_not_depend_on_how_the_rest_is_shared():
    codes = np.arange(200) % 3
    halved, whole = divide(codes, 0.1, 0.1, 7), divide(codes, 0, 0.2, 7)
    np.testing.assert_array_equal(halved.train, whole.train)
    assert len(halved.validation) == len(halved.test) == 20


def test_the_seed_decides():
    codes = np.zeros(100, int)
    np.testing.assert_array_equal(divide(codes, 0.2, 0.2, 1).test, divide(codes, 0.2, 0.2, 1).test)
    assert set(divide(codes, 0.2, 0.2, 1).test) != set(divide(codes, 0.2, 0.2, 2).test)


def test_every_row_is_equally_likely_to_be_held_out():
    codes = np.repeat([0, 1], [30, 10])
    counts = np.zeros(40)
    for seed in range(400):
        counts[divide(codes, 0, 0.25, seed).test] += 1
    assert (abs(counts / 400 - 0.25) < 0.09).all()


def test_a_class_with_one_row_is_trained_on():
    codes = np.array([0] * 40 + [1])
    for seed in range(50):
        assert 40 in divide(codes, 0.15, 0.15, seed).train


def test_too_few_rows():
    with pytest.raises(DataError, match="3 usable rows are too few"):
        divide(np.zeros(3, int), 0.15, 0.15, 0)


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame({"x": rng.normal(size=100), "y": rng.random(100) < 0.3})


def test_shares_of_zero_give_empty_splits():
    data = Dataset.from_frame(frame(), target="y", validation=0, test=0)
    assert (len(data.train), len(data.validation), len(data.test)) == (100, 0, 0)
    assert data.test.X.shape == (0, 1)
    assert list(data.test.frame.columns) == ["x", "y"]


def test_classes_are_stratified():
    data = Dataset.from_frame(frame(), target="y", validation=0.2, test=0.2)
    share = data.train.y.mean()
    assert abs(data.test.y.mean() - share) < 0.06
    assert abs(data.validation.y.mean() - share) < 0.06


def test_digest_follows_content_and_nothing_else():
    def digest(table=None, **options):
        options = {"target": "y", **options}
        return Dataset.from_frame(frame() if table is None else table, **options).digest

    reference = digest()
    assert reference == digest(name="another name")
    changed = frame()
    changed.loc[5, "x"] += 1e-9
    others = [digest(changed), digest(seed=1), digest(test=0.2), digest(standardise=False)]
    others.append(digest(frame().rename(columns={"x": "z"})))
    assert len({reference, *others}) == 6
