"""A sensitive column, or the target, under another name and coding does not stay an input in silence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax

Recode = Callable[[pd.DataFrame], pd.Series]


def table(n: int = 120) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"x": draw.normal(size=n), "sex": draw.choice(["F", "M"], n)})
    frame["age"] = draw.uniform(18, 90, size=n).round(3)
    frame["race"] = draw.choice(["a", "b", "c"], n)
    frame["y"] = np.where(frame["x"] + draw.normal(size=n) > 0, "yes", "no")
    return frame


@pytest.mark.parametrize(
    ("column", "recode"),
    [
        ("sex", lambda frame: frame["sex"].map({"F": 0, "M": 1})),
        ("sex", lambda frame: frame["sex"] == "F"),
        ("race", lambda frame: frame["race"].map({"a": "Asian", "b": "Black", "c": "Caucasian"})),
        ("age", lambda frame: 2026 - frame["age"]),
    ],
)
def test_a_sensitive_column_in_another_coding_is_left_out_and_named(
    column: str, recode: Recode
) -> None:
    frame = table().assign(other=recode)
    data = ax.Dataset.from_frame(frame, target="y", sensitive=[column])
    assert not any("other" in name for name in data.feature_names)
    assert (
        f"'other' left out: it is the sensitive column '{column}' in another coding." in data.notes
    )
    kept = ax.Dataset.from_frame(frame, target="y", sensitive=[column], include_sensitive=True)
    assert any("other" in name for name in kept.feature_names)


@pytest.mark.parametrize(
    ("target", "recode"),
    [
        ("y", lambda frame: frame["y"].map({"no": 3, "yes": 7})),
        ("age", lambda frame: 12 * frame["age"] + 5),
    ],
)
def test_the_target_in_another_coding_is_told(target: str, recode: Recode) -> None:
    frame = table().assign(other=recode)
    data = ax.Dataset.from_frame(frame, target=target)
    assert any(
        note.startswith(f"'other' is the target '{target}' in another") for note in data.notes
    )


def test_related_columns_and_small_tables_stay() -> None:
    frame = table()
    frame["near"] = np.where(
        np.arange(len(frame)) == 7, frame["sex"].map({"F": "M", "M": "F"}), frame["sex"]
    )
    frame["noisy"] = frame["age"] + np.random.default_rng(1).normal(size=len(frame))
    data = ax.Dataset.from_frame(frame, target="y", sensitive=["sex", "age"])
    assert not any("another coding" in note for note in data.notes)
    few = pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 6], "side": list("aabbcc"), "y": [0, 1, 0, 1, 0, 1]})
    few["block"] = list("ppqqrr")
    few = ax.Dataset.from_frame(few, target="y", sensitive="side", validation=0, test=0)
    assert not any("another coding" in note for note in few.notes)
