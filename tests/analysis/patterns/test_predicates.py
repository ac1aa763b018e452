"""The words of a range select the rows that it stands for."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from afif_explorer.analysis.patterns.predicates import _ranges

BOUNDS = r"(?:(?P<low>\S+) < )?x(?: <= (?P<high>\S+))?|x > (?P<above>\S+)"


@pytest.mark.parametrize("digits", [1, 3, 16])
def test_the_words_of_ranges_select_their_rows(digits):
    values = pd.Series(np.random.default_rng(0).normal(size=500).round(digits))
    found = list(_ranges(values, "x"))
    assert len(found) == 4
    for words, mask in found:
        bounds = re.fullmatch(BOUNDS, words)
        low = float(bounds["low"] or bounds["above"] or -np.inf)
        high = float(bounds["high"] or np.inf)
        assert np.array_equal(mask, (values > low) & (values <= high)), words
    assert sum(mask.sum() for _, mask in found) == 500


def test_a_column_that_mostly_has_its_largest_value_has_two_ranges():
    values = pd.Series([*range(12), *[50] * 88])
    found = dict(_ranges(values, "x"))
    assert {words: int(mask.sum()) for words, mask in found.items()} == {
        "x <= 11": 12,
        "x > 11": 88,
    }
