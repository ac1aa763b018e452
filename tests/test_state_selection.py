"""The selection of a session, its words, and that two sessions don't disturb each other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from afif_explorer.errors import ChoiceError
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
    with pytest.raises(ChoiceError):
        explorer.select([-1])


def test_rows_are_added_and_taken_away(make, stand_in):
    explorer = settled(make())
    explorer.select([5, 3])
    explorer.select([4, 3], how="add")
    assert explorer.selected == (3, 4, 5)
    explorer.select([9, 4], how="remove")
    assert explorer.selected == (3, 5)
    explorer.undo_selection()
    assert explorer.selected == (3, 4, 5)
    with pytest.raises(ChoiceError):
        explorer.select(["a"], how="add")


def test_impossible_values_are_refused_at_once(make):
    explorer = settled(make())
    for choice in ({"model": "x"}, {"seed": -1}, {"dataset": "../x"}, {"depth": 0}):
        with pytest.raises(ValueError, match=next(iter(choice))):
            explorer.param.update(**choice)
    with pytest.raises(ChoiceError):
        explorer.select(range(200_000))
    assert explorer.spec == Spec()


def test_the_sentence_and_the_code_name_the_choices(make, stand_in):
    stand_in.gate.clear()
    explorer = make(solver="lissa")
    assert "oading" in explorer.sentence()
    with pytest.raises(ChoiceError):
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
