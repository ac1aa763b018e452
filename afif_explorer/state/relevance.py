"""Which settings affect the current view, given the others."""

from __future__ import annotations

from typing import Any

from afif_explorer.state.work import ALWAYS, NEEDED, SOURCES
from afif_explorer.study.keys import effective

_OF_SOME_DATA = ("sensitive", "favourable", "pair")  # that not all data have


def relevant(explorer: Any) -> set[str]:
    """The fields that the current view's results depend on; only their controls are shown.

    The solver is included even if it cannot be chosen: its control shows which one is used.
    """
    spec = explorer.spec
    results = (*ALWAYS, *NEEDED[spec.view])
    found = {name for result in results for name in effective(SOURCES[result].key, spec)}
    found -= {name for name in _OF_SOME_DATA if not explorer.offered.get(name)}
    if not explorer.offered.get("sensitive"):
        found -= {"minimum", "merge_small"}
    return found | {"solver"}
