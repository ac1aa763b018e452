"""Every view, declared once and independent of the toolkit: the dashboard and the notebook render the same.

``SCREENS`` contains the views by name, ``HEAD`` and ``SELECTION`` the parts above all of them. To add a part
to a view, add it to the view's own file; both user interfaces have a renderer for its kind. See :mod:`parts`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from afif_explorer.screens.agreement import AGREEMENT
from afif_explorer.screens.cross_validation import CROSS_VALIDATION
from afif_explorer.screens.head import HEAD
from afif_explorer.screens.lissa import LISSA
from afif_explorer.screens.parts import Screen
from afif_explorer.screens.points import POINTS
from afif_explorer.screens.selection import SELECTION
from afif_explorer.screens.unlearning import UNLEARNING

SCREENS: Mapping[str, Screen] = MappingProxyType(
    {screen.name: screen for screen in (POINTS, AGREEMENT, LISSA, CROSS_VALIDATION, UNLEARNING)}
)

__all__ = ["HEAD", "SCREENS", "SELECTION", "Screen"]
