"""Written conditions on columns: the rows they mean, against pandas; their text; what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from afif_explorer.datasets.rows.conditions import (
    Comparison,
    Contains,
    Missing,
    Not,
    OneOf,
    Several,
)
from afif_explorer.datasets.rows.parsing import DEEPEST, LONGEST, parsed
from afif_explorer.errors import InvalidChoice

N = 400
RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "hours per week": np.where(RNG.random(N) < 0.1, np.nan, RNG.integers(1, 80, N)),
        "distance (km)": RNG.normal(size=N).round(2),
        "education": RNG.choice(["HS-grad", "Bachelor's", "a and b", "<=50K"], N),
        "in": pd.Series(RNG.choice(["yes", "no"], N)).where(RNG.random(N) > 0.2),
        "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(RNG.integers(0, 900, N), "D"),
        "flag": RNG.random(N) < 0.5,
    }
)
HOURS, KM, EDUCATION, SINCE = (
    FRAME[name] for name in ("hours per week", "distance (km)", "education", "since")
)

MEANT = {
    "education = HS-grad and hours per week < 40": (EDUCATION == "HS-grad") & (HOURS < 40),
    "30 <= hours per week < 40": (HOURS >= 30) & (HOURS < 40),
    "hours per week ≥ 30 or education ≠ HS-grad AND `distance (km)` > -0.5": (HOURS >= 30)
    | ((EDUCATION != "HS-grad") & (KM > -0.5)),
    "(hours per week >= 30 or education != HS-grad) and `distance (km)` > -0.5": (
        (HOURS >= 30) | (EDUCATION != "HS-grad")
    )
    & (KM > -0.5),
    "education = \"a and b\" or education == '<=50K'": EDUCATION.isin(["a and b", "<=50K"]),
    "education in (Bachelor's, HS-grad)": EDUCATION.isin(["Bachelor's", "HS-grad"]),
    "hours per week is missing": HOURS.isna(),
    "hours per week is not missing and not 'in' = yes": HOURS.notna() & (FRAME["in"] != "yes"),
    "'in' != yes": FRAME["in"] == "no",  # a missing cell is not another level
    "not hours per week < 40": ~(HOURS < 40),
    "since >= 2021-03-01": SINCE >= "2021-03-01",
    "flag = True": FRAME["flag"],
    'education contains GRAD and not education contains "a and"': EDUCATION == "HS-grad",
    "'in' contains e": FRAME["in"] == "yes",
}


@pytest.mark.parametrize("text", MEANT)
def test_a_condition_means_what_pandas_says(text: str) -> None:
    found = parsed(text)
    np.testing.assert_array_equal(found.mask(FRAME), MEANT[text].to_numpy(dtype=bool))
    assert 0 < found.mask(FRAME).sum() < N
    again = parsed(str(found))
    assert (again, str(again)) == (found, str(found))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Write a condition"),
        ("education", "needs one of = != < <= > >=, 'contains', 'in' or 'is missing'"),
        ("education = ", "After 'education =' the condition needs a value"),
        ("= 3", "At the beginning the condition needs the name of a column, not '='"),
        ("education = HS-grad and", "needs the name of a column"),
        ("(education = HS-grad", r"needs '\)'"),
        ("education = HS-grad)", "needs 'and', 'or' or the end"),
        ("hours per week is 3", "needs 'missing', not '3'"),
        ("education in HS-grad", r"needs '\('"),
        ('education = "HS', "cannot be read"),
        ("distance (km) > 3", "needs one of"),
        ("x" * (LONGEST + 1), "at most"),
        ("(" * (DEEPEST + 1) + "flag = True" + ")" * (DEEPEST + 1), "deep"),
        ("not " * 5000, "at most"),
        ("wages > 3", "no column 'wages'; there are"),
        ("Education = HS-grad", "did you mean 'education'"),
        ("education = HS grad", "did you mean 'HS-grad'"),
        ("education < HS-grad", "holds text; compare it by =, != or contains"),
        ("hours per week contains 4", "holds numbers; compare it by = != < <= > >=, not contains"),
        ("since contains 2020", "holds dates; compare"),
        ("education contains", "needs a text"),
        ("hours per week < many", "holds numbers, and 'many' is none"),
        ("since > soon", "holds dates, and 'soon' is none"),
        ("__import__('os').system('true') = 1", "condition needs"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(text: str, says: str) -> None:
    with pytest.raises(InvalidChoice, match=says):
        parsed(text).mask(FRAME)


@pytest.mark.parametrize(
    "name",
    ["a", "and", "a or b", 'q"\\"', " x ", "<i>", "", "a,b", "`'", "is", "contains", "ä (1)"],
)
def test_any_name_and_value_can_be_written_and_read_again(name: str) -> None:
    one = Comparison(name, "!=", name)
    for condition in (
        one,
        Missing(name),
        Contains(name, name),
        OneOf(name, (name, "c")),
        Not(one),
        Several("or", (one, Not(one))),
    ):
        assert parsed(str(condition)) == condition


def test_rows_of_a_split_are_named_by_their_ids() -> None:
    data = ax.load_dataset("hiring")
    text = '"distance to work (km)" > 10 and group = blue'
    for split in ("train", "validation", "test"):
        frame = getattr(data, split).frame
        meant = frame.index[(frame["distance to work (km)"] > 10) & (frame["group"] == "blue")]
        assert ax.rows_where(data, text, split).tolist() == meant.tolist() != []
    with pytest.raises(InvalidChoice, match="train, validation, test"):
        ax.rows_where(data, text, "tests")
