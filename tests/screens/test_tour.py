"""The tour's steps point at what is there, and lead from the question to the known answer."""

from __future__ import annotations

import numpy as np

from afif_explorer.choices import FIELDS
from afif_explorer.screens import HEAD, SCREENS, SELECTION
from afif_explorer.screens.parts import parts_of
from afif_explorer.screens.removal_words import planted
from afif_explorer.screens.tour import ROWS, STEPS
from afif_explorer.state import Explorer

WAIT = 60


def test_every_step_is_one_short_text_about_something_on_the_page() -> None:
    parts = [*HEAD, *parts_of((SELECTION,)), *(p for one in SCREENS.values() for p in one.parts)]
    places = {part.name for part in parts} | set(FIELDS)
    for step in STEPS:
        assert step.place in places
        assert len(step.text.split()) <= 30
    assert len(STEPS) <= 8


def test_it_ends_at_the_planted_labels_after_a_true_refit() -> None:
    explorer = Explorer("hiring", target="mean_loss", strength=0.1, selected=(1, 2))
    assert explorer.await_idle(WAIT)
    for step in STEPS:
        assert step.ready(explorer), step
        step.act(explorer)
        assert explorer.await_idle(WAIT)
    gap = explorer.removal.changes[0]
    assert gap.of.value > 0
    assert gap.predicted < 0
    assert gap.retrained < 0.5 * gap.predicted
    assert explorer.unlearning.ids.size == ROWS
    found = np.isin(explorer.unlearning.ids, explorer.data.planted).sum()
    assert found > 0.8 * ROWS
    assert list(planted(explorer.data, explorer.unlearning.ids, "removed"))
