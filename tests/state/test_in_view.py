"""Links and code of the views of patterns, decisions, diagnostics and comparisons."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer.errors import InvalidChoice
from afif_explorer.spec import Spec
from afif_explorer.state import Explorer


@pytest.fixture(scope="module")
def explorer() -> Iterator[Explorer]:
    made = Explorer("hiring", target="demographic_parity")
    yield made
    made.close()


def code_of(explorer: Explorer, view: str, **choices: object) -> dict:
    """What the code of a view computes."""
    explorer.param.update(view=view, **choices)
    assert explorer.await_idle(120)
    assert explorer.status.kind == "done", explorer.status
    names: dict = {}
    exec(explorer.as_python(), names)
    return names


def test_the_code_of_patterns(explorer: Explorer) -> None:
    names = code_of(explorer, "patterns", pattern=1)
    shown = explorer.patterns.found
    assert [one.retrained for one in names["patterns"]] == [one.retrained for one in shown]
    assert np.array_equal(names["rows"], shown[1].ids)


def test_the_code_of_decisions(explorer: Explorer) -> None:
    assert code_of(explorer, "decisions")["decisions"].split == "test"
    place = int(np.nanargmin(explorer.decisions.counts))
    names = code_of(explorer, "decisions", row=place)
    np.testing.assert_array_equal(names["decisions"].counts, explorer.decisions.counts)
    assert np.array_equal(names["rows"], explorer.person.decision.rows)
    explorer.verify_person()
    assert explorer.await_idle(60)
    assert explorer.person.proof.margin == names["check"].margin


def test_the_code_of_diagnostics(explorer: Explorer) -> None:
    names = code_of(explorer, "diagnostics", coefficient=1)
    shown = explorer.diagnostics
    np.testing.assert_array_equal(names["residuals"], shown.residual)
    np.testing.assert_array_equal(names["table"]["cooks_distance"], shown.cooks_distance)
    np.testing.assert_array_equal(names["changes"].iloc[:, 1], shown.coefficient.dfbetas)
    np.testing.assert_array_equal(names["of_one"], shown.coefficient.effect)
    np.testing.assert_array_equal(names["plot"]["response"], shown.coefficient.added[1])
    assert names["checks"] == explorer.checks


def test_the_code_of_a_check_of_both_curvatures(explorer: Explorer) -> None:
    explorer.param.update(view="agreement", baseline="")
    assert explorer.await_idle(120)
    explorer.verify(random=3, top=4)
    names = code_of(explorer, "agreement")
    np.testing.assert_array_equal(names["ids"], explorer.verification.ids)
    np.testing.assert_array_equal(names["refits"].effects, explorer.verification.actual)
    assert "responses" not in names  # the same as the refits


def test_the_code_of_a_run_of_lissa(explorer: Explorer) -> None:
    explorer.param.update(view="lissa", strength=0.1)
    explorer.run_lissa()
    names = code_of(explorer, "lissa")
    assert names["error"] == pytest.approx(explorer.lissa.run_error[-1], rel=1e-12)
    assert names["run"].status.value == explorer.lissa.run_status


@pytest.mark.parametrize("rule", ["raise_target", "lower_target", "random", "selection"])
def test_the_code_of_a_sweep_and_its_intervals(explorer: Explorer, rule: str) -> None:
    explorer.select(explorer.points.ids[:9])
    explorer.param.update(view="unlearning", target="demographic_parity", rule=rule, strength=1e-3)
    explorer.retrain()
    names = code_of(explorer, "unlearning")
    shown = explorer.unlearning
    assert [0, *names["counts"]] == (shown.shares * shown.n_train).round().tolist()
    assert set(names["sweep"]) == set(shown.sweep)
    for name, changes in names["sweep"].items():
        values = shown.sweep[name]
        np.testing.assert_allclose(changes, values[1:] - values[0], rtol=1e-9, atol=1e-13)
    of_target = shown.spreads[shown.disparity]
    told = names["interval"]
    assert (told.low, told.high) == (of_target.low, of_target.high)
    change = of_target.changes["predicted"]
    assert (told.change, told.change_low, told.change_high) == pytest.approx(change, rel=1e-12)


def test_the_code_of_a_comparison(explorer: Explorer) -> None:
    pinned = explorer.spec.pinned()
    names = code_of(explorer, "compare", baseline=pinned, strength=0.1)
    np.testing.assert_array_equal(names["effects_before"], explorer.comparison.rows.before)
    np.testing.assert_array_equal(names["effects"], explorer.comparison.rows.now)
    explorer.param.update(dataset="diabetes")
    assert explorer.baseline == ""


def test_a_link_carries_the_baseline_and_nothing_hostile() -> None:
    there = ax.Spec(dataset="adult", solver="lissa", scale=3.5, penalty="lasso", strength=1e-2)
    here = ax.Spec(view="compare", baseline=there.pinned(), pattern=2, coefficient=4)
    again, notes = Spec.from_query(here.to_query())
    assert (again, notes) == (here, ())
    assert again.at_baseline.replace(view="points", pattern=0, coefficient=0) == there
    for bad in ("<b>", "adult~0", f"{there.pinned()}~1", there.pinned().replace("lasso", "x"), 3):
        with pytest.raises(InvalidChoice, match="baseline"):
            ax.Spec(baseline=bad)
    _, notes = Spec.from_query("v=1&baseline=<script>")
    assert "'baseline' in the link cannot be" in notes[0]
