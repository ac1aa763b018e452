"""One control for each choice, made from the parameter itself: its label, its doc, its bounds."""

from __future__ import annotations

import math
from typing import Any

import ipywidgets
import param

from afif_explorer.choices import NUMBERS
from afif_explorer.notebook.bridge import Link
from afif_explorer.state import Explorer
from afif_explorer.state.words import unlisted
from afif_explorer.wording import count

_STYLE = {"description_width": "112px"}
_STEPS_A_DECADE = 20
_MOST_STEPS = 1000  # a whole number with more values than this is typed, not slid


class Control:
    """The widget of one choice. ``widget`` is what is put on the page."""

    follows: tuple[str, ...] = ()  # beside the choice itself

    def __init__(self, explorer: Explorer, field: str) -> None:
        self.explorer, self.field = explorer, field
        self.parameter = explorer.param[field]
        self.widget = self.make()
        self.link = Link(explorer, [field, *self.follows], self.show)
        self.listen()
        self.link.refresh()

    @property
    def value(self) -> Any:
        """The choice as the explorer holds it."""
        return getattr(self.explorer, self.field)

    @property
    def looks(self) -> dict[str, Any]:
        """Label, tooltip and size, the same for every kind of control."""
        return {
            "description": self.parameter.label,
            "tooltip": self.parameter.doc,
            "style": _STYLE,
            "layout": ipywidgets.Layout(width="auto"),
        }

    def make(self) -> ipywidgets.DOMWidget:
        raise NotImplementedError

    def show(self) -> None:
        self.widget.value = self.value

    def listen(self) -> None:
        self.link.listen(self.widget, lambda value: {self.field: value})


class Pick(Control):
    """One of the values that exist for the data at hand."""

    follows = ("offered",)

    def make(self) -> ipywidgets.Dropdown:
        return ipywidgets.Dropdown(**self.looks)

    def show(self) -> None:
        options = self._options()
        if options != list(self.widget.options):
            self.widget.options = options
        self.widget.value = self.value

    def _options(self) -> list[tuple[str, Any]]:
        offered = self.explorer.offered.get(self.field)
        if offered is None and isinstance(self.parameter, param.Selector):
            offered = self.parameter.get_range()
        options = list((offered or {}).items())
        if self.value not in [value for _, value in options]:
            options.append((unlisted(self.field, self.value), self.value))
        return options


class Switch(Control):
    """Yes or no."""

    def make(self) -> ipywidgets.Checkbox:
        return ipywidgets.Checkbox(indent=True, **self.looks)


class Number(Control):
    """A number that is typed, or slid where it has few values."""

    def make(self) -> ipywidgets.DOMWidget:
        low, high = self.parameter.bounds
        usual_low, usual_high = self.parameter.softbounds
        if not isinstance(self.parameter, param.Integer):
            step = 10.0 ** math.floor(math.log10(usual_high - usual_low) - 3)
            kind: Any = ipywidgets.BoundedFloatText
            return kind(min=low, max=high, step=step, **self.looks)
        if usual_high - usual_low <= _MOST_STEPS:
            settings = {"min": usual_low, "max": usual_high, "continuous_update": False}
            return ipywidgets.IntSlider(**settings, **self.looks)
        return ipywidgets.BoundedIntText(min=low, max=high, **self.looks)

    def show(self) -> None:
        _make_room(self.widget, self.value)
        self.widget.value = self.value


class Logarithmic(Control):
    """A positive number on a logarithmic slider. ``None`` means: by rule, with a box to say so.

    The slider holds whole positions: a browser rounds any other value and sends that back.
    """

    follows = ("points", "lissa", "status")

    def make(self) -> ipywidgets.DOMWidget:
        low, high = (math.log10(bound) for bound in self.parameter.softbounds)
        self.whole = isinstance(self.parameter, param.Integer)
        self.low = low
        self.slider = ipywidgets.IntSlider(
            min=0,
            max=round(_STEPS_A_DECADE * (high - low)),
            readout=False,
            continuous_update=self.parameter.allow_None,
            **self.looks,
        )
        self.slider.layout.flex = "1 1 auto"
        self.readout = ipywidgets.HTML(layout=ipywidgets.Layout(width="64px"))
        line = ipywidgets.HBox([self.slider, self.readout])
        if not self.parameter.allow_None:
            return line
        self.automatic = ipywidgets.Checkbox(
            description="by the automatic rule",
            tooltip="Chosen from the largest eigenvalue and the trace of the curvature.",
            style=_STYLE,
            layout=ipywidgets.Layout(width="auto"),
        )
        return ipywidgets.VBox([line, self.automatic])

    def show(self) -> None:
        value = self.explorer.effective_value(self.field) if self.value is None else self.value
        if value:
            place = round(_STEPS_A_DECADE * (math.log10(value) - self.low))
            self.slider.value = min(max(place, self.slider.min), self.slider.max)
        self.readout.value = (
            "" if value is None else count(round(value)) if self.whole else f"{value:.3g}"
        )
        if self.parameter.allow_None:
            self.automatic.value = self.explorer.is_auto(self.field)

    def listen(self) -> None:
        self.link.listen(self.slider, lambda place: {self.field: self._at(place)})
        if self.parameter.allow_None:
            self.link.listen(self.automatic, self._by_rule)

    def _by_rule(self, automatic: bool) -> dict[str, Any]:
        turn = self.explorer.set_auto if automatic else self.explorer.pin
        turn(self.field)
        return {}

    def _at(self, place: int) -> float:
        """The number at a position of the slider."""
        value = 10 ** (self.low + place / _STEPS_A_DECADE)
        return round(value) if self.whole else float(f"{value:.3g}")


def _make_room(widget: Any, value: float) -> None:
    """Widen a slider's range if a value from Python lies outside."""
    if value > widget.max:
        widget.max = value
    if value < widget.min:
        widget.min = value


def control(explorer: Explorer, field: str) -> Control:
    """The control for one choice."""
    parameter = explorer.param[field]
    if field in explorer.offered or isinstance(parameter, param.Selector):
        return Pick(explorer, field)
    if isinstance(parameter, param.Boolean):
        return Switch(explorer, field)
    if NUMBERS[field].logarithmic and parameter.get_soft_bounds()[0] > 0:
        return Logarithmic(explorer, field)
    return Number(explorer, field)
