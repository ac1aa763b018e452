"""Results for the settings of now: everything in an exported file belongs to them."""

from __future__ import annotations

from typing import Any

from afif_explorer.choices import label
from afif_explorer.errors import InvalidChoice
from afif_explorer.state import Explorer
from afif_explorer.state.work import ALWAYS


def current(explorer: Explorer, name: str) -> Any:
    """The result ``name`` for the current settings.

    Raises :class:`InvalidChoice` if what is on screen belongs to earlier settings or does not exist.
    """
    require(explorer, name)
    result = getattr(explorer, name)
    if result is None:
        raise InvalidChoice(f"There is nothing to export. {explorer.absence(name)}".strip())
    return result


def require(explorer: Explorer, *names: str) -> None:
    """Raise :class:`InvalidChoice` unless these results are known for the current settings."""
    for name in names:
        if not explorer.fresh(name):
            raise InvalidChoice(_why_not(explorer, name))


def _why_not(explorer: Explorer, name: str) -> str:
    status = explorer.status
    if status.kind == "running":
        return (
            "Results for the current settings are still being computed; export when they are ready."
        )
    if explorer.stale or name in ALWAYS:
        way_on = "choose Try again, then export." if status.again else status.message
        return f"The results on screen belong to earlier settings; {way_on}"
    return (
        f"Open {label('view', name)} first: its results have not been computed for these settings."
    )
