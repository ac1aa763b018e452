"""Which choices make a difference to what is on screen, given the others."""

from __future__ import annotations

from typing import Any

from afif_explorer.state.work import ALWAYS, NEEDED, SOURCES
from afif_explorer.study.keys import effective

_OF_SOME_DATA = ("sensitive", "favourable", "pair")  # that not all data have


def relevant(explorer: Any) -> set[str]:
    """The fields on which a result of the current view depends; what a control is shown for.

    The solver is among them even where it cannot be chosen: its control says how a removal is solved.
    """
    spec = explorer.spec
    results = (*ALWAYS, *NEEDED[spec.view])
    found = {name for result in results for name in effective(SOURCES[result].key, spec)}
    found -= {name for name in _OF_SOME_DATA if not explorer.offered.get(name)}
    return found | {"solver"}
