"""Rows of the map as the first state of a scene."""

from __future__ import annotations

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer.errors import InvalidChoice
from afif_explorer.scenes.from_rows import MOST, link, sample
from afif_explorer.screens import in_scene
from afif_explorer.screens.views.points import POINTS

ACTION = next(part for part in POINTS.parts if part.name == "scene")


def state(explorer):
    return dict(part.split("=", 1) for part in explorer.scene[0].removeprefix("#").split("&"))


def points_of(explorer):
    rows = [tuple(map(int, row.split(","))) for row in state(explorer)["points"].split(";")]
    return np.array(rows)


@pytest.fixture
def open_on():
    opened = []

    def make(dataset, **choices):
        opened.append(ax.Explorer(dataset, **choices))
        assert opened[-1].await_idle(120)
        return opened[-1]

    yield make
    for explorer in opened:
        explorer.close()


def test_the_selected_rows_come_first_and_the_others_are_always_the_same():
    first = np.array([3, 500, 900])
    rows = sample(1000, first)
    assert rows.size == MOST
    assert set(first) <= set(rows)
    assert np.array_equal(rows, sample(1000, first))
    assert np.array_equal(sample(7, first[:0]), np.arange(7))
    assert np.isin(sample(1000, np.arange(600)), np.arange(600)).sum() >= MOST // 2


def test_points_are_scaled_into_the_square_and_equal_ones_lie_in_the_middle():
    told = link("guess", np.array([1e9, 2e9, 3e9]), np.full(3, 7.0), *np.zeros((2, 3), int), 2)
    points = "-2500,0,0,0;0,0,0,0;2500,0,0,0"
    assert told == f"#v=1&scene=guess&points={points}&rows=2&hidden=bet"
    told = link("lever", np.array([1.0, 2.0]), np.full(2, 7.0), *np.zeros((2, 2), int), 0)
    assert "points=3000,8000,0,0;19000,8000,0,0&" in told


def test_classes_and_groups_of_the_map_open_the_question_of_whom(open_on):
    explorer = open_on("hiring")
    chosen = explorer.points.ids[np.argsort(explorer.points.effect)[:3]]
    explorer.select(chosen)
    assert explorer.await_idle(120)
    ACTION.act(explorer)
    assert explorer.view == "learn"
    assert state(explorer)["scene"] == "question"
    found = points_of(explorer)
    assert found.shape == (MOST, 4)
    row = np.flatnonzero(explorer.points.ids == min(chosen))[0]
    label = int(explorer.points.outcome[row] == explorer.data.classes[1])
    assert found[int(state(explorer)["rows"]), 2] == label
    assert np.abs(found[:, :2]).max() == 2500
    [told] = in_scene.note(explorer)
    assert "60 of the" in str(told)


def test_numbers_open_the_lever_with_the_observed_target_upwards(open_on):
    explorer = open_on("diabetes", map_x=8)
    ACTION.act(explorer)
    assert state(explorer)["scene"] == "lever"
    assert explorer.data.target in explorer.scene[1]
    assert (points_of(explorer)[:, 2] == 0).all()


@pytest.mark.parametrize(("dataset", "choices"), [("digits", {}), ("hiring", {"map_x": 11})])
def test_what_no_scene_can_show_is_refused_with_the_reason(open_on, dataset, choices):
    explorer = open_on(dataset, **choices)
    with pytest.raises(InvalidChoice, match=r"two classes|is a category"):
        ACTION.act(explorer)
    assert explorer.scene == ("", "")
    assert explorer.view == "points"
