"""The selection of a session, its texts, and the independence of sessions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from afif_explorer.errors import InvalidChoice
from afif_explorer.spec import Spec
from afif_explorer.state import Explorer
from afif_explorer.wording import SPACE


def settled(explorer: Explorer) -> Explorer:
    assert explorer.await_idle(5)
    return explorer


def test_two_sessions_are_independent(make, stand_in):
    first, second = settled(make()), settled(make())
    first.strength = 0.5
    first.select([1])
    settled(first)
    assert (second.strength, second.selected) == (1e-3, ())
    second.cancel()
    assert settled(first).status.kind == "done"


def test_the_selection_has_a_row_in_focus_an_author_and_a_way_back(make, stand_in):
    explorer = settled(make())
    explorer.select([5, 3, 3], by="map")
    assert (explorer.selected, explorer.primary, explorer.author) == ((3, 5), 3, "map")
    explorer.select([5, 9], by="table", primary=9)
    assert explorer.primary == 9
    explorer.select([9, 11])
    assert explorer.primary == 9
    explorer.undo_selection()
    assert explorer.selected == (5, 9)
    explorer.undo_selection()
    explorer.undo_selection()
    explorer.undo_selection()
    assert (explorer.selected, explorer.primary) == ((), None)
    with pytest.raises(InvalidChoice):
        explorer.select([-1])


MASK = np.isin(np.arange(2000), (3, 7))


@pytest.mark.parametrize(
    "rows",
    [
        [7, 3, 3], (3, 7), {3, 7}, iter((3, 7)), [3.0, 7.0], range(3, 11, 4), np.array([7, 3]),
        np.array([3, 7], dtype=np.uint16), torch.tensor([3, 7]), pd.Index([3, 7]), pd.Series([7, 3]),
        MASK, MASK.tolist(), torch.tensor(MASK), pd.Series([True, False, True], index=[3, 5, 7]),
    ],
    ids=lambda rows: type(rows).__name__,
)  # fmt: skip
def test_rows_are_selected_by_whatever_holds_their_ids(make, rows):
    explorer = settled(make())
    explorer.selected = rows
    assert explorer.selected == (3, 7)
    explorer.select([])
    assert explorer.selected == ()


def test_one_row_is_selected_by_its_id(make):
    explorer = settled(make())
    explorer.selected = np.int64(3)
    assert explorer.selected == (3,)
    explorer.select(4)
    assert explorer.selected == (4,)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([3, 2000, 2001], "that no training row has: 2000, 2001"),
        (["3"], "whole numbers"),
        ("3", "whole numbers"),
        (None, "whole numbers"),
        ([3.5], "whole numbers"),
        ([float("nan")], "whole numbers"),
        ([[3], [4, 5]], "whole numbers"),
        ({3: 1}, "whole numbers"),
        ([10**30], "whole numbers"),
        ([True, False], "2 values for 2000 training rows"),
    ],
)
def test_invalid_rows_raise_one_clear_sentence(make, rows, says):
    explorer = settled(make())
    explorer.selected = [3]
    with pytest.raises(InvalidChoice, match=says):
        explorer.selected = rows
    with pytest.raises(InvalidChoice, match=says):
        explorer.select(rows)
    assert explorer.selected == (3,)


def test_before_the_data_are_there_ids_are_taken_and_masks_are_not(make, stand_in):
    stand_in.gate.clear()
    explorer = make()
    explorer.selected = [5000]
    assert explorer.selected == (5000,)
    with pytest.raises(InvalidChoice, match="wait until they are loaded"):
        explorer.selected = [True, False]
    stand_in.gate.set()


def test_what_a_figure_still_shows_of_other_data_is_left_out(make):
    explorer = settled(make())
    explorer.pick([3, 5000], by="map", primary=3)
    assert (explorer.selected, explorer.primary) == ((3,), 3)
    with explorer._lock:
        explorer._earlier.append((7, 5000))
    explorer.undo_selection()
    assert explorer.selected == (7,)


def test_rows_are_added_and_taken_away(make, stand_in):
    explorer = settled(make())
    explorer.select([5, 3])
    explorer.select([4, 3], how="add")
    assert explorer.selected == (3, 4, 5)
    explorer.select([9, 4], how="remove")
    assert explorer.selected == (3, 5)
    explorer.undo_selection()
    assert explorer.selected == (3, 4, 5)
    with pytest.raises(InvalidChoice):
        explorer.select(["a"], how="add")


def test_impossible_values_are_refused_at_once(make):
    explorer = settled(make())
    for choice in ({"model": "x"}, {"seed": -1}, {"dataset": "../x"}, {"depth": 0}):
        with pytest.raises(ValueError, match=next(iter(choice))):
            explorer.param.update(**choice)
    with pytest.raises(InvalidChoice):
        explorer.select(range(200_000))
    assert explorer.spec == Spec()


def test_the_sentence_and_the_code_name_the_choices(make, stand_in):
    stand_in.gate.clear()
    explorer = make(solver="lissa")
    assert "oading" in explorer.sentence()
    with pytest.raises(InvalidChoice):
        explorer.as_python()
    stand_in.gate.set()
    settled(explorer)
    assert explorer.sentence().replace(SPACE, " ") == (
        "Logistic regression on Hiring, 2 000 rows, ridge 0.001; "
        "effect on the mean loss on the test rows"
    )
    code = explorer.as_python()
    compile(code, "recipe", "exec")
    assert "ax.LiSSA(scale=2.5, depth=100, repeats=1, batch_size=2000)" in code


def test_names_from_the_data_stay_literals_in_the_code(make, stand_in):
    explorer = settled(make(target="demographic_parity"))
    evil = "sex'); import os; os.system('x"
    data = replace(explorer.data, sensitive=(evil,), name="upload-" + "0" * 16, target=evil)
    explorer._set(data=data, dataset="upload-" + "0" * 16)
    tree = compile(explorer.as_python(), "recipe", "exec")
    assert "os" not in tree.co_names
