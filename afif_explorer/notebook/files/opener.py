"""``Opener``: a button that opens and closes a part of the widgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets


class Opener:
    """Shows ``content`` while ``button`` is pressed; ``turned(is_open)`` is called at every change."""

    def __init__(
        self,
        label: str,
        icon: str,
        content: ipywidgets.DOMWidget,
        turned: Callable[[bool], None] = lambda is_open: None,
    ) -> None:
        self._content, self._turned = content, turned
        self.button = ipywidgets.ToggleButton(
            description=label, icon=icon, layout=ipywidgets.Layout(width="auto")
        )
        content.layout.display = "none"
        self.button.observe(self._turn, names="value")

    def close(self) -> None:
        """Close it, as a press of the button does."""
        self.button.value = False

    def _turn(self, change: Any) -> None:
        self._content.layout.display = None if change.new else "none"
        self._turned(change.new)
