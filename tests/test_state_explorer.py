"""The session's state, over a stand-in for the study: what is computed, delivered and kept."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from afif_explorer import results
from afif_explorer.errors import ChoiceError, DataError, SolverDiverged
from afif_explorer.jobs import Jobs
from afif_explorer.progress import report
from afif_explorer.spec import FIELDS, Spec
from afif_explorer.state import Explorer, Status
from afif_explorer.study import key

ANY = {"groups": (), "notes": (), "feature_names": ()}


class StandIn:
    """The study's functions over no data at all; ``asked`` lists what was computed."""

    key = staticmethod(key)

    def __init__(self):
        self.asked: list[tuple[str, Spec]] = []
        self.fails: dict[str, Exception] = {}
        self.gate = threading.Event()
        self.gate.set()

    def names(self):
        return [name for name, _ in self.asked]

    def _made(self, what, spec, value):
        self.asked.append((what, spec))
        for step in range(1000):
            report(what, step, 1000)
            if self.gate.wait(0.005):
                break
        if what in self.fails:
            raise self.fails[what]
        return value

    def offered(self, spec):
        return {"model": ("auto", "logistic"), "dataset": {"Hiring": "hiring"}}

    def settle(self, spec):
        self.asked.append(("settle", spec))
        if spec.sensitive > 1:
            return spec.replace(sensitive=0), ("There are two sensitive columns only.",)
        return spec, ()

    def describe(self, spec):
        value = results.DataSummary(
            spec.dataset, "Hiring", "classification", "hired", ("no", "yes"), 2000, 1, 1,
            sensitive=("group", "sex"), **ANY,
        )  # fmt: skip
        return self._made("data", spec, value)

    def frame(self, spec):
        return self._made("frame", spec, pd.DataFrame({"a": [1.0]}))

    def train(self, spec):
        value = results.FitSummary(spec.model, 3, {}, 1e-9, True, 5, 0.1)
        return self._made("fitted", spec, value)

    def points(self, spec):
        solver = results.SolverSummary("LiSSA", "converged", "", 0.0, 0.0, 0.0, 2.5, 100)
        arrays = (np.arange(3),) * 5
        text = np.array(["a", "b", "c"])
        value = results.Points(
            *arrays, np.arange(3), text, text, *arrays[:2], "x", "y",
            "mean loss on the test rows", "nats", 0.4, "raises", solver,
        )  # fmt: skip
        return self._made("points", spec, value)

    def agreement(self, spec):
        return self._made("agreement", spec, object.__new__(results.Agreement))

    def lissa(self, spec, run=False):
        return self._made(f"lissa run={run}", spec, object.__new__(results.LissaReport))

    def unlearning(self, spec, retrained=False):
        value = object.__new__(results.Unlearning)
        object.__setattr__(value, "retrained", retrained)
        return self._made(f"unlearning {retrained}", spec, value)

    def verify(self, spec, random, top):
        return self._made("verification", spec, object.__new__(results.Verification))


@pytest.fixture
def study():
    return StandIn()


@pytest.fixture
def make(study):
    jobs, made = Jobs(workers=2), []

    def make(**choices):
        made.append(Explorer(study=study, jobs=jobs, **choices))
        return made[-1]

    yield make
    study.gate.set()
    for explorer in made:
        explorer.close()
    jobs.shutdown()


def settled(explorer):
    assert explorer.await_idle(5)
    return explorer


def test_there_is_a_parameter_for_every_choice_and_it_is_explained(make):
    explorer = make()
    for name in FIELDS:
        parameter = explorer.param[name]
        assert parameter.doc and parameter.label  # noqa: PT018
        assert getattr(explorer, name) == getattr(Spec(), name)


def test_the_first_view_gets_its_results_in_one_update(make, study):
    study.gate.clear()
    explorer, updates = make(), []
    explorer.param.watch(
        lambda *events: updates.append([e.name for e in events]), ["data", "points"]
    )
    assert explorer.status.kind == "running"
    study.gate.set()
    settled(explorer)
    assert updates == [["data", "points"]]
    assert study.names() == ["settle", "data", "frame", "fitted", "points"]
    assert explorer.status.kind == "done"
    assert explorer.agreement is None
    assert not explorer.stale


def test_only_what_the_view_needs_and_what_changed_is_computed(make, study):
    explorer = settled(make())
    study.asked.clear()
    explorer.view = "agreement"
    assert settled(explorer).agreement is not None
    assert study.names() == ["settle", "agreement"]
    study.asked.clear()
    explorer.count, explorer.rule = 7, "random"
    settled(explorer)
    assert study.names() == []
    explorer.param.update(solver="lissa", depth=50)
    settled(explorer)
    assert study.names() == ["settle", "points", "agreement"]
    study.asked.clear()
    explorer.param.update(view="points", solver="cholesky", strength=0.5)
    settled(explorer)
    assert study.names() == ["settle", "fitted", "points"]


def test_a_choice_without_effect_here_starts_nothing(make, study):
    explorer = settled(make(solver="cholesky"))
    study.asked.clear()
    explorer.param.update(scale=3.0, depth=7, hidden=9, row=3)
    settled(explorer)
    assert study.names() == []


def test_the_newest_choice_wins(make, study):
    explorer = settled(make(solver="lissa"))
    study.gate.clear()
    study.asked.clear()
    for depth in range(1, 6):
        explorer.depth = depth
        assert explorer.stale
    study.gate.set()
    settled(explorer)
    assert [spec.depth for name, spec in study.asked if name == "points"][-1] == 5
    assert explorer.status.kind == "done"
    assert not explorer.stale


def test_a_selection_during_the_work_does_not_start_it_again(make, study):
    study.gate.clear()
    explorer = make()
    while "data" not in study.names():
        time.sleep(0.001)
    explorer.select([2, 1], by="map")
    study.gate.set()
    settled(explorer)
    assert study.names().count("data") == 1
    assert explorer.selected == (1, 2)


def test_cancel_keeps_what_is_shown_and_refresh_goes_on(make, study):
    explorer = settled(make())
    before = explorer.points
    study.gate.clear()
    explorer.damping = 0.5
    time.sleep(0.02)
    explorer.cancel()
    settled(explorer)
    assert explorer.status.kind == "cancelled"
    assert explorer.points is before
    assert explorer.stale
    study.gate.set()
    explorer.refresh()
    settled(explorer)
    assert explorer.status.kind == "done"
    assert not explorer.stale


def test_a_failure_is_told_and_everything_else_lives_on(make, study):
    explorer = settled(make())
    before = explorer.points
    study.fails["fitted"] = DataError("The target has one class only; choose another column.")
    explorer.strength = 1.0
    settled(explorer)
    assert (explorer.status.kind, explorer.points) == ("failed", before)
    assert "one class" in explorer.status.message
    study.fails["fitted"] = ZeroDivisionError()
    explorer.strength = 2.0
    assert "in the log" in settled(explorer).status.message
    study.fails.clear()
    explorer.strength = 1.0
    assert settled(explorer).status.kind == "done"


def test_nothing_diverged_is_shown(make, study):
    explorer = settled(make(solver="lissa", view="lissa"))
    study.fails["points"] = SolverDiverged("Set the scale above 2.")
    explorer.scale = 0.1
    settled(explorer)
    assert explorer.points is None
    assert explorer.lissa is not None
    assert (explorer.status.kind, explorer.status.message) == ("failed", "Set the scale above 2.")
    assert not explorer.stale
    study.fails.clear()
    explorer.scale = 3.0
    assert settled(explorer).points is not None


def test_results_asked_for_come_after_the_view_and_go_with_the_choices(make, study):
    explorer = make(view="unlearning")
    explorer.retrain()
    settled(explorer)
    assert explorer.unlearning.retrained
    assert study.names().count("points") == 1
    explorer.verify()
    assert settled(explorer).verification is not None
    explorer.view = "points"
    explorer.count = 5
    assert settled(explorer).verification is not None
    explorer.damping = 0.1
    assert settled(explorer).verification is None
    explorer.view = "unlearning"
    assert not settled(explorer).unlearning.retrained


def test_lissa_runs_for_real_when_asked(make, study):
    explorer = settled(make(view="lissa"))
    assert "lissa run=False" in study.names()
    explorer.run_lissa()
    settled(explorer)
    assert study.names()[-1] == "lissa run=True"


def test_a_cancelled_question_is_not_asked_again(make, study):
    explorer = settled(make(view="unlearning"))
    study.gate.clear()
    explorer.retrain()
    explorer.cancel()
    settled(explorer)
    study.gate.set()
    study.asked.clear()
    explorer.refresh()
    settled(explorer)
    assert study.names() == []
    assert explorer.status.kind == "done"


def test_choices_that_do_not_fit_are_corrected_with_a_sentence(make, study):
    explorer = settled(make(sensitive=5))
    assert explorer.sensitive == 0
    assert explorer.status.message == "There are two sensitive columns only."


def test_another_data_set_starts_with_its_plain_model(make, study):
    explorer = settled(make(model="logistic", solver="lissa", scale=3.0))
    explorer.select([1])
    explorer.dataset = "adult"
    assert (explorer.model, explorer.scale, explorer.selected, explorer.primary) == (
        "auto", None, (), None,
    )  # fmt: skip
    explorer.apply(Spec(dataset="crime", model="linear", sensitive=1))
    assert settled(explorer).spec == Spec(dataset="crime", model="linear", sensitive=1)


def test_a_link_restores_the_state(make, study):
    first = settled(make(view="unlearning", solver="lissa", depth=70, strength=0.25))
    first.select([2, 0])
    first.remove_selected()
    second = make()
    second.apply(Spec.from_query(settled(first).spec.to_query())[0])
    assert settled(second).spec == first.spec
    assert second.unlearning is not None


def test_two_sessions_are_independent(make, study):
    first, second = settled(make()), settled(make())
    first.strength = 0.5
    first.select([1])
    settled(first)
    assert (second.strength, second.selected) == (1e-3, ())
    second.cancel()
    assert settled(first).status.kind == "done"


def test_the_selection_has_a_row_in_focus_an_author_and_a_way_back(make, study):
    explorer = settled(make())
    explorer.select([5, 3, 3], by="map")
    assert (explorer.selected, explorer.primary, explorer.author) == ((3, 5), 3, "map")
    explorer.select([5, 9], by="table", primary=9)
    assert explorer.primary == 9
    explorer.select([9, 11])
    assert explorer.primary == 9
    explorer.undo_selection()
    assert explorer.selected == (5, 9)
    explorer.undo_selection()
    explorer.undo_selection()
    explorer.undo_selection()
    assert (explorer.selected, explorer.primary) == ((), None)
    with pytest.raises(ChoiceError):
        explorer.select([-1])


def test_everything_is_delivered_through_the_schedule(make, study):
    queue = []
    explorer = make(schedule=queue.append)
    time.sleep(0.1)
    assert explorer.points is None
    assert not explorer.await_idle(0)
    while not explorer.await_idle(0.01):
        while queue:
            queue.pop(0)()
    assert explorer.points is not None


def test_what_was_scheduled_before_a_newer_choice_is_dropped(make, study):
    queue = []
    explorer = make(schedule=queue.append)
    while not queue or study.names().count("points") < 1:
        time.sleep(0.005)
    time.sleep(0.05)
    explorer.strength = 0.5
    late = list(queue)
    queue.clear()
    for deliver in late:
        deliver()
    assert explorer.fitted is None


def test_a_closed_session_hears_nothing(make, study):
    study.gate.clear()
    queue = []
    explorer = make(schedule=queue.append)
    explorer.close()
    queue.clear()
    study.gate.set()
    time.sleep(0.05)
    assert queue == []
    assert explorer.await_idle(0)


def test_results_and_status_cannot_be_set_from_outside(make):
    explorer = settled(make())
    for change in ({"points": None}, {"status": Status("idle")}, {"stale": True}, {"offered": {}}):
        with pytest.raises(TypeError, match="onstant"):
            explorer.param.update(**change)


def test_impossible_values_are_refused_at_once(make):
    explorer = settled(make())
    for choice in ({"model": "x"}, {"seed": -1}, {"dataset": "../x"}, {"depth": 0}):
        with pytest.raises(ValueError, match=next(iter(choice))):
            explorer.param.update(**choice)
    with pytest.raises(ChoiceError):
        explorer.select(range(200_000))
    assert explorer.spec == Spec()


def test_the_sentence_and_the_code_name_the_choices(make, study):
    study.gate.clear()
    explorer = make(solver="lissa")
    assert "oading" in explorer.sentence()
    with pytest.raises(ChoiceError):
        explorer.as_python()
    study.gate.set()
    settled(explorer)
    assert explorer.sentence().replace("\N{NARROW NO-BREAK SPACE}", " ") == (
        "Logistic regression on Hiring, 2 000 rows, ridge 0.001; "
        "effect on the mean loss on the test rows"
    )
    code = explorer.as_python()
    compile(code, "recipe", "exec")
    assert "ax.LiSSA(scale=2.5, depth=100, repeats=1, batch_size=2000)" in code


def test_names_from_the_data_stay_literals_in_the_code(make, study):
    explorer = settled(make(target="demographic_parity"))
    evil = "sex'); import os; os.system('x"
    data = replace(explorer.data, sensitive=(evil,), name="upload-" + "0" * 16, target=evil)
    explorer._set(data=data, dataset="upload-" + "0" * 16)
    tree = compile(explorer.as_python(), "recipe", "exec")
    assert "os" not in tree.co_names
