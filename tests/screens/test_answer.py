"""The question that Influential points asks, and its answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import afif_explorer as ax
from afif_explorer.figures.drawing.text import number
from afif_explorer.screens.views.points import FIRST, POINTS
from tests.helpers import screens as cases

ANSWER = next(part for part in POINTS.parts if part.name == "answer")


def told(explorer):
    [found] = ANSWER.says(explorer)
    return "".join(map(str, found.pieces))


def test_the_answer_is_the_sum_of_the_public_functions_effects():
    fit = ax.fit(ax.load_dataset("hiring"))
    effects = ax.attribute(fit, ax.MeanLoss("test"))
    first = effects.top(FIRST, "lowest")
    total = float(np.sort(effects.values)[:FIRST].sum())
    explorer = ax.Explorer("hiring")
    assert explorer.await_idle(120)
    words = told(explorer)
    explorer.close()
    assert words.startswith("Which training rows made the mean loss of the test rows what it is? ")
    assert f"lower by {number(abs(total))} nats" in words
    assert f"the {FIRST} rows that raise it most" in words
    assert f"of these, row {first[0]} has the largest effect" in words


def test_it_counts_no_more_rows_than_raise_the_target():
    explorer = cases.explorer()
    effect = np.abs(explorer.points.effect)
    effect[7] = -1e-3
    explorer.points = replace(explorer.points, effect=effect)
    assert (
        f"Without row {explorer.points.ids[7]}, the only one that raises it, the mean loss on the test rows "
        "would be lower" in told(explorer)
    )
    explorer.points = replace(explorer.points, effect=np.full(effect.size, np.nan))
    assert told(explorer).endswith("No row alone raises the mean loss on the test rows.")


def test_one_click_asks_which_rows_made_the_model_unfair_and_answers():
    ask = next(part for part in POINTS.parts if part.name == "ask_unfair")
    explorer = ax.Explorer("hiring")
    assert explorer.await_idle(120)
    assert ask.shown(explorer)
    ask.act(explorer)
    assert explorer.await_idle(120)
    words = told(explorer)
    assert not ask.shown(explorer)
    explorer.close()
    fit = ax.fit(ax.load_dataset("hiring"))
    effects = ax.attribute(fit, ax.DemographicParityDifference("group", split="test"))
    total = float(np.sort(effects.values)[:FIRST].sum())
    assert words.startswith("Which training rows made this model unfair? Without the 20 rows")
    assert (
        f"the demographic parity gap by group on the test rows would be lower by {number(abs(total))}"
        in words
    )


def test_data_without_groups_are_not_asked_about():
    ask = next(part for part in POINTS.parts if part.name == "ask_unfair")
    explorer = ax.Explorer("diabetes")
    assert explorer.await_idle(120)
    assert not ask.shown(explorer)
    explorer.close()
