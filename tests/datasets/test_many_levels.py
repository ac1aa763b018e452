"""Categories with many levels: the rarest are joined to one, which is told and used for new rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax

N = 3000


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    town = np.minimum(rng.geometric(0.02, N), 250)
    frame = pd.DataFrame(
        {"town": [f"town {place}" for place in town], "age": rng.integers(20, 60, N)}
    )
    frame["hired"] = np.where(rng.random(N) < 0.5, "yes", "no")
    return frame


def test_rare_levels_are_joined_and_told():
    frame = table()
    counts = frame["town"].value_counts()
    data = ax.Dataset.from_frame(frame, target="hired", kinds={"town": "category"})
    inputs = [name for name in data.feature_names if name.startswith("town = ")]
    assert len(inputs) == 100
    [told] = [note for note in data.notes if "rarest levels" in note]
    assert f"The {len(counts) - 99} rarest levels of 'town' were joined as 'other levels'" in told
    assert f"({counts.iloc[99:].sum()} cells)" in told
    other = data.feature_names.index("town = other levels")
    kept = {name.removeprefix("town = ") for name in inputs}
    rare = ~data.train.frame["town"].isin(kept)
    assert (data.train.X[:, other] == rare).all()
    with pytest.warns(UserWarning, match="No training row has 'Atlantis'"):
        coded = data.transform(frame.assign(town="Atlantis").head(1))
    assert not coded[:, other].any()
    np.testing.assert_array_equal(data.transform(data.test.frame), data.test.X)


def test_the_column_table_says_so_and_takes_the_choice():
    table_ = ax.inspect(table(), target="hired")
    assert table_["town"].kind == "text"
    assert "its 99 most common ones" in table_["town"].problems[0].text
    chosen = table_.with_kind("town", "category").with_role("town", "input")
    data = ax.Dataset.from_frame(chosen.frame, **chosen.options())
    assert "town = other levels" in data.feature_names
    assert "is text" in " ".join(
        ax.Dataset.from_frame(table_.frame, target="hired", kinds={"town": "text"}).notes
    )
