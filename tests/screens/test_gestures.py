"""The effects of clicks and brushes, the same in both user interfaces."""

from __future__ import annotations

import numpy as np
import pytest

from afif_explorer.errors import InvalidChoice
from afif_explorer.figures.drawing.serialization import Brush, Click
from afif_explorer.screens import SCREENS
from afif_explorer.screens.parts import Figure
from afif_explorer.screens.selecting.gestures import brushed, clicked
from afif_explorer.state import Explorer


def figure(name: str) -> Figure:
    [found] = [part for s in SCREENS.values() for part in s.parts if part.name == name]
    assert isinstance(found, Figure)
    return found


@pytest.fixture
def explorer(make, stand_in):
    made: Explorer = make()
    assert made.await_idle(10)
    return made


def test_a_click_looks_at_its_row_and_selects_it_or_not_with_a_key(explorer):
    ranking = figure("ranking")
    clicked(explorer, ranking, Click(9, None, None, add=False))
    assert (explorer.selected, explorer.primary) == ((), 9)
    clicked(explorer, ranking, Click(3, None, None, add=True))
    assert (explorer.selected, explorer.primary) == ((3,), 3)
    clicked(explorer, ranking, Click(5, None, None, add=True))
    assert explorer.selected == (3, 5)
    clicked(explorer, ranking, Click(3, None, None, add=True))
    assert explorer.selected == (5,)
    clicked(explorer, ranking, Click(7, None, None, add=False))
    assert (explorer.selected, explorer.primary) == ((5,), 7)
    clicked(explorer, ranking, Click(None, 1.0, 2.0, add=False))
    clicked(explorer, figure("spectra"), Click(9, None, None, add=False))
    assert (explorer.selected, explorer.primary) == ((5,), 7)


def test_a_click_on_the_map_of_lissa_sets_scale_and_depth(explorer):
    lissa_map = figure("lissa_map")
    clicked(explorer, lissa_map, Click(None, 12.3456, 0.2, add=False))
    assert (explorer.scale, explorer.depth) == (12.3, 1)
    clicked(explorer, lissa_map, Click(None, None, 40.0, add=False))
    assert (explorer.scale, explorer.depth) == (12.3, 1)
    with pytest.raises(ValueError, match="scale"):
        clicked(explorer, lissa_map, Click(None, 1e15, 40.0, add=False))


def test_a_region_selects_the_rows_in_it(explorer):
    everywhere = np.array([-99.0, 99, 99, -99]), np.array([-99.0, -99, 99, 99])
    row_map, found = figure("row_map"), explorer.points
    brushed(explorer, row_map, None, Brush(*everywhere, how="replace"))
    brushed(explorer, figure("ranking"), found, Brush(*everywhere, how="replace"))
    assert explorer.selected == ()
    brushed(explorer, row_map, found, Brush(*everywhere, how="replace"))
    assert explorer.selected == tuple(sorted(found.ids.tolist()))
    assert explorer.author == "row_map"


def test_more_rows_than_can_be_selected_are_refused(explorer, monkeypatch):
    monkeypatch.setattr("afif_explorer.spec.MOST_SELECTED", 1)
    everywhere = np.array([-99.0, 99, 99, -99]), np.array([-99.0, -99, 99, 99])
    with pytest.raises(InvalidChoice, match="At most 1"):
        brushed(explorer, figure("row_map"), explorer.points, Brush(*everywhere, how="replace"))
