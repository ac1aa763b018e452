"""Thresholds in few digits select the same rows as the values that they stand for."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from afif_explorer.datasets.rows.cuts import cut


@pytest.mark.parametrize("scale", [1e-12, 1e-3, 1.0, 1e5, 1e15])
def test_every_cut_separates_the_same_rows_as_its_value(scale):
    values = np.sort(np.random.default_rng(0).normal(size=400) * scale)
    for low, high in pairwise(values):
        short = float(cut(low, high))
        assert np.array_equal(values <= short, values <= low)


def test_cuts_are_as_short_as_the_gap_allows():
    assert cut(-0.5328911489027177, -0.5321) == "-0.5328"
    assert cut(-0.1234567, 0.7654321) == "-0.1"
    assert cut(1234567.891, 1299999.5) == "1240000"
    low = 0.1234567891
    assert cut(low, np.nextafter(low, 1)) == repr(low)


def test_short_values_and_the_largest_stay_as_they_are():
    assert cut(45, 61) == "45"
    assert cut(0.5, 0.9) == "0.5"
    assert cut(0.1234567891) == "0.1234567891"
    assert cut(pd.Timestamp("2024-02-29"), pd.Timestamp("2024-03-02")) == "2024-02-29"
    assert cut(pd.Timestamp("2024-02-29 12:30")) == "2024-02-29 12:30:00"
