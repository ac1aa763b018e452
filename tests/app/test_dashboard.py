"""The whole page without a server or a browser: what is done now, after the paint, and when idle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import afif_explorer as ax
from afif_explorer.app.components.elements import Text
from afif_explorer.app.components.plot import Plot
from afif_explorer.app.page.dashboard import Dashboard
from afif_explorer.app.updates.scheduler import IDLE, PAINT, Scheduler
from afif_explorer.app.views.view import View
from afif_explorer.screens.parts import Rows
from afif_explorer.state import Explorer
from tests.helpers.loop import ManualLoop

# Panel's own table says so to pandas.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")
SECONDS = 60


@pytest.fixture
def page() -> Iterator[tuple[Dashboard, Scheduler, ManualLoop]]:
    """A page with its results, which no browser has drawn yet."""
    loop = ManualLoop()
    scheduler = Scheduler(loop)
    explorer = Explorer(schedule=scheduler.now)
    scheduler.flush(lambda: explorer.await_idle(0), SECONDS)
    made = Dashboard(explorer, scheduler)
    yield made, scheduler, loop
    made.close()


def points_view(dashboard: Dashboard) -> View:
    [view] = [view for view in dashboard._views if view.screen.name == "points"]
    return view


def table(dashboard: Dashboard) -> Any:
    """Panel's table of all rows; None until it is made."""
    (shown,) = [one for one in points_view(dashboard)._prompt if isinstance(one.part, Rows)]
    return shown.update.__self__._table


def states(dashboard: Dashboard) -> list[str]:
    return [drawing.plot.state for drawing in points_view(dashboard).drawings]


def test_the_first_figures_come_before_the_others_and_the_table_last(page) -> None:
    dashboard, scheduler, loop = page
    assert states(dashboard) == [Plot.READY, Plot.READY, Plot.LOADING]
    loop.pass_time(10 * IDLE)
    assert states(dashboard) == [Plot.READY, Plot.READY, Plot.LOADING]
    scheduler.open()
    loop.pass_time(PAINT)
    assert states(dashboard) == [Plot.READY] * 3
    assert table(dashboard) is None
    loop.pass_time(IDLE)
    assert table(dashboard) is not None


def test_the_table_waits_until_the_first_figures_are_drawn(page) -> None:
    dashboard, scheduler, loop = page
    scheduler.open()
    drawing = points_view(dashboard).drawings[0]
    drawing.plot._send_msg = lambda _message: None
    drawing.plot._handle_msg({"kind": "ready"})
    loop.pass_time(10 * IDLE)
    assert table(dashboard) is None
    drawing.plot._handle_msg({"kind": "drawn"})
    loop.pass_time(IDLE)
    assert table(dashboard) is not None


def test_a_selection_is_drawn_now_and_the_address_follows(page) -> None:
    dashboard, scheduler, loop = page
    scheduler.open()
    loop.pass_time(PAINT)
    before = dashboard._browser.query
    first = points_view(dashboard).drawings[0].plot
    drawn = first._figure
    dashboard.explorer.select((0,))
    assert first._figure != drawn
    assert dashboard._browser.query == before
    loop.pass_time(PAINT)
    assert "selected=0" in dashboard._browser.query


def test_a_view_that_was_left_too_soon_is_drawn_when_somebody_comes_back(page) -> None:
    dashboard, scheduler, loop = page
    scheduler.open()
    loop.pass_time(PAINT)
    late = points_view(dashboard).drawings[2].plot
    drawn = late._figure
    dashboard.explorer.select((0,))
    dashboard.explorer.view = "agreement"
    loop.pass_time(PAINT)
    assert late._figure is drawn
    dashboard.explorer.view = "points"
    loop.pass_time(PAINT)
    assert late._figure is not drawn


def test_a_view_is_made_when_it_is_first_open(page) -> None:
    dashboard, scheduler, loop = page
    scheduler.open()
    loop.pass_time(PAINT)
    made = {view.screen.name: list(view.panel.objects) for view in dashboard._views}
    assert [name for name, parts in made.items() if parts] == ["points"]
    dashboard.explorer.view = "lissa"
    [lissa] = [view for view in dashboard._views if view.screen.name == "lissa"]
    parts = list(lissa.panel.objects)
    assert parts
    dashboard.explorer.view = "points"
    dashboard.explorer.view = "lissa"
    assert list(lissa.panel.objects) == parts
    assert points_view(dashboard).panel.objects == made["points"]


def test_a_page_that_was_left_does_nothing_more(page) -> None:
    dashboard, scheduler, loop = page
    scheduler.open()
    dashboard.close()
    assert not loop.waits
    dashboard.explorer.depth = 50
    scheduler.now(lambda: pytest.fail("the session has ended"))
    loop.pass_time(10)


def test_a_given_fit_is_shown_in_the_place_of_the_settings_of_a_model() -> None:
    loop = ManualLoop()
    scheduler = Scheduler(loop)
    fit = ax.fit(ax.load_dataset("hiring"), max_steps=3)
    explorer = Explorer(fit=fit, schedule=scheduler.now)
    scheduler.flush(lambda: explorer.await_idle(0), SECONDS)
    made = Dashboard(explorer, scheduler)
    shown = [one for one in made.page.select() if one.visible]
    texts = " ".join(str(one.object) for one in shown if isinstance(one, Text))
    made.close()
    assert "is explored as it is" in texts
    named = {getattr(one, "label", None) for one in shown}
    assert not named & {"Model", "Penalty", "Seed"}
    assert {"Target", "Method"} <= named
