"""``ViewContext``: what every part of one explorer's widgets needs to know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from afif_explorer.errors import AfifError
from afif_explorer.state import Explorer


@dataclass(frozen=True, eq=False)
class ViewContext:
    """The state and what the widgets around it do."""

    explorer: Explorer
    dark: Callable[[], bool]  # are figures for a dark page now
    complain: Callable[[str], None]  # show what was refused

    def attempt(self, act: Callable[[], None]) -> None:
        """Do what a person asked for, or say why it cannot be done."""
        try:
            act()
        except (AfifError, ValueError) as error:
            self.complain(str(error))
