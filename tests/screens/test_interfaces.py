"""Each declared part is in the dashboard and in the notebook, with the same content."""

from __future__ import annotations

import re
from typing import Any

import pytest

import afif_explorer as ax
from afif_explorer.app.components.fields import Fields
from afif_explorer.app.components.plot import Plot
from afif_explorer.app.page.status import StatusHead
from afif_explorer.app.updates.follower import Follower
from afif_explorer.app.views import render as dashboard
from afif_explorer.app.views.context import PageContext
from afif_explorer.app.views.row_table import UNSEEN
from afif_explorer.app.views.strip import Strip
from afif_explorer.app.views.view import View
from afif_explorer.errors import InvalidChoice
from afif_explorer.notebook import render as notebook
from afif_explorer.notebook.chart import Chart
from afif_explorer.notebook.context import ViewContext
from afif_explorer.notebook.view import ExplorerView
from afif_explorer.screens import HEAD, SCREENS, SELECTION
from afif_explorer.screens.parts import (
    Action,
    Entry,
    Field,
    Figure,
    Menu,
    Part,
    Rows,
    Scenes,
    Text,
    parts_of,
)
from afif_explorer.spec import Spec
from afif_explorer.state import Explorer
from tests.helpers.loop import open_scheduler

WAIT = 60
HEADS = (*HEAD, *parts_of((SELECTION,)))
# raised by Panel's own table
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")


class Interfaces:
    """One explorer in both user interfaces."""

    def __init__(self, explorer: Explorer) -> None:
        self.explorer = explorer
        self.complaints: list[str] = []
        scheduler, self.loop = open_scheduler()
        follower = Follower(explorer, scheduler)
        fields = Fields(explorer, follower, self.complaints.append)
        self.context = PageContext(
            explorer,
            follower,
            fields,
            explain=lambda page: None,
            complain=self.complaints.append,
            dark=lambda: False,
            scheduler=scheduler,
        )
        self.views = {name: View(self.context, screen) for name, screen in SCREENS.items()}
        head, selection = StatusHead(self.context), Strip(self.context, (SELECTION,))
        head.say(head.hears)
        self.head, self.selection = head, selection
        self.notebook = ExplorerView(explorer)

    @property
    def heads(self) -> dict[str, Any]:
        """What the dashboard shows above all views."""
        shown = self.selection._shown
        selection = [one for each in shown for one in (each, *each.inner)]
        return {
            **self.head.shown,
            **{one.part.name: one for one in selection if isinstance(one.part, Part)},
        }

    def open(self, name: str) -> None:
        self.explorer.view = name
        assert self.explorer.await_idle(WAIT)
        self.views[name].redraw()
        self.loop.pass_time(10 * UNSEEN)

    def on_page(self, name: str, part: Part) -> Any:
        """What the dashboard shows for a part of a view."""
        view = self.views[name]
        [found] = [one.panel for one in (*view._prompt, *view._late) if one.part is part]
        return found

    def in_cell(self, name: str, part: Part) -> Any:
        """The widget for a part of a view."""
        return self.notebook.tabs.pages[name].shown[part.name].widget


@pytest.fixture(scope="module")
def interfaces():
    explorer = Explorer("hiring", baseline=Spec().pinned())
    assert explorer.await_idle(WAIT)
    made = Interfaces(explorer)
    yield made
    made.notebook.close()
    explorer.close()


@pytest.mark.parametrize("name", SCREENS)
def test_a_view_has_each_part_in_both_interfaces(interfaces: Interfaces, name: str):
    interfaces.open(name)
    shown = {Text: 0, Figure: 0}
    for part in SCREENS[name].parts:
        page = interfaces.on_page(name, part)
        if reason := part.elsewhere.get("notebook"):
            assert len(reason.split()) > 5
            assert part.name in interfaces.notebook.panel.controls
            continue
        cell = interfaces.in_cell(name, part)
        if isinstance(part, Text):
            assert page.object == cell.value
            shown[Text] += bool(page.object)
        elif isinstance(part, Action):
            assert (page.label, page.disabled) == (cell.description, cell.disabled)
        elif isinstance(part, Figure):
            [plot] = page.select(Plot)
            assert plot.figure_name == cell.figure_name == part.name
            assert isinstance(cell, Chart)
            if plot.state == Plot.READY:
                assert plot._figure == cell.figure
                shown[Figure] += 1
        elif isinstance(part, Scenes):
            assert page.catalogue == cell.catalogue
        elif isinstance(part, Menu):
            assert list(page.options.items()) == list(cell.options)
            assert page.value == cell.value
        else:
            assert isinstance(part, Rows)
            [table] = page.select(lambda one: hasattr(one, "pagination"))
            assert len(table.value) == len(cell._frame)
    if name != "learn":
        assert shown[Figure] >= 1
        assert shown[Text] >= 2


def test_the_checks_of_a_fit_are_listed_in_both(interfaces: Interfaces):
    interfaces.open("diagnostics")
    explorer = interfaces.explorer
    wanted = ax.check(ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(1e-3)))
    [part] = [part for part in SCREENS["diagnostics"].parts if part.name == "checks"]
    page, cell = interfaces.on_page("diagnostics", part), interfaces.in_cell("diagnostics", part)
    told = [one for one in wanted if one.level != "ok"]
    assert [one.code for one in told] == ["AX103"]
    for shown in (page.object, cell.value):
        assert set(re.findall(r"AX\d+", shown)) == {one.code for one in told}
        assert all(words in shown for one in told for words in (one.seen, one.why, one.remedy))
        assert f"{len(wanted) - len(told)} checks found nothing wrong" in shown
    assert explorer.checks.to_frame().equals(wanted.to_frame())


def test_the_parts_above_all_views_are_in_both(interfaces: Interfaces):
    cells = {**interfaces.notebook.status.head.shown, **interfaces.notebook.selection.shown}
    assert "column" not in interfaces.heads, "made when it is first seen"
    interfaces.explorer.select(interfaces.explorer.points.ids[:2])
    assert interfaces.explorer.await_idle(WAIT)  # results arrive in another thread
    interfaces.explorer.finding = True
    interfaces.explorer.save_cohort("two rows")
    interfaces.explorer.choose_column("group")
    interfaces.explorer.write_condition("group = green")
    assert interfaces.explorer.await_idle(WAIT)
    interfaces.loop.pass_time(10 * UNSEEN)
    for part in HEADS:
        page, cell = interfaces.heads[part.name].panel, cells[part.name].widget
        if isinstance(part, Text):
            assert page.object == cell.value
        elif isinstance(part, Entry | Menu):
            assert page.value == cell.value
            assert page.visible
            assert cell.layout.display is None
            if isinstance(part, Menu):
                assert page.options == dict(cell.options)
                assert len(page.options) > 1
        else:
            assert (page.label, page.disabled) == (cell.description, cell.disabled)
            assert (
                page.visible
                is (cell.layout.display is None)
                is (part.name not in ("again", "mend"))
            )
    assert "2 rows" in cells["selection"].widget.value
    cells["undo"].widget.click()
    assert interfaces.explorer.selected == ()


def test_a_part_missing_from_an_interface_has_a_reason():
    missing = [part for screen in SCREENS.values() for part in screen.parts if part.elsewhere]
    assert {part.name for part in missing} == {"rule", "count"}
    assert all(isinstance(part, Field) for part in missing)


def test_both_interfaces_have_every_icon():
    parts = [*HEADS, *(part for screen in SCREENS.values() for part in screen.parts)]
    icons = {part.icon for part in parts if isinstance(part, Action)}
    assert icons == set(dashboard.ICONS) == set(notebook.ICONS)


def test_a_kind_without_a_renderer_is_an_error(interfaces: Interfaces):
    part = Part("odd", label="Odd", page="guide", reads=())
    with pytest.raises(TypeError, match="dashboard"):
        dashboard.render((part,), interfaces.context)
    with pytest.raises(TypeError, match="notebook"):
        notebook.render((part,), ViewContext(interfaces.explorer, bool, str))


def test_a_failed_action_shows_the_reason(interfaces: Interfaces):
    def refuse(_explorer: Explorer) -> None:
        raise InvalidChoice("Not now.")

    part = Action(
        "refuse", label="Refuse", page="guide", reads=(), icon="run", act=refuse, about="Refuse."
    )
    [page] = dashboard.render((part,), interfaces.context).panels
    page.param.trigger("clicks")
    told: list[str] = []
    [cell] = notebook.render((part,), ViewContext(interfaces.explorer, bool, told.append)).widgets
    cell.click()
    assert interfaces.complaints[-1:] == told == ["Not now."]


def test_only_the_open_view_is_brought_up_to_date(interfaces: Interfaces, monkeypatch):
    interfaces.open("cross_validation")
    interfaces.open("points")
    drawn: list[str] = []
    for view in interfaces.views.values():
        for drawing in view.drawings:
            name = drawing._figure.name
            monkeypatch.setattr(drawing.plot, "show", lambda figure, name=name: drawn.append(name))
    interfaces.explorer.select(interfaces.explorer.points.ids[:3])
    interfaces.loop.pass_time(1)
    assert sorted(drawn) == ["effect_distribution", "ranking", "row_map"]
    assert interfaces.explorer.await_idle(WAIT)  # what the selection does is known
    interfaces.loop.pass_time(1)
    drawn.clear()
    interfaces.explorer.param.update(author="somebody")
    assert drawn == []
    interfaces.explorer.view = "cross_validation"
    assert interfaces.explorer.await_idle(WAIT)
    interfaces.loop.pass_time(1)
    assert drawn == ["leverage_distribution"]  # the one that shows the selection
    interfaces.explorer.select(())


def test_a_view_depends_on_the_fields_of_its_parts():
    for screen in SCREENS.values():
        assert screen.hears == {name for part in screen.parts for name in part.hears}
