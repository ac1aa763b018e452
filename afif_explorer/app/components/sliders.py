"""Logarithmic sliders, with or without an automatic setting."""

from __future__ import annotations

import math
from typing import Any

from afif_explorer.app import panel_patches
from afif_explorer.app.components import toolkit
from afif_explorer.app.components.elements import stack
from afif_explorer.app.components.fields import WIDE, Fields, put
from afif_explorer.figures.drawing.text import number

STEP = 0.02  # of a power of ten
DECADES = 6  # range below the largest value if the smallest is zero


class LogSlider:
    """A slider whose position is the logarithm of the field's value; its left end may mean zero."""

    def __init__(self, fields: Fields, name: str, **params: Any) -> None:
        self._fields, self._name = fields, name
        parameter = fields.parameter(name)
        low, high = parameter.get_soft_bounds()
        self._zero = parameter.bounds[0] == 0
        self._whole = "Integer" in type(parameter).__name__
        end = math.log10(high)
        self._zero_at = (math.log10(low) if low > 0 else end - DECADES) - 0.3
        self.widget = toolkit.FloatSlider(
            label=parameter.label,
            description=parameter.doc,
            start=self._zero_at if self._zero else math.log10(low),
            end=end,
            step=STEP,
            size="small",
            tooltips=False,
            **(WIDE | {"margin": (0, 8, 2, 8)} | params),
        )

    def connect(self) -> LogSlider:
        """Follow the field, and set it when the slider moves."""
        self._fields.tie(self._name, self.widget, show=self.show, read=self.value)
        return self

    def show(self) -> None:
        """Move to the field's value, if it has one."""
        value = getattr(self._fields.explorer, self._name)
        if value is not None:
            self.place(value)

    def place(self, value: float) -> None:
        """Move to ``value`` (extending the range if necessary) and show it beside the label."""
        at = self.widget.value
        if self.value(at) != value:
            at = math.log10(value) if value > 0 else self._zero_at
        put(
            self.widget,
            start=min(self.widget.start, at),
            end=max(self.widget.end, at),
            value=at,
            value_label=number(value),
        )

    def value(self, position: float) -> float | int:
        """The value at a position of the slider, to three significant digits."""
        if self._zero and position <= self._zero_at + STEP / 2:
            return 0.0
        value = float(f"{10**position:.3g}")
        return max(1, round(value)) if self._whole else value


class Automatic:
    """A logarithmic slider and a switch that sets the value automatically.

    ``heard``: the results that contain the automatic value.
    """

    def __init__(self, fields: Fields, name: str, heard: tuple[str, ...]) -> None:
        self._explorer, self._name = fields.explorer, name
        self._slider = LogSlider(fields, name)
        self._switch = toolkit.Switch(
            label="Automatic",
            description="Set the value automatically; switch off to set it yourself.",
            size="small",
            **(WIDE | {"margin": (0, 0, 8, 0)}),
        )
        panel_patches.send_value_at_once(self._switch)
        self._switch.param.watch(self._switched, "value")
        also = (*heard, "status")
        fields.tie(name, self._slider.widget, show=self._show, read=self._slid, also=also)
        self.panel = stack(self._slider.widget, self._switch, gap=0)

    def _show(self) -> None:
        explorer, name = self._explorer, self._name
        put(self._switch, value=explorer.is_auto(name))
        put(self._slider.widget, disabled=getattr(explorer, name) is None)
        value = explorer.effective_value(name)
        if value is not None:
            self._slider.place(value)

    def _slid(self, position: float) -> float | None:
        # The slider also moves when the automatic value arrives; that is not a user's choice.
        automatic = getattr(self._explorer, self._name) is None
        return None if automatic else self._slider.value(position)

    def _switched(self, event: Any) -> None:
        if event.new == self._explorer.is_auto(self._name):
            return
        turn = self._explorer.set_auto if event.new else self._explorer.pin
        turn(self._name)
