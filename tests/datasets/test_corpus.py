"""The corpus of small files: each is read rightly, or something is asked, or it is refused in a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from afif_explorer.datasets.inspection import ColumnTable, inspect
from afif_explorer.errors import DataError

FOLDER = Path(__file__).parents[1] / "corpus"
RIGHT: dict[str, dict[str, Any]] = json.loads((FOLDER / "right.json").read_text(encoding="utf-8"))


def test_the_corpus_is_whole():
    files = {path.name for path in FOLDER.iterdir()} - {"right.json"}
    assert files == set(RIGHT)
    assert len(files) >= 150
    assert all(RIGHT.values()), "something must be expected of every file"


@pytest.mark.parametrize("name", RIGHT)
def test_a_file_is_read_or_asked_about_or_refused(name):
    right = RIGHT[name]
    if "refused" in right:
        with pytest.raises(DataError, match=right["refused"]) as caught:
            inspect(FOLDER / name)
        assert "\n" not in str(caught.value)
        return
    table = inspect(FOLDER / name)
    for column, expected in right.get("read", {}).items():
        assert_read(table, column, expected)
    for column, code in right.get("asked", {}).items():
        assert code in {problem.code for problem in table[column].problems}
    for column, role in right.get("roles", {}).items():
        assert table[column].role == role
    for column, (code, expected) in right.get("mended", {}).items():
        assert code in {problem.code for problem in table[column].problems}
        assert_read(table.apply(column, code), column, expected)
    for column, codes in right.get("quiet", {}).items():
        assert {problem.code for problem in table[column].problems}.isdisjoint(codes)
    if "only" in right:
        opened: dict[str, list[str]] = {}
        for problem in table.open:
            opened.setdefault(problem.column, []).append(problem.code)
        assert opened == right["only"]
    if "told" in right:
        assert right["told"] in " ".join(table.notes)


def assert_read(table: ColumnTable, name: str, expected: list[Any]) -> None:
    """A column as a data set will have it."""
    options = table.options()
    chosen = {
        key: options[option][name]
        for option, key in (("kinds", "kind"), ("missing", "missing"), ("merge", "merge"))
        if name in options.get(option, {})
    }
    found = table.columns.read(name, **chosen)
    assert len(found) == len(expected)
    missing = [value is None for value in expected]
    np.testing.assert_array_equal(found.isna(), missing)
    known, wanted = found[~found.isna()], [value for value in expected if value is not None]
    if not wanted:
        return
    if isinstance(wanted[0], str) and pd.api.types.is_datetime64_any_dtype(known):
        assert [str(value)[:10] for value in known] == wanted
    elif isinstance(wanted[0], str):
        assert [str(value).strip() for value in known] == wanted
    else:
        np.testing.assert_allclose(known.to_numpy(dtype=float), wanted, rtol=1e-12)
