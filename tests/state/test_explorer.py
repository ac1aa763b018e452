"""The session's state with a fake study: what is computed, delivered and kept."""

from __future__ import annotations

import time

import pytest

from afif_explorer.errors import DataError, DownloadError, OutOfMemory, SolverDiverged
from afif_explorer.spec import FIELDS, Spec
from afif_explorer.state import Explorer, Status


def settled(explorer: Explorer) -> Explorer:
    assert explorer.await_idle(5)
    return explorer


def test_there_is_a_parameter_for_every_choice_and_it_is_explained(make):
    explorer = make(dataset="hiring")
    for name in FIELDS:
        parameter = explorer.param[name]
        assert parameter.doc and parameter.label  # noqa: PT018
        assert getattr(explorer, name) == getattr(Spec(), name)


def test_without_any_choice_it_asks_who_was_treated_unfairly(make):
    assert make().spec == Spec(target="demographic_parity")
    assert make(seed=1).spec == Spec(seed=1)


def test_the_first_view_gets_its_results_in_one_update(make, stand_in):
    stand_in.gate.clear()
    explorer, updates = make(), []
    explorer.param.watch(
        lambda *events: updates.append([e.name for e in events]), ["data", "points"]
    )
    assert explorer.status.kind == "running"
    stand_in.gate.set()
    settled(explorer)
    assert updates == [["data", "points"]]
    assert stand_in.names() == ["settle", "data", "frame", "fitted", "points"]
    assert explorer.status.kind == "done"
    assert explorer.agreement is None
    assert not explorer.stale


def test_only_what_the_view_needs_and_what_changed_is_computed(make, stand_in):
    explorer = settled(make())
    stand_in.asked.clear()
    explorer.view = "agreement"
    assert settled(explorer).agreement is not None
    assert stand_in.names() == ["settle", "agreement"]
    stand_in.asked.clear()
    explorer.count, explorer.rule = 7, "random"
    settled(explorer)
    assert stand_in.names() == []
    explorer.param.update(solver="lissa", depth=50)
    settled(explorer)
    assert stand_in.names() == ["settle", "points", "agreement"]
    stand_in.asked.clear()
    explorer.param.update(view="points", solver="cholesky", strength=0.5)
    settled(explorer)
    assert stand_in.names() == ["settle", "fitted", "points"]


def test_a_choice_without_effect_here_starts_nothing(make, stand_in):
    explorer = settled(make(solver="cholesky"))
    stand_in.asked.clear()
    explorer.param.update(scale=3.0, depth=7, hidden=9, row=3)
    settled(explorer)
    assert stand_in.names() == []


def test_the_newest_choice_wins(make, stand_in):
    explorer = settled(make(solver="lissa"))
    stand_in.gate.clear()
    stand_in.asked.clear()
    for depth in range(1, 6):
        explorer.depth = depth
        assert explorer.stale
    stand_in.gate.set()
    settled(explorer)
    assert [spec.depth for name, spec in stand_in.asked if name == "points"][-1] == 5
    assert explorer.status.kind == "done"
    assert not explorer.stale


def test_a_selection_during_the_work_does_not_start_it_again(make, stand_in):
    stand_in.gate.clear()
    explorer = make()
    while "data" not in stand_in.names():
        time.sleep(0.001)
    explorer.select([2, 1], by="map")
    stand_in.gate.set()
    settled(explorer)
    assert stand_in.names().count("data") == 1
    assert explorer.selected == (1, 2)


def test_cancel_keeps_what_is_shown_and_refresh_goes_on(make, stand_in):
    explorer = settled(make())
    before = explorer.points
    stand_in.gate.clear()
    explorer.damping = 0.5
    time.sleep(0.02)
    explorer.cancel()
    settled(explorer)
    assert explorer.status.kind == "cancelled"
    assert explorer.points is before
    assert explorer.stale
    assert explorer.status.again
    assert "earlier settings" in explorer.status.message
    stand_in.gate.set()
    explorer.refresh()
    settled(explorer)
    assert explorer.status.kind == "done"
    assert not explorer.stale


def test_a_failure_is_reported_and_everything_else_still_works(make, stand_in):
    explorer = settled(make())
    before = explorer.points
    stand_in.fails["fitted"] = DataError("The target has one class only; choose another column.")
    explorer.strength = 1.0
    settled(explorer)
    assert (explorer.status.kind, explorer.points) == ("failed", before)
    assert "one class" in explorer.status.message
    assert not explorer.status.again  # the same choices fail again
    for passing in (ZeroDivisionError(), DownloadError("No connection."), OutOfMemory("Full.")):
        stand_in.fails["fitted"] = passing
        explorer.strength *= 2
        assert settled(explorer).status.kind == "failed"
        assert explorer.status.again
    stand_in.fails["fitted"] = ZeroDivisionError()
    explorer.strength = 50.0
    assert "see the log" in settled(explorer).status.message
    stand_in.fails.clear()
    explorer.strength = 1.0
    assert settled(explorer).status.kind == "done"


def test_nothing_diverged_is_shown(make, stand_in):
    explorer = settled(make(solver="lissa", view="lissa"))
    stand_in.fails["points"] = SolverDiverged("Set the scale above 2.")
    explorer.scale = 0.1
    settled(explorer)
    assert explorer.points is None
    assert explorer.lissa is not None
    assert (explorer.status.kind, explorer.status.message) == ("failed", "Set the scale above 2.")
    assert not explorer.stale
    assert not explorer.status.again  # it would diverge again
    stand_in.fails.clear()
    explorer.scale = 3.0
    assert settled(explorer).points is not None


def test_why_a_result_does_not_exist_is_known_until_it_does(make, stand_in):
    explorer = settled(make(solver="lissa"))
    stand_in.fails["points"] = SolverDiverged("Set the scale above 2.")
    explorer.scale = 0.1
    assert settled(explorer).absence("points") == "Set the scale above 2."
    explorer.view = "lissa"
    assert settled(explorer).lissa is not None
    explorer.view = "points"  # nothing is left to do, and it is still not there
    settled(explorer)
    assert (explorer.status.kind, explorer.status.message) == ("failed", "Set the scale above 2.")
    assert explorer.absence("points") == "Set the scale above 2."
    stand_in.fails.clear()
    stand_in.gate.clear()
    explorer.scale = 3.0
    assert explorer.absence("points") == ""
    stand_in.gate.set()
    assert settled(explorer).absence("points") == ""
    assert explorer.status.kind == "done"


def test_what_belongs_to_other_choices_is_not_fresh(make, stand_in):
    explorer = settled(make(view="agreement"))
    assert explorer.fresh("points")
    assert explorer.fresh("agreement")
    assert not explorer.fresh("unlearning")
    explorer.view = "points"
    explorer.strength = 0.5
    assert not explorer.fresh("points")
    settled(explorer)
    assert explorer.fresh("points")
    assert not explorer.fresh("agreement")
    assert explorer.agreement is not None
    explorer.strength = 1e-3
    assert settled(explorer).fresh("agreement")
    stand_in.gate.clear()
    explorer.dataset = "adult"
    assert not explorer.fresh("data")


def test_results_asked_for_come_after_the_view_and_go_with_the_choices(make, stand_in):
    explorer = make(view="unlearning")
    explorer.retrain()
    settled(explorer)
    assert explorer.unlearning.retrained
    assert stand_in.names().count("points") == 1
    explorer.verify()
    assert settled(explorer).verification is not None
    explorer.view = "points"
    explorer.count = 5
    assert settled(explorer).verification is not None
    explorer.damping = 0.1
    assert settled(explorer).verification is None
    explorer.view = "unlearning"
    assert not settled(explorer).unlearning.retrained


def test_stochastic_lissa_runs_on_request(make, stand_in):
    explorer = settled(make(view="lissa"))
    assert "lissa run=False" in stand_in.names()
    explorer.run_lissa()
    settled(explorer)
    assert stand_in.names()[-1] == "lissa run=True"


def test_cross_validation_is_checked_on_request(make, stand_in):
    explorer = settled(make(view="cross_validation"))
    assert explorer.cross_validation is not None
    explorer.check_cross_validation()
    settled(explorer)
    assert stand_in.names()[-1] == "cross_validation True"
    stand_in.asked.clear()
    explorer.param.update(target="prediction", solver="lissa", depth=9, leverage_correction=True)
    settled(explorer)
    assert "cross_validation True" not in stand_in.names()
    explorer.damping = 0.1
    settled(explorer)
    assert stand_in.names()[-1] == "cross_validation False"


def test_a_cancelled_request_is_not_repeated(make, stand_in):
    explorer = settled(make(view="unlearning"))
    stand_in.gate.clear()
    explorer.retrain()
    explorer.cancel()
    settled(explorer)
    assert explorer.status == Status("cancelled", message="Cancelled.")  # nothing to try again
    assert not explorer.stale
    stand_in.gate.set()
    stand_in.asked.clear()
    explorer.refresh()
    settled(explorer)
    assert stand_in.names() == []
    assert explorer.status.kind == "done"


def test_choices_that_do_not_fit_are_corrected_with_a_sentence(make, stand_in):
    explorer = settled(make(sensitive=5))
    assert explorer.sensitive == 0
    assert explorer.status.message == "There are two sensitive columns only."


def test_another_data_set_starts_with_its_plain_model(make, stand_in):
    explorer = settled(make(model="logistic", solver="lissa", scale=3.0))
    explorer.select([1])
    explorer.dataset = "adult"
    assert (explorer.model, explorer.scale, explorer.selected, explorer.primary) == (
        "auto", None, (), None,
    )  # fmt: skip
    explorer.apply(Spec(dataset="crime", model="linear", sensitive=1))
    assert settled(explorer).spec == Spec(dataset="crime", model="linear", sensitive=1)


def test_a_link_restores_the_state(make, stand_in):
    first = settled(make(view="unlearning", solver="lissa", depth=70, strength=0.25))
    first.select([2, 0])
    first.remove_selected()
    second = make()
    second.apply(Spec.from_query(settled(first).spec.to_query())[0])
    assert settled(second).spec == first.spec
    assert second.unlearning is not None


def test_everything_is_delivered_through_the_schedule(make, stand_in):
    queue = []
    explorer = make(schedule=queue.append)
    time.sleep(0.1)
    assert explorer.points is None
    assert not explorer.await_idle(0)
    while not explorer.await_idle(0.01):
        while queue:
            queue.pop(0)()
    assert explorer.points is not None


def test_what_was_scheduled_before_a_newer_choice_is_dropped(make, stand_in):
    queue = []
    explorer = make(schedule=queue.append)
    while not queue or stand_in.names().count("points") < 1:
        time.sleep(0.005)
    time.sleep(0.05)
    explorer.strength = 0.5
    late = list(queue)
    queue.clear()
    for deliver in late:
        deliver()
    assert explorer.fitted is None


def test_a_closed_session_receives_nothing(make, stand_in):
    stand_in.gate.clear()
    queue = []
    explorer = make(schedule=queue.append)
    explorer.close()
    queue.clear()
    stand_in.gate.set()
    time.sleep(0.05)
    assert queue == []
    assert explorer.await_idle(0)


def test_results_and_status_cannot_be_set_from_outside(make):
    explorer = settled(make())
    for change in ({"points": None}, {"status": Status("idle")}, {"stale": True}, {"offered": {}}):
        with pytest.raises(TypeError, match="onstant"):
            explorer.param.update(**change)


def test_a_setting_is_taken_over_from_the_rule_once_it_is_known(make, stand_in):
    stand_in.gate.clear()
    explorer = make(solver="lissa")
    explorer.pin("depth")
    assert explorer.depth is None
    assert not explorer.is_auto("depth")
    assert explorer.is_auto("scale")
    stand_in.gate.set()
    settled(explorer)
    assert (explorer.depth, explorer.scale) == (100, None)
    explorer.pin("scale")
    assert explorer.scale == 2.5
    explorer.set_auto("depth")
    assert explorer.is_auto("depth")
    assert explorer.effective_value("depth") == 100


@pytest.mark.parametrize(
    ("meanwhile", "depth"),
    [
        (lambda explorer: setattr(explorer, "depth", 7), 7),
        (lambda explorer: explorer.set_auto("depth"), None),
        (lambda explorer: setattr(explorer, "dataset", "adult"), None),
    ],
)
def test_what_is_chosen_meanwhile_is_not_taken_over(make, stand_in, meanwhile, depth):
    stand_in.gate.clear()
    explorer = make(solver="lissa")
    explorer.pin("depth")
    meanwhile(explorer)
    stand_in.gate.set()
    assert settled(explorer).depth == depth


def test_where_the_rule_took_nothing_the_middle_of_the_range_is_taken(make, stand_in):
    stand_in.fails["points"] = DataError("No.")
    explorer = settled(make(solver="lissa"))
    explorer.pin("depth")
    settled(explorer).pin("scale")
    assert (explorer.depth, explorer.scale) == (141, 3.16)
