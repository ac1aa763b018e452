"""What is taken away belongs to the choices on screen, and nothing else."""

from __future__ import annotations

import pandas as pd
import pytest

from afif_explorer.errors import DataError, InvalidChoice
from afif_explorer.figures import FIGURES
from afif_explorer.screens.files import tables
from afif_explorer.screens.files.report import report
from afif_explorer.state import Explorer

AGREEMENT = FIGURES["agreement"].title
STALE = "is left out: the results on screen belong to earlier settings."


@pytest.fixture
def explorer():
    explorer = Explorer("hiring", view="agreement")
    assert explorer.await_idle(60)
    yield explorer
    explorer.close()


def settle(explorer, **choices):
    explorer.param.update(**choices)
    assert explorer.await_idle(60)
    return explorer


def test_a_report_has_no_figures_of_other_choices(explorer) -> None:
    whole = report(explorer).getvalue()
    assert AGREEMENT in whole
    assert STALE not in whole
    settle(explorer, view="points")
    for choices in ({"strength": 0.5}, {"dataset": "diabetes"}):
        page = report(settle(explorer, **choices)).getvalue()
        assert AGREEMENT not in page
        assert f"Fisher vs Hessian {STALE}" in page
        assert FIGURES["row_map"].title in page
    assert "Diabetes" in page
    assert "Hiring" not in page


def test_nothing_is_exported_while_newer_results_are_on_their_way(make, stand_in) -> None:
    explorer = make(view="unlearning")
    assert explorer.await_idle(5)
    stand_in.gate.clear()
    explorer.strength = 0.5
    for attempt in (tables.rows_csv, tables.remaining_csv, report):
        with pytest.raises(InvalidChoice, match="still being computed"):
            attempt(explorer)
    explorer.cancel()
    assert explorer.await_idle(5)
    for attempt in (tables.rows_csv, tables.remaining_csv, report):
        with pytest.raises(InvalidChoice, match="Try again, then export"):
            attempt(explorer)
    stand_in.fails["fitted"] = DataError("One class only.")
    explorer.strength = 0.7
    stand_in.gate.set()
    assert explorer.await_idle(5)
    for attempt in (tables.rows_csv, tables.remaining_csv, report):
        with pytest.raises(InvalidChoice, match="earlier settings; One class only"):
            attempt(explorer)  # trying again would not help


def test_rows_that_remain_need_rows_that_go(explorer) -> None:
    with pytest.raises(InvalidChoice, match="Open Unlearning and fairness first"):
        tables.remaining_csv(explorer)
    settle(explorer, view="unlearning", count=30)
    assert len(pd.read_csv(tables.remaining_csv(explorer))) == len(explorer.frame) - 30
    settle(explorer, view="points", count=50)
    with pytest.raises(InvalidChoice, match="Open Unlearning and fairness first"):
        tables.remaining_csv(explorer)


def test_after_a_divergence_the_reason_is_shown(explorer) -> None:
    settle(explorer, view="points", solver="lissa", scale=1e-3)
    with pytest.raises(InvalidChoice, match="set the scale to"):
        tables.rows_csv(explorer)
    page = report(explorer).getvalue()
    assert FIGURES["row_map"].title not in page
    assert "Influential points is left out. LiSSA diverged" in page


def test_unsettled_effects_are_marked_in_their_heading(explorer) -> None:
    settle(explorer, solver="lissa", depth=3)
    [heading] = pd.read_csv(tables.rows_csv(explorer)).filter(like="effect if removed")
    assert "LiSSA has not converged after 3 steps" in heading
    settle(explorer, solver="cholesky")
    [heading] = pd.read_csv(tables.rows_csv(explorer)).filter(like="effect if removed")
    assert heading == "effect if removed [nats]"
