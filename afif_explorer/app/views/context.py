"""``PageContext``: what every part of one visitor's page needs to know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from afif_explorer.app.components.fields import Fields
from afif_explorer.app.updates.follower import Follower
from afif_explorer.app.updates.scheduler import Scheduler


@dataclass(frozen=True, eq=False)
class PageContext:
    """One visitor's state and the services of the page around it."""

    explorer: Any  # the Explorer
    follower: Follower
    fields: Fields
    explain: Callable[[str], None]  # open a page of explanations
    complain: Callable[[str], None]  # show what went wrong
    dark: Callable[[], bool]  # is the page dark now
    scheduler: Scheduler  # when to do what can wait
