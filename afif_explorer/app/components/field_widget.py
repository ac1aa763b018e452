"""The widget of a setting, by its declaration."""

from __future__ import annotations

from typing import Any

import param

from afif_explorer.app.components.elements import name_place
from afif_explorer.app.components.fields import Fields
from afif_explorer.app.components.sliders import Automatic, LogSlider
from afif_explorer.choices import FIELDS
from afif_explorer.choices.fields import Number

_TELL = ("lissa", "points")  # results from which the value of an automatic setting is known


def field_widget(fields: Fields, name: str) -> Any:
    """A widget that shows the field ``name`` of the explorer and sets it."""
    widget = _widget(fields, name)
    name_place(widget, name)
    return widget


def _widget(fields: Fields, name: str) -> Any:
    field, parameter = FIELDS[name], fields.parameter(name)
    if name in fields.explorer.offered or isinstance(parameter, param.Selector):
        return fields.select(name)
    if isinstance(parameter, param.Boolean):
        return fields.switch(name)
    if parameter.allow_None:
        return Automatic(fields, name, _TELL).panel
    if isinstance(field, Number) and field.logarithmic:
        return LogSlider(fields, name).connect().widget
    return fields.whole(name)
