"""Every view, declared once and independent of the toolkit: the dashboard and the notebook render the same.

``SCREENS`` contains the views by name, ``HEAD`` and ``SELECTION`` the parts above all of them. To add a part
to a view, add it to the view's own file; both user interfaces have a renderer for its kind. See :mod:`parts`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from afif_explorer.screens.head import HEAD
from afif_explorer.screens.parts import Screen
from afif_explorer.screens.selecting.selection import SELECTION
from afif_explorer.screens.views.agreement import AGREEMENT
from afif_explorer.screens.views.compare import COMPARE
from afif_explorer.screens.views.cross_validation import CROSS_VALIDATION
from afif_explorer.screens.views.decisions import DECISIONS
from afif_explorer.screens.views.diagnostics import DIAGNOSTICS
from afif_explorer.screens.views.learn import LEARN
from afif_explorer.screens.views.lissa import LISSA
from afif_explorer.screens.views.patterns import PATTERNS
from afif_explorer.screens.views.points import POINTS
from afif_explorer.screens.views.unlearning import UNLEARNING

SCREENS: Mapping[str, Screen] = MappingProxyType(
    {
        screen.name: screen
        for screen in (
            POINTS,
            PATTERNS,
            DECISIONS,
            UNLEARNING,
            AGREEMENT,
            LISSA,
            CROSS_VALIDATION,
            DIAGNOSTICS,
            COMPARE,
            LEARN,
        )
    }
)

__all__ = ["HEAD", "SCREENS", "SELECTION", "Screen"]
