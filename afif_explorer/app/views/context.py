"""``PageContext``: the state and services shared by all parts of a visitor's page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from afif_explorer.app.components.fields import Fields
from afif_explorer.app.updates.follower import Follower
from afif_explorer.app.updates.scheduler import Scheduler
from afif_explorer.errors import AfifError


@dataclass(frozen=True, eq=False)
class PageContext:
    """One visitor's state and the services of the page around it."""

    explorer: Any  # the Explorer
    follower: Follower
    fields: Fields
    explain: Callable[[str], None]  # open a help page
    complain: Callable[[str], None]  # show an error
    dark: Callable[[], bool]  # whether the page is dark
    scheduler: Scheduler  # for deferred work

    def attempt(self, act: Callable[[], None]) -> None:
        """Do what a person asked for, or say why it cannot be done."""
        try:
            act()
        except (AfifError, ValueError) as error:
            self.complain(str(error))
