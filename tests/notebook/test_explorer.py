"""The explorer's widgets without a browser: settings and controls stay in step."""

from __future__ import annotations

import json
import threading

import nbformat
import numpy as np
import pandas as pd
import param
import pytest

import afif_explorer as ax
from afif_explorer.choices.targets import GAPS
from afif_explorer.datasets import Dataset
from afif_explorer.errors import InvalidChoice
from afif_explorer.figures import FIGURES
from afif_explorer.figures.drawing.theme import DARK, LIGHT
from afif_explorer.notebook.chart import Chart
from afif_explorer.notebook.view import ExplorerView
from afif_explorer.notebook.views import Tabs
from afif_explorer.screens import SCREENS
from afif_explorer.spec import FIELDS
from afif_explorer.state import Explorer
from afif_explorer.state.relevance import relevant

WAIT = 60
ON_SCREEN = {
    *("selected", "view", "direction", "pattern", "coefficient", "baseline"),
    *("map_x", "map_y", "map_colour"),
}


@pytest.fixture
def explorer():
    explorer = Explorer(dataset="hiring")
    assert explorer.await_idle(WAIT)
    yield explorer
    explorer.close()


@pytest.fixture
def view(explorer):
    view = ExplorerView(explorer)
    yield view
    view.close()


def settle(explorer):
    assert explorer.await_idle(WAIT)
    assert explorer.status.kind == "done", explorer.status.message


def test_every_choice_has_a_control_with_its_label_and_doc(explorer, view) -> None:
    assert set(view.panel.controls) == set(FIELDS) - ON_SCREEN
    for field, control in view.panel.controls.items():
        shown = getattr(control, "slider", control.widget)
        assert shown.description == explorer.param[field].label
        assert shown.tooltip == explorer.param[field].doc


def test_a_choice_in_python_moves_its_control(explorer, view) -> None:
    explorer.param.update(
        model="mlp", hidden=5, solver="lissa", depth=100, leverage_correction=False
    )
    controls = view.panel.controls
    assert controls["model"].widget.value == "mlp"
    assert controls["hidden"].widget.value == 5
    assert controls["depth"].slider.value == 40  # twenty steps a decade
    assert controls["depth"].readout.value == "100"
    assert controls["depth"].automatic.value is False
    assert controls["leverage_correction"].widget.value is False
    explorer.depth = None
    assert controls["depth"].automatic.value is True


def test_a_control_sets_its_choice(explorer, view) -> None:
    controls = view.panel.controls
    controls["strength"].slider.value = 80
    controls["target"].widget.value = "demographic_parity"
    controls["damping"].widget.value = 0.01
    controls["scale"].slider.value = 100
    assert (explorer.strength, explorer.target) == (1e-2, "demographic_parity")
    assert (explorer.damping, explorer.scale) == (0.01, 100)
    controls["scale"].automatic.value = True
    assert explorer.scale is None
    controls["scale"].automatic.value = False
    settle(explorer)
    assert explorer.scale is not None


def test_a_setting_is_taken_over_from_the_rule_as_soon_as_it_is_known(explorer, view) -> None:
    depth = view.panel.controls["depth"]
    explorer.solver = "lissa"
    settle(explorer)
    is_auto = explorer.points.solver.depth
    explorer.param.update(strength=explorer.strength * 2, solver="cholesky")
    settle(explorer)
    explorer.param.update(strength=explorer.strength / 2, solver="lissa")
    depth.automatic.value = False  # before the results are there
    settle(explorer)
    assert depth.automatic.value is False
    assert explorer.depth == pytest.approx(is_auto, rel=0.005)


def test_what_is_shown_is_not_sent_back(explorer, view) -> None:
    heard = []
    explorer.param.watch(heard.append, list(FIELDS))
    explorer.scale = 0.123456  # between two positions of the slider
    explorer.count = 5000  # beyond what the slider showed before
    assert (explorer.scale, explorer.count) == (0.123456, 5000)
    assert [event.name for event in heard] == ["scale", "count"]


def test_the_rule_s_own_numbers_are_shown_and_stay_by_rule(explorer, view) -> None:
    explorer.solver = "lissa"
    settle(explorer)
    assert explorer.scale is None
    shown = float(view.panel.controls["scale"].readout.value)
    assert shown == pytest.approx(explorer.points.solver.scale, rel=0.01)


def test_only_choices_that_matter_are_shown(explorer, view) -> None:
    assert not {"hidden", "depth", "row", "count"} & relevant(explorer)
    explorer.param.update(model="mlp", solver="lissa", target="prediction", view="unlearning")
    assert {"hidden", "depth", "row", "count"} <= relevant(explorer)
    assert view.panel.controls["hidden"].widget.layout.display is None
    explorer.model = "logistic"
    assert view.panel.controls["hidden"].widget.layout.display == "none"


@pytest.mark.parametrize(
    "target", [key for key, gap in GAPS.items() if {"classification"} <= set(gap.tasks)]
)
def test_the_groups_of_a_gap_can_be_chosen(explorer, view, target) -> None:
    explorer.target = target
    settle(explorer)
    assert view.panel.controls["sensitive"].widget.layout.display is None


def test_the_favourable_class_of_a_gap_can_be_chosen(explorer, view) -> None:
    explorer.target = "equal_opportunity"
    settle(explorer)
    widget = view.panel.controls["favourable"].widget
    assert [label for label, _ in widget.options] == ["Automatic: hired", "rejected", "hired"]
    assert widget.layout.display is None
    assert view.panel.controls["pair"].widget.layout.display == "none"
    widget.value = 0
    settle(explorer)
    assert explorer.favourable == 0
    assert "of 'rejected'" in explorer.points.compares


def figures_of(name: str) -> list[str]:
    return [part.name for part in SCREENS[name].parts if part.name in FIGURES]


@pytest.mark.parametrize("name", SCREENS)
def test_every_tab_draws_its_figures(explorer, view, name) -> None:
    view.tabs.widget.selected_index = list(SCREENS).index(name)
    assert explorer.view == name
    settle(explorer)
    for figure in figures_of(name):
        drawn = view.tabs.charts[figure].figure
        assert drawn["data"] or FIGURES[figure].on_request or figure == "held_out_losses"


def test_a_view_in_python_opens_its_tab(explorer, view) -> None:
    explorer.view = "lissa"
    assert view.tabs.widget.selected_index == list(SCREENS).index("lissa")


def test_marks_select_rows_and_python_rings_them(explorer, view) -> None:
    ids = explorer.points.ids
    row_map, ranking = view.tabs.charts["row_map"], view.tabs.charts["ranking"]
    ranking._handle_custom_msg({"kind": "click", "ids": [int(ids[0])], "add": True}, [])
    assert explorer.selected == (int(ids[0]),)
    assert len(explorer.frame.loc[list(explorer.selected)]) == 1
    explorer.select(ids[:3])
    assert row_map.figure["data"][1]["name"] == "selected rows"
    view.selection.shown["undo"].widget.click()
    assert len(explorer.selected) == 1
    view.selection.shown["clear"].widget.click()
    assert explorer.selected == ()
    assert len(row_map.figure["data"]) == 1


def test_a_lasso_selects_rows_that_are_not_drawn_too() -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(6000, 2)), columns=["a", "b"])
    frame["price"] = frame["a"] - frame["b"] + 1
    data = Dataset.from_frame(frame, target="price", validation=0, test=0.1)
    explorer = Explorer(data=data)
    settle(explorer)
    view = ExplorerView(explorer)
    row_map, points = view.tabs.charts["row_map"], explorer.points
    assert len(points.ids) > 5000
    box = {"kind": "select", "x": [-9, 9, 9, -9], "y": [-9, -9, 9, 9], "how": "replace"}
    row_map._handle_custom_msg(box, [])
    assert explorer.selected == tuple(sorted(points.ids.tolist()))
    row_map._handle_custom_msg(box | {"x": [0, 9, 9, 0], "how": "remove"}, [])
    assert set(explorer.selected) == set(points.ids[points.across.values < 0].tolist())
    row_map._handle_custom_msg(box | {"y": [1, 1, 9, 9], "how": "add"}, [])
    assert set(explorer.selected) == set(
        points.ids[(points.across.values < 0) | (points.up.values > 1)].tolist()
    )
    view.close()
    explorer.close()


def test_too_many_rows_for_a_selection_are_reported(explorer, view, monkeypatch) -> None:
    monkeypatch.setattr("afif_explorer.spec.MOST_SELECTED", 100)
    box = {"kind": "select", "x": [-99, 99, 99, -99], "y": [-99, -99, 99, 99], "how": "replace"}
    view.tabs.charts["row_map"]._handle_custom_msg(box, [])
    assert explorer.selected == ()
    assert "At most 100 rows can be selected" in view.status.message.value


def test_after_a_divergence_figures_say_what_mends_it(explorer, view) -> None:
    explorer.param.update(solver="lissa", scale=1e-3)
    assert explorer.await_idle(WAIT)
    for turn in ("points", "unlearning", "points"):
        explorer.view = turn
        assert explorer.await_idle(WAIT)
        for name in figures_of(turn):
            [note] = view.tabs.charts[name].figure["layout"]["annotations"]
            assert "set the scale to" in note["text"].replace("<br>", " ")
        assert "set the scale to" in view.status.head.shown["solver"].widget.value
        assert view.status.message.value == "", "it is said once"
    explorer.scale = None
    settle(explorer)
    assert view.tabs.charts["ranking"].figure["data"]


def test_an_unconverged_lissa_is_reported_above_the_figures(explorer, view) -> None:
    explorer.param.update(solver="lissa", depth=3)
    settle(explorer)
    message = json.loads(view.tabs.charts["row_map"].message)
    warning = message["whole"]["head"]["warning"]
    assert warning.startswith("LiSSA has not converged after 3 steps")


def test_the_notes_of_reading_stand_beside_the_data_set(explorer, view) -> None:
    assert "labelled rejected" in view.panel.notes.content
    frame = pd.DataFrame({"a": np.arange(80.0), "<b>same</b>": 1.0, "price": np.arange(80) ** 0.5})
    frame.loc[3, "a"] = np.nan
    own = Explorer(data=Dataset.from_frame(frame, target="price"))
    settle(own)
    shown = ExplorerView(own)
    assert own.data.notes
    for note in own.data.notes:
        assert json.dumps(note) in shown.panel.notes.content
    own.dataset = "hiring"
    settle(own)
    assert "labelled rejected" in shown.panel.notes.content
    shown.close()
    own.close()


def test_selected_rows_can_be_removed(explorer, view) -> None:
    explorer.select(explorer.points.ids[:4])
    view.selection.shown["remove"].widget.click()
    settle(explorer)
    assert (explorer.view, explorer.rule) == ("unlearning", "selection")
    assert sorted(explorer.unlearning.ids) == sorted(explorer.selected)


def test_a_failure_is_one_sentence_and_the_results_stay(explorer, view) -> None:
    explorer.dataset = "nobody_has_this"
    assert explorer.await_idle(WAIT)
    assert "afif-failed" in view.status.message.value
    assert "Traceback" not in view.status.message.value
    assert len(view.tabs.charts["ranking"].figure["data"]) == 2


def test_progress_is_shown_and_cancel_stops(make, stand_in) -> None:
    stand_in.gate.clear()
    explorer = make()
    view = ExplorerView(explorer)
    assert view.status.cancel.layout.display is None
    view.status.cancel.click()
    assert explorer.await_idle(WAIT)
    assert explorer.status.kind == "cancelled"
    assert view.status.cancel.layout.display == "none"
    assert "Cancelled" in view.status.message.value


def test_text_of_a_status_is_not_html(make) -> None:
    explorer = make()
    assert explorer.await_idle(WAIT)
    view = ExplorerView(explorer)
    with param.parameterized.edit_constant(explorer):
        explorer.status = type(explorer.status)("failed", message="<script>alert(1)</script>")
    assert "<script" not in view.status.message.value


def test_a_reloaded_page_gets_the_figure_as_it_is_now(explorer, view) -> None:
    data = json.loads(view.tabs.charts["ranking"].message)["whole"]["data"]
    assert [trace["type"] for trace in data] == ["bar", "bar"]


def test_a_dark_view_has_dark_figures(explorer) -> None:
    dark, light = ExplorerView(explorer, dark=True), ExplorerView(explorer)
    layouts = [v.tabs.charts["ranking"].figure["layout"] for v in (dark, light)]
    colours = [layout["font"]["color"] for layout in layouts]
    assert colours[0] != colours[1]
    assert "afif-dark" in dark.widget._dom_classes


def test_a_closed_view_follows_no_longer(explorer) -> None:
    view = ExplorerView(explorer)
    view.close()
    explorer.leverage_correction = False
    assert view.panel.controls["leverage_correction"].widget.value is True


def test_choices_that_do_not_exist_are_refused(explorer) -> None:
    with pytest.raises(InvalidChoice):
        explorer.select(["a"])


@pytest.mark.notebook
def test_a_cell_shows_an_explorer_and_two_are_independent(run_notebook) -> None:
    cells = [
        "import afif_explorer as ax\none = ax.Explorer(dataset='hiring')\none",
        "two = ax.Explorer(dataset='diabetes')\ntwo",
        "one.await_idle(120), two.await_idle(120)",
        "one.depth = 50\none.select(one.points.ids[:2])\none.await_idle(60)\n"
        "print(one.depth, two.depth, len(one.selected), len(two.selected))",
        "one.sentence() != two.sentence()",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    done = run_notebook(notebook).cells[1:]
    for cell in done[:2]:
        widget, text, picture = (output.data for output in cell.outputs)
        assert "application/vnd.jupyter.widget-view+json" in widget
        assert "mean loss of the test rows" in text["text/html"]
        assert "image/png" in picture
    assert done[3].outputs[0].text == "50 None 2 0\n"
    assert done[4].outputs[0].data["text/plain"] == "True"
    state = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    words = [str(widget["state"].get("value")) for widget in state.values()]
    assert sum("2 rows</b> selected" in text for text in words) == 1
    assert sum("No rows selected" in text for text in words) == 1
    figures = [widget for widget in state.values() if "figure_name" in widget["state"]]
    drawn = [part for part in SCREENS["points"].parts if part.name in FIGURES]
    assert len(figures) == 2 * len(drawn), "only the open view is made"


def test_no_result_arrives_while_a_view_is_made(explorer, monkeypatch) -> None:
    free: list[bool] = []

    def arrive() -> None:
        free.append(explorer.held().acquire(blocking=False))

    def refresh(tabs: Tabs, changed: set[str]) -> None:
        worker = threading.Thread(target=arrive)
        worker.start()
        worker.join()

    monkeypatch.setattr(Tabs, "_refresh", refresh)
    view = ExplorerView(explorer)
    explorer.view = "agreement"
    assert free
    assert not any(free)
    view.close()


def test_figures_are_dark_where_the_page_is_unless_told(explorer, monkeypatch) -> None:
    monkeypatch.setattr(Chart, "page_was_dark", False)
    views = {dark: ExplorerView(explorer, dark) for dark in (None, True, False)}

    def text(dark: bool | None) -> str:
        return views[dark].tabs.charts["ranking"].figure["layout"]["font"]["color"]

    assert (text(None), text(True), text(False)) == (LIGHT.text, DARK.text, LIGHT.text)
    for view in views.values():
        view.tabs.charts["ranking"].dark_page = True
    assert (text(None), text(True), text(False)) == (DARK.text, DARK.text, LIGHT.text)
    for view in views.values():
        view.close()


def test_a_given_fit_takes_the_place_of_the_settings_of_a_model() -> None:
    explorer = Explorer(fit=ax.fit(ax.load_dataset("hiring")))
    assert explorer.await_idle(WAIT)
    view = ExplorerView(explorer)
    assert "is explored as it is" in view.panel.given.value
    assert view.panel.controls["strength"].widget.layout.display == "none"
    assert view.panel.controls["target"].widget.layout.display is None
    view.close()
    explorer.close()
