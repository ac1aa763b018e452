"""What we ask of the toolkit beyond its documentation."""

from __future__ import annotations

import panel as pn
import panel_material_ui as material
import pytest
from panel.reactive import Syncable

from afif_explorer.app.components import toolkit


def test_panels_pause_before_it_hears_a_widget_is_still_where_we_shorten_it() -> None:
    assert Syncable._debounce > 1
    slider = toolkit.FloatSlider()
    toolkit.prompt(slider)
    assert slider._debounce == 1
    assert toolkit.FloatSlider()._debounce == Syncable._debounce


@pytest.mark.parametrize("kind", ["FloatSlider", "IntSlider"])
def test_a_move_of_a_slider_is_heard_once(kind: str) -> None:
    # The browser tells the value twice, under two names.
    assert {"value", "value_throttled"} <= set(getattr(material, kind)()._linked_properties)
    heard = set(getattr(toolkit, kind)()._linked_properties)
    assert "value" in heard
    assert "value_throttled" not in heard


def test_a_move_of_a_slider_is_not_counted_among_what_panel_is_busy_with() -> None:
    counted: list[bool] = []
    watcher = pn.state.param.watch(lambda event: counted.append(event.new), "busy")
    try:
        for move in (0.25, 0.5):
            slider = toolkit.FloatSlider()
            if move == 0.5:
                toolkit.prompt(slider)
            slider._process_events({"value": move})
            assert slider.value == move
            assert counted == [True, False]  # by the first alone
    finally:
        pn.state.param.unwatch(watcher)
