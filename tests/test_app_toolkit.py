"""What we ask of the toolkit beyond its documentation."""

from __future__ import annotations

from panel.reactive import Syncable

from afif_explorer.app import toolkit


def test_panels_pause_before_it_hears_a_widget_is_still_where_we_shorten_it() -> None:
    assert Syncable._debounce > 1
    slider = toolkit.FloatSlider()
    toolkit.prompt(slider)
    assert slider._debounce == 1
    assert toolkit.FloatSlider()._debounce == Syncable._debounce
