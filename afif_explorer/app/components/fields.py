"""Widgets for settings: each shows and sets one field of the ``Explorer``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from afif_explorer.app import panel_patches
from afif_explorer.app.components import toolkit
from afif_explorer.app.components.elements import NO_MARGIN
from afif_explorer.app.updates.follower import Follower
from afif_explorer.state.words import unlisted

WIDE: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": NO_MARGIN, "width": None}


def put(widget: Any, **values: Any) -> None:
    """Set only what differs: assigning an unchanged value to a widget is slow and has no effect."""
    new = {name: value for name, value in values.items() if getattr(widget, name) != value}
    if new:
        widget.param.update(**new)


class Fields:
    """Creates widgets for the settings of ``explorer`` and keeps both in step.

    A value that the explorer rejects is reverted, and ``complain`` is called with the reason.
    """

    def __init__(self, explorer: Any, follower: Follower, complain: Callable[[str], None]) -> None:
        self.explorer = explorer
        self.follower = follower
        self.complain = complain

    def tie(
        self,
        name: str,
        widget: Any,
        *,
        show: Callable[[], None],
        read: Callable[[Any], Any],
        also: tuple[str, ...] = (),
    ) -> Any:
        """Link ``widget`` and field ``name``: ``show()`` updates one, ``read(value)`` the other."""

        def changed(event: Any) -> None:
            if event.type == "triggered":  # an update from the explorer, not the user
                return
            self.set(name, read(event.new))
            show()

        show()
        panel_patches.send_value_at_once(widget)
        widget.param.watch(changed, "value")
        self.follower.on((name, "offered", *also), lambda _changed: show())
        return widget

    def set(self, name: str, value: Any) -> None:
        """Set ``name`` to ``value``, or show why that is invalid."""
        if getattr(self.explorer, name) == value:
            return
        try:
            setattr(self.explorer, name, value)
        except ValueError as error:
            self.complain(str(error))

    def parameter(self, name: str) -> Any:
        """The param of a field: its label, doc and bounds."""
        return self.explorer.param[name]

    def offered(self, name: str) -> dict[str, Any]:
        """The available values of ``name``, by label."""
        known = self.explorer.offered.get(name)
        return dict(known if known is not None else self.parameter(name).get_range())

    def select(self, name: str, **params: Any) -> Any:
        """A drop-down list."""
        parameter = self.parameter(name)
        widget = toolkit.Select(
            label=parameter.label, description=parameter.doc, size="small", **(WIDE | params)
        )

        def show() -> None:
            value = getattr(self.explorer, name)
            options = self.offered(name)
            if value not in options.values():
                options[unlisted(name, value)] = value
            renamed = widget.options != options
            put(widget, options=options, value=value, disabled=len(options) < 2)
            if renamed:
                widget.param.trigger("value")  # otherwise it keeps showing the previous label

        return self.tie(name, widget, show=show, read=lambda value: value)

    def switch(self, name: str, **params: Any) -> Any:
        """A switch for a field that is true or false."""
        parameter = self.parameter(name)
        widget = toolkit.Switch(
            label=parameter.label, description=parameter.doc, size="small", **(WIDE | params)
        )

        def show() -> None:
            put(widget, value=getattr(self.explorer, name))

        return self.tie(name, widget, show=show, read=bool)

    def whole(self, name: str, **params: Any) -> Any:
        """An input for an integer."""
        parameter = self.parameter(name)
        low, high = parameter.bounds
        widget = toolkit.IntInput(
            label=parameter.label,
            description=parameter.doc,
            start=int(low),
            end=int(high),
            size="small",
            **(WIDE | params),
        )

        def show() -> None:
            put(widget, value=getattr(self.explorer, name))

        def read(value: int | None) -> int:
            return getattr(self.explorer, name) if value is None else int(value)

        return self.tie(name, widget, show=show, read=read)
