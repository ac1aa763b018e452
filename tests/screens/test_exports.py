"""What is taken away belongs to the choices on screen, and nothing else."""

from __future__ import annotations

import json

import nbformat
import numpy as np
import pandas as pd
import pytest
from markupsafe import escape

import afif_explorer as ax
from afif_explorer.errors import DataError, InvalidChoice
from afif_explorer.figures import FIGURES
from afif_explorer.figures.drawing.text import number
from afif_explorer.screens import HEAD
from afif_explorer.screens.files import tables
from afif_explorer.screens.files.notebook import notebook
from afif_explorer.screens.files.report import report
from afif_explorer.screens.solver_state import MEND
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


def test_a_report_tells_the_problems_that_the_checks_found(explorer) -> None:
    settle(explorer, view="diagnostics", solver="lissa", depth=3)
    [found] = explorer.checks.problems
    assert found.code == "AX402"
    page = report(explorer).getvalue()
    assert f"<li>AX402: {escape(f'{found.seen} {found.why} {found.remedy}')}</li>" in page
    assert "AX103" not in page, "a note is no problem"
    settle(explorer, view="points", solver="cholesky")
    assert "AX402" not in report(explorer).getvalue()


def test_what_is_removed_is_told_in_every_table(explorer) -> None:
    assert "removed" not in pd.read_csv(tables.rows_csv(explorer))
    settle(explorer, view="unlearning", target="demographic_parity", count=30)
    explorer.retrain()
    assert explorer.await_idle(60)
    found = explorer.unlearning
    every = pd.read_csv(tables.rows_csv(explorer))
    assert set(every.loc[every.removed == 1, "row"]) == set(found.ids)
    gone = pd.read_csv(tables.removed_csv(explorer)).set_index("row")
    assert set(gone.index) == set(found.ids)
    assert set(gone.reason) == {found.rule}
    raw = explorer.frame.loc[gone.index]
    column = raw.columns[0]
    assert (gone[column] == raw[column]).all()
    told = pd.read_csv(tables.changes_csv(explorer)).set_index("metric")
    fit = ax.fit(ax.load_dataset("hiring"))
    targets = [ax.MeanLoss("test"), ax.DemographicParityDifference("group", split="test")]
    predicted = ax.unlearn(fit, found.ids, targets=targets).effects
    true = ax.retrain(fit, found.ids)
    for name, target in zip(("Mean loss", found.disparity), targets, strict=True):
        assert told.loc[name, "before"] == pytest.approx(target.bind(fit).value(fit.parameters))
        assert told.loc[name, "change predicted"] == pytest.approx(predicted[target], rel=1e-9)
        assert told.loc[name, "change retrained"] == pytest.approx(
            true.effects(target)[target], rel=1e-6
        )
    low, high = told.loc[found.disparity, ["change predicted, low", "change predicted, high"]]
    assert low < told.loc[found.disparity, "change predicted"] < high


@pytest.mark.parametrize("view", ["unlearning", "agreement", "cross_validation"])
def test_the_notebook_computes_what_is_on_screen(explorer, view) -> None:
    settle(explorer, view=view, count=12, target="demographic_parity", damping=0.1, seed=1)
    content = nbformat.reads(notebook(explorer).getvalue(), as_version=4)
    nbformat.validate(content)
    names: dict = {}
    cells = [cell.source for cell in content.cells if cell.cell_type == "code"]
    exec("\n".join(cells[:-1]), names)
    scale = np.abs(explorer.points.effect).max()
    assert np.abs(names["effects"] - explorer.points.effect).max() <= 1e-12 * scale
    if view == "unlearning":
        assert names["removed"] == explorer.unlearning.ids.tolist()
    if view == "agreement":
        for name in ("fisher", "hessian"):
            shown = getattr(explorer.agreement, name)
            assert np.abs(names[name] - shown).max() <= 1e-12 * np.abs(shown).max()
    if view == "cross_validation":
        assert names["held_out"].mean == pytest.approx(explorer.cross_validation.mean_here, 1e-12)
    again = eval(cells[-1], names)
    assert again.spec == explorer.spec
    again.close()


def test_a_solver_that_fails_is_told_above_every_view_with_a_button(explorer) -> None:
    said = [HEAD[3].content, HEAD[4].shown]
    settle(explorer, view="points", solver="lissa", depth=3)
    for view in ("points", "unlearning"):
        settle(explorer, view=view)
        assert "has not converged after 3 steps" in str(said[0](explorer))
    settle(explorer, depth=None, scale=1e-3)
    assert "set the scale to" in str(said[0](explorer))
    assert MEND.called(explorer) == "Set scale and depth automatically"
    MEND.act(explorer)
    assert explorer.await_idle(60)
    assert explorer.points is not None
    assert explorer.scale is None
    if said[1](explorer):  # the rule may stop before it has converged
        MEND.act(explorer)
        assert explorer.await_idle(60)
    assert said[0](explorer) == ()
    assert not said[1](explorer)


def test_a_report_reads_like_one_and_says_what_was_removed(explorer) -> None:
    settle(explorer, view="unlearning", target="demographic_parity", count=20, seed=0, damping=0)
    explorer.retrain()
    assert explorer.await_idle(60)
    page = report(explorer).getvalue()
    heads = [
        "Answer",
        "Evidence",
        "How far to trust it",
        "What was removed",
        "The data",
        "Reproduce",
    ]
    at = [page.index(f"<h2>{head}</h2>") for head in heads]
    assert at == sorted(at)
    measured = ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(1e-3)).metrics
    loss, accuracy = (number(measured[name]) for name in ("mean_loss", "accuracy"))
    assert f"<li>On the test rows: Mean loss {loss} nats, Accuracy {accuracy}.</li>" in page
    found, data = explorer.unlearning, ax.load_dataset("hiring")
    before, after = (found.metrics.loc[found.disparity, name] for name in ("before", "retrained"))
    assert after < before
    share = f"{100 * (before - after) / before:.2g}\u00a0% of it"
    assert "Retrained: removing them lowers the demographic parity gap of probabilities" in page
    assert share in page
    assert ", ".join(map(str, found.ids)) in page
    planted = int(np.isin(found.ids, data.planted).sum())
    assert planted > 10
    assert f"{planted} of the 20 rows removed" in page
    assert str(escape(found.reach.text)) in page
    rows = json.loads(page.split('id="afif-rows">')[1].split("</script>")[0])
    assert rows["ids"] == explorer.points.ids.tolist()
    np.testing.assert_array_equal(rows["effect"], explorer.points.effect)
