"""The selection of a session, its texts, and the independence of sessions."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

import afif_explorer as ax
from afif_explorer.errors import InvalidChoice
from afif_explorer.state import Explorer
from afif_explorer.state.rows import checked
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


def test_looking_at_a_row_never_changes_the_selection_nor_the_other_way_round(make):
    explorer = settled(make())
    explorer.select([5, 3, 3], by="map")
    assert (explorer.selected, explorer.primary, explorer.author) == ((3, 5), None, "map")
    explorer.look_at(9)
    assert (explorer.selected, explorer.primary, explorer.can_redo) == ((3, 5), 9, False)
    explorer.select([7])
    explorer.undo_selection()
    assert (explorer.selected, explorer.primary) == ((3, 5), 9)
    explorer.toggle(9)
    explorer.toggle(3)
    assert (explorer.selected, explorer.primary) == ((5, 9), 3)
    with pytest.raises(InvalidChoice, match="no training row has: 5000"):
        explorer.look_at(5000)
    explorer.look_at(None)
    assert (explorer.selected, explorer.primary) == ((5, 9), None)


def test_every_change_of_the_selection_is_undone_and_redone(make):
    explorer = settled(make())
    explorer.select([3])
    explorer.selected = [4, 5]  # by assignment, too
    explorer.select([5, 6], how="keep")
    assert explorer.selected == (5,)
    for before in ((4, 5), (3,), ()):
        explorer.undo_selection()
        assert explorer.selected == before
    assert not explorer.can_undo
    explorer.undo_selection()
    for after in ((3,), (4, 5)):
        explorer.redo_selection()
        assert explorer.selected == after
    explorer.select([8])  # a new branch: what was undone is gone
    assert not explorer.can_redo
    explorer.redo_selection()
    assert explorer.selected == (8,)
    with pytest.raises(InvalidChoice):
        explorer.select([-1])


def test_what_shows_undo_is_told_once_there_is_something_to_undo(make):
    explorer = settled(make())
    told = []

    def tell(*_events):
        told.append((explorer.can_undo, explorer.can_redo))

    explorer.param.watch(tell, ["recorded", "selected"])
    explorer.select([3])
    assert told[-1] == (True, False)
    explorer.undo_selection()
    assert told[-1] == (False, True)
    explorer.redo_selection()
    assert told[-1] == (True, False)


def test_another_data_set_has_another_history_and_other_cohorts(make):
    explorer = settled(make())
    explorer.select([3, 4])
    explorer.save_cohort("early rows")
    explorer.dataset = "digits"
    settled(explorer)
    assert (explorer.selected, explorer.can_undo, dict(explorer.cohorts)) == ((), False, {})
    explorer.select([7])
    explorer.undo_selection()
    assert explorer.selected == ()
    explorer.dataset = "hiring"
    settled(explorer)
    assert dict(explorer.cohorts) == {"early rows": (3, 4)}


def test_a_cohort_is_renamed_in_its_place(make):
    explorer = make()
    for row in (1, 2):
        explorer.select([row])
        explorer.save_cohort()
    assert explorer.selected_cohort() == "Cohort 2"
    assert explorer.rename_cohort("Cohort 1", " first\n") == "first"
    assert explorer.rename_cohort("Cohort 2", "Cohort 2") == "Cohort 2"
    assert dict(explorer.cohorts) == {"first": (1,), "Cohort 2": (2,)}
    explorer.select_cohort("first")
    assert explorer.selected_cohort() == "first"
    explorer.select([1, 5])
    assert explorer.selected_cohort() == ""
    for new, says in (("first", "already a cohort 'first'"), (" ", "Write a name")):
        with pytest.raises(InvalidChoice, match=says):
            explorer.rename_cohort("Cohort 2", new)
    with pytest.raises(InvalidChoice, match="no cohort 'third'"):
        explorer.rename_cohort("third", "a")


def test_cohorts_are_saved_selected_combined_and_deleted(make):
    explorer = settled(make())
    with pytest.raises(InvalidChoice, match="Select rows first"):
        explorer.save_cohort()
    explorer.select([3, 4])
    assert (explorer.save_cohort(), explorer.save_cohort("  b\n<i> ")) == ("Cohort 1", "b <i>")
    explorer.select([4, 9])
    assert explorer.save_cohort() == "Cohort 2"
    explorer.select_cohort("Cohort 1", how="keep")
    assert explorer.selected == (4,)
    explorer.select_cohort("Cohort 2", how="add")
    assert explorer.selected == (4, 9)
    explorer.delete_cohort("Cohort 1")
    assert (explorer.selected, list(explorer.cohorts)) == ((4, 9), ["b <i>", "Cohort 2"])
    for act in (explorer.select_cohort, explorer.delete_cohort):
        with pytest.raises(InvalidChoice, match="Saved cohorts: 'b <i>', 'Cohort 2'"):
            act("Cohort 1")
    for i in range(28):
        explorer.save_cohort(f"more {i}")
    with pytest.raises(InvalidChoice, match="30 cohorts"):
        explorer.save_cohort("one more")


MASK = np.isin(np.arange(2000), (3, 7))


@pytest.mark.parametrize(
    "rows",
    [
        [7, 3, 3], (3, 7), {3, 7}, iter((3, 7)), [3.0, 7.0], range(3, 11, 4), deque((7, 3)),
        {"a": 3, "b": 7}.values(), dict.fromkeys((3, 7)).keys(), (i for i in (3, 7)), np.array([7, 3]),
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


def test_the_effects_are_those_of_attribute_with_the_same_settings():
    method = "infinitesimal_jackknife"
    explorer = ax.Explorer("hiring", target="demographic_parity", strength=1e-2, method=method)
    with pytest.raises(InvalidChoice, match="still being computed"):
        _ = explorer.effects
    assert explorer.await_idle(120)
    fit = ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(1e-2))
    target = ax.DemographicParityDifference("group", split="test")
    truth = ax.attribute(fit, target, ax.InfinitesimalJackknife())
    found = explorer.effects
    np.testing.assert_allclose(found, truth, rtol=1e-9)
    np.testing.assert_array_equal(found.ids, truth.ids)
    assert (found.unit, found.trust.level) == (truth.unit, truth.trust.level)
    assert explorer.effects is found, "computed once for the same results"
    explorer.select(found.top(5))
    assert set(explorer.selected) == set(truth.top(5).tolist())
    explorer.close()


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
        explorer._history.earlier.append((7, 5000))
    explorer.undo_selection()
    assert explorer.selected == (7,)


def test_few_rows_are_found_among_millions():
    known = np.random.default_rng(0).permutation(2_000_000)
    ids = tuple(range(0, 60_000, 2))
    assert checked(ids, known) == ids
    with pytest.raises(InvalidChoice, match="no training row has: 2000000, 2000001;"):
        checked([5, 2_000_000, 2_000_001], known)


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
    before = explorer.spec
    for choice in ({"model": "x"}, {"seed": -1}, {"dataset": "../x"}, {"depth": 0}):
        with pytest.raises(ValueError, match=next(iter(choice))):
            explorer.param.update(**choice)
    with pytest.raises(InvalidChoice):
        explorer.select(range(200_000))
    assert explorer.spec == before


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


def test_no_result_arrives_while_another_data_set_is_recorded(make, monkeypatch):
    """Making the saved cohorts writable for a moment would close what the result opens."""
    explorer, free = settled(make()), []
    put = explorer._put_cohorts

    def watched(cohorts):
        other = threading.Thread(
            target=lambda: free.append(explorer.held().acquire(blocking=False))
        )
        other.start()
        other.join()
        put(cohorts)

    monkeypatch.setattr(explorer, "_put_cohorts", watched)
    explorer.dataset = "digits"
    assert free == [False]
