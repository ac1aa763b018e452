"""Rows found by a condition: built, written, combined with the selection."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from afif_explorer.errors import InvalidChoice
from afif_explorer.screens.parts import parts_of
from afif_explorer.screens.selecting.finding import FIND, FINDING
from afif_explorer.state.filtering import Filtering, comparisons, offered_values

N = 50
FRAME = pd.DataFrame(
    {"hours (week)": np.arange(N) % 60, "sex": ["F", "M"] * (N // 2), "loss": ["own"] * N},
    index=np.arange(100, 100 + N),
)
PARTS = {part.name: part for part in (FIND, *parts_of(FINDING))}


class Explored(Filtering):
    """A filter over rows that are there."""

    frame = FRAME
    points = SimpleNamespace(
        ids=FRAME.index.to_numpy(),
        **{name: np.linspace(-1, 1, N) for name in ("effect", "loss", "prediction", "leverage")},
        self_influence=np.zeros(N),
    )

    @property
    def known_rows(self) -> np.ndarray:
        return FRAME.index.to_numpy()


@pytest.fixture
def explorer() -> Explored:
    return Explored()


def test_a_condition_is_built_by_choices_and_is_text(explorer: Explored) -> None:
    explorer.choose_column("sex")
    assert (explorer.operator, explorer.level) == ("=", "F")
    explorer.add_condition()
    explorer.choose_column("hours (week)")
    explorer.param.update(operator="<", level="10")
    explorer.add_condition()
    assert explorer.condition == 'sex = F and "hours (week)" < 10'
    assert explorer.matching() == tuple(range(100, 110, 2))
    explorer.write_condition("sex = M or row = 100")
    explorer.add_condition()
    assert explorer.condition == '(sex = M or row = 100) and "hours (week)" < 10'
    assert explorer.matching() == (100, 101, 103, 105, 107, 109)


def test_contains_is_built_from_the_words_of_texts(explorer: Explored) -> None:
    explorer.choose_column("loss")
    explorer.param.update(operator="contains", finding=True)
    assert list(PARTS["operator"].options(explorer)) == ["=", "!=", "contains"]
    assert list(PARTS["level"].options(explorer)) == ["own"]
    explorer.level = "OW"
    explorer.add_condition()
    assert explorer.condition == "loss contains OW"
    assert explorer.matching() == tuple(FRAME.index)
    explorer.choose_column("sex")  # a text, too
    assert explorer.operator == "contains"
    explorer.choose_column("hours (week)")
    assert explorer.operator == "="
    assert "contains" not in comparisons(FRAME["hours (week)"])
    jobs = pd.Series(["Adm-clerical", "Tech-support", "Adm-clerical", None, "Adm. of tech"])
    words = ["Adm", "clerical", "Tech", "of", "support", "tech"]
    assert list(offered_values(jobs, "contains")) == words


def test_opening_begins_with_the_first_column_and_closing_keeps_what_was_built(
    explorer: Explored,
) -> None:
    PARTS["find"].act(explorer)
    assert (explorer.finding, explorer.column, explorer.level) == (True, "hours (week)", "0")
    explorer.choose_column("sex")
    PARTS["find"].act(explorer)
    assert (explorer.finding, explorer.column) == (False, "sex")


def test_rows_found_replace_join_and_narrow_the_selection(explorer: Explored) -> None:
    explorer.write_condition('"hours (week)" < 4')
    PARTS["select_found"].act(explorer)
    assert (explorer.selected, explorer.author) == ((100, 101, 102, 103), "condition")
    explorer.write_condition("sex = F and row <= 106")
    PARTS["add_found"].act(explorer)
    assert explorer.selected == (100, 101, 102, 103, 104, 106)
    explorer.write_condition("effect > -0.9")
    PARTS["keep_found"].act(explorer)
    assert explorer.selected == (103, 104, 106)
    explorer.undo_selection()
    assert explorer.selected == (100, 101, 102, 103, 104, 106)


def test_computed_columns_are_there_and_give_way_to_the_datas_own(explorer: Explored) -> None:
    table = explorer.table()
    assert list(table.columns) == [
        "hours (week)", "sex", "loss", "row", "effect", "prediction", "leverage", "self_influence",
    ]  # fmt: skip
    assert explorer.matching("loss = own") == tuple(FRAME.index)
    assert "effect" not in FRAME.columns


def test_a_wrong_condition_is_refused_and_the_earlier_one_stays(explorer: Explored) -> None:
    explorer.write_condition("sex = F")
    for wrong in ("sex = X", "wages > 3", "sex ="):
        with pytest.raises(InvalidChoice):
            PARTS["condition"].act(explorer, wrong)
    assert explorer.condition == "sex = F"
    explorer.write_condition("  ")
    assert explorer.condition == ""
    with pytest.raises(InvalidChoice, match="Write a condition"):
        explorer.select_where()


def test_going_to_a_row_looks_at_it_and_selects_nothing(explorer: Explored) -> None:
    go = PARTS["go_to"]
    go.act(explorer, " 120 ")
    assert (explorer.primary, explorer.selected, go.value(explorer)) == (120, (), "120")
    for wrong, says in ("12x", "by its number"), ("7", "no training row has: 7"):
        with pytest.raises(InvalidChoice, match=says):
            go.act(explorer, wrong)
    go.act(explorer, "")
    assert explorer.primary is None


def test_offered_values_are_levels_or_quantiles_that_occur() -> None:
    assert offered_values(FRAME["sex"]) == {"F": "F", "M": "M"}
    numbers = offered_values(FRAME["hours (week)"])
    assert set(map(float, numbers.values())) <= set(FRAME["hours (week)"])
    assert next(iter(numbers.items())) == ("0 (smallest)", "0")
    assert "24 (median)" in numbers
    days = pd.Series(pd.date_range("2020-01-01", periods=11))
    assert offered_values(days)["2020-01-06 (median)"] == "2020-01-06"
