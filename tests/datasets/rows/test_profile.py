"""Profiles of sets of rows, against SciPy and pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import afif_explorer as ax
from afif_explorer.datasets.rows.parsing import parsed
from afif_explorer.datasets.rows.profile import profile_of
from afif_explorer.errors import InvalidChoice

N = 600
RNG = np.random.default_rng(1)
CHOSEN = RNG.random(N) < 0.2
FRAME = pd.DataFrame(
    {
        "number": np.where(RNG.random(N) < 0.05, np.nan, RNG.normal(size=N) + CHOSEN),
        "lower": RNG.normal(size=N) - 2.5 * CHOSEN,
        "level": np.where(CHOSEN & (RNG.random(N) < 0.6), "a", RNG.choice(["b", "c", "<i>"], N)),
        "gaps": pd.Series(RNG.choice(["x", "y"], N)).where(RNG.random(N) > 0.5 * CHOSEN),
        "day": pd.Timestamp("2020-01-01")
        + pd.to_timedelta(RNG.integers(0, 50, N) + 20 * CHOSEN, "D"),
        "same": np.ones(N),
        "nothing": np.full(N, np.nan),
    }
)
FOUND = {one.column: one for one in profile_of(FRAME, CHOSEN)}


def test_numbers_differ_by_the_distance_of_kolmogorov_and_smirnov() -> None:
    values = FRAME["lower"].to_numpy()
    distance = stats.ks_2samp(values[CHOSEN], values).statistic
    one = FOUND["lower"]
    assert one.share - one.overall == pytest.approx(distance, abs=1e-12)
    assert str(one.condition).startswith("lower <= ")
    assert str(FOUND["number"].condition).startswith("number > ")


@pytest.mark.parametrize("column", FOUND)
def test_each_share_is_that_of_its_condition_read_again(column: str) -> None:
    one = FOUND[column]
    mask = parsed(str(one.condition)).mask(FRAME)
    assert one.share == pytest.approx(mask[CHOSEN].mean(), abs=1e-12)
    assert one.overall == pytest.approx(mask.mean(), abs=1e-12)
    m = int(CHOSEN.sum())
    spread = stats.hypergeom(N, int(mask.sum()), m).std() / m
    assert one.deviations == pytest.approx((one.share - one.overall) / spread, rel=1e-9)


def test_numbers_are_profiled_alike_however_they_are_held() -> None:
    numbers = FRAME[["number", "lower", "same", "nothing"]].assign(
        whole=RNG.integers(0, 9, N) + 3 * CHOSEN, huge=RNG.choice([-np.inf, 0.0, np.inf], N)
    )
    held = numbers.astype(dict.fromkeys(numbers, "Float64")).astype({"whole": "Int64"})
    expected, found = profile_of(held, CHOSEN), profile_of(numbers, CHOSEN)
    assert list(found) == list(expected)
    assert "whole" in {one.column for one in found}


def test_the_largest_difference_comes_first_and_none_is_left_out() -> None:
    sizes = [abs(one.share - one.overall) for one in profile_of(FRAME, CHOSEN)]
    assert sizes == sorted(sizes, reverse=True)
    assert FOUND.keys() == {"number", "lower", "level", "gaps", "day"}
    assert str(FOUND["level"].condition) == "level = a"
    assert str(FOUND["gaps"].condition) == "gaps is missing"


def test_random_rows_are_recognised_as_random_more_often_than_not() -> None:
    by_chance = []
    for seed in range(40):
        rows = np.zeros(N, dtype=bool)
        rows[np.random.default_rng(seed).permutation(N)[:60]] = True
        by_chance.append(all(one.likely_chance for one in profile_of(FRAME, rows)))
    assert np.mean(by_chance) > 0.8
    assert not any(one.likely_chance for one in FOUND.values())


def test_a_data_set_is_profiled_by_ids() -> None:
    data = ax.load_dataset("hiring")
    rows = ax.rows_where(data, "group = green and hired = rejected")
    found = ax.profile(data, rows)
    assert (found.rows, found.total) == (len(rows), len(data.train))
    assert {str(one.condition) for one in found[:2]} <= {
        "group = green", "group = blue", "hired = rejected", "hired = hired",
    }  # fmt: skip
    assert found.to_frame().shape == (len(found), 5)
    for wrong, says in ([], "at least one"), ([-5], "no training row"):
        with pytest.raises(InvalidChoice, match=says):
            ax.profile(data, wrong)
