"""A table of training rows and one of test rows: used as given, with what only one of them has told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from afif_explorer.errors import DataError


def rows(n: int, seed: int, cities: str, **more) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"age": rng.integers(20, 60, n), "city": rng.choice(list(cities), n)})
    frame["sex"] = rng.choice(["f", "m"], n)
    frame["hired"] = np.where(rng.random(n) < 0.5, "yes", "no")
    return frame.assign(**more)


def csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def test_both_files_are_used_as_given_and_what_only_one_has_is_told():
    train, test = rows(120, 0, "abc"), rows(40, 1, "abd")
    test.loc[0, "sex"] = "diverse"
    table = ax.inspect(csv(train), test=csv(test), target="hired", sensitive="sex")
    assert table["split"].role == "split"
    data = ax.Dataset.from_frame(table.frame, seed=3, **table.options())
    assert data.train.ids.tolist() == list(range(120))
    assert data.test.ids.tolist() == list(range(120, 160))
    assert len(data.validation) == 0
    assert data.train.frame["age"].tolist() == train["age"].tolist()
    assert data.test.frame["city"].tolist() == test["city"].tolist()
    assert "split" not in data.feature_names
    told = " ".join(data.notes)
    assert "Only the training rows have 'c' as 'city'." in told
    assert "Only the test rows have 'd' as 'city'." in told
    assert "Only the test rows have 'diverse' as 'sex'." in told
    assert "rows 0 to 119 are the training rows, and 120 to 159 the test rows" in told
    again = ax.inspect(train, test=test, target="hired", sensitive="sex")
    assert ax.Dataset.from_frame(again.frame, **again.options()).digest == data.digest


def test_rows_in_both_files_are_counted():
    train, fresh = rows(100, 0, "ab"), rows(30, 1, "ab")
    test = pd.concat([fresh, train.head(3)])
    shared = 3 + len(fresh.merge(train.drop_duplicates()))
    [told] = [note for note in ax.inspect(train, test=test).notes if "also among" in note]
    assert told.startswith(f"{shared} of the test rows are")


def test_a_column_of_numbers_with_a_text_in_one_file_is_read_together():
    test = rows(40, 1, "ab").astype({"age": object})
    test.loc[5, "age"] = "forty"
    table = ax.inspect(csv(rows(120, 0, "ab")), test=csv(test), target="hired")
    assert table["age"].kind == "number"
    assert table["age"].missing == 1
    assert "'age' has numbers in the training rows and texts in the test rows" in " ".join(
        table.notes
    )


def test_a_split_column_of_the_file_itself_gives_way():
    frame = rows(120, 0, "ab", split=["train", "test"] * 60)
    table = ax.inspect(frame, test=frame.head(30), target="hired")
    assert [row.name for row in table if row.role == "split"] == ["split (2)"]
    assert len(ax.Dataset.from_frame(table.frame, **table.options()).test) == 30


def test_files_with_other_columns():
    train = rows(120, 0, "ab")
    with pytest.raises(DataError, match="no column 'hired', which the training rows have"):
        ax.inspect(train, test=train.drop(columns="hired"))
    table = ax.inspect(train, test=rows(40, 1, "ab", note="x"), target="hired")
    assert "only the test rows have them: 'note'" in " ".join(table.notes)
    assert "note" not in table.frame
