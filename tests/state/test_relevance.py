"""A control is shown if its setting has an effect, in the dashboard and in JupyterLab."""

from __future__ import annotations

import pytest

from afif_explorer.choices.targets import GAPS, TARGETS
from afif_explorer.choices.views import VIEWS
from afif_explorer.spec import FIELDS
from afif_explorer.state.relevance import relevant
from afif_explorer.study.keys import effective

ALWAYS = {"dataset", "seed", "model", "penalty", "target", "split", "method", "solver", "damping"}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("target", TARGETS)
def test_the_sensitive_column_is_a_choice_wherever_groups_are_shown(make, target, view):
    explorer = make(target=target, view=view)
    assert explorer.await_idle(10)
    assert "sensitive" not in relevant(explorer), "nothing is known of any column yet"
    explorer._set(offered={**explorer.offered, "sensitive": {"group": 0}})
    assert "sensitive" in relevant(explorer)
    assert relevant(explorer) >= ALWAYS


@pytest.mark.parametrize("target", GAPS)
def test_what_is_hidden_changes_no_result(make, target):
    explorer = make(target=target)
    some = {"sensitive": {"group": 0}, "favourable": {"yes": 1}, "pair": {"a and b": 0}}
    explorer._set(offered=explorer.offered | some)
    hidden = set(FIELDS) - relevant(explorer)
    assert hidden >= {"hidden", "row", "scale", "depth", "repeats", "rule", "count"}
    assert not hidden & effective("points", explorer.spec)


def test_the_settings_of_lissa_come_with_it(make):
    explorer = make()
    assert not {"scale", "depth", "batch_size"} & relevant(explorer)
    explorer.solver = "lissa"
    assert {"scale", "depth", "batch_size"} <= relevant(explorer)
    explorer.param.update(solver="cholesky", view="lissa")
    assert {"scale", "depth", "batch_size", "repeats"} <= relevant(explorer)
    explorer.param.update(view="unlearning", rule="selection")
    assert {"rule", "selected"} <= relevant(explorer)
    assert "count" not in relevant(explorer)
