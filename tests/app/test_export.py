"""What is taken away belongs to the choices on screen, and nothing else."""

from __future__ import annotations

import pandas as pd
import pytest

from afif_explorer.app.page import export
from afif_explorer.errors import InvalidChoice
from afif_explorer.figures import FIGURES
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
    whole = export.report(explorer, "?v=1").getvalue()
    assert AGREEMENT in whole
    assert STALE not in whole
    settle(explorer, view="points")
    for choices in ({"strength": 0.5}, {"dataset": "diabetes"}):
        report = export.report(settle(explorer, **choices), "?v=1").getvalue()
        assert AGREEMENT not in report
        assert f"Fisher vs Hessian {STALE}" in report
        assert FIGURES["row_map"].title in report
    assert "Diabetes" in report
    assert "Hiring" not in report


def test_nothing_is_exported_while_newer_results_are_on_their_way(make, stand_in) -> None:
    explorer = make(view="unlearning")
    assert explorer.await_idle(5)
    stand_in.gate.clear()
    explorer.strength = 0.5
    for attempt in (export.rows_csv, export.remaining_csv, lambda e: export.report(e, "")):
        with pytest.raises(InvalidChoice, match="still being computed"):
            attempt(explorer)
    explorer.cancel()
    assert explorer.await_idle(5)
    for attempt in (export.rows_csv, export.remaining_csv, lambda e: export.report(e, "")):
        with pytest.raises(InvalidChoice, match="Try again, then export"):
            attempt(explorer)


def test_rows_that_remain_need_rows_that_go(explorer) -> None:
    with pytest.raises(InvalidChoice, match="Open Unlearning and fairness first"):
        export.remaining_csv(explorer)
    settle(explorer, view="unlearning", count=30)
    assert len(pd.read_csv(export.remaining_csv(explorer))) == len(explorer.frame) - 30
    settle(explorer, view="points", count=50)
    with pytest.raises(InvalidChoice, match="Open Unlearning and fairness first"):
        export.remaining_csv(explorer)


def test_after_a_divergence_the_reason_is_shown(explorer) -> None:
    settle(explorer, view="points", solver="lissa", scale=1e-3)
    with pytest.raises(InvalidChoice, match="set the scale to"):
        export.rows_csv(explorer)
    report = export.report(explorer, "").getvalue()
    assert FIGURES["row_map"].title not in report
    assert "Influential points is left out. LiSSA diverged" in report


def test_unsettled_effects_are_marked_in_their_heading(explorer) -> None:
    settle(explorer, solver="lissa", depth=3)
    [heading] = pd.read_csv(export.rows_csv(explorer)).filter(like="effect if removed")
    assert "LiSSA has not converged after 3 steps" in heading
    settle(explorer, solver="cholesky")
    [heading] = pd.read_csv(export.rows_csv(explorer)).filter(like="effect if removed")
    assert heading == "effect if removed [nats]"
