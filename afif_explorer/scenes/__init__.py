"""Ten interactive scenes about influence: declarations in Python, scripts in ``static/scenes``.

``SCENES`` has them by key, in order. Their texts, first states and questions are in :mod:`declared`; what
they compute and draw is JavaScript, joined by :mod:`bundle`, and the same in JupyterLab, in the dashboard
and in the page that :mod:`page` makes.
"""

from collections.abc import Mapping
from types import MappingProxyType

from afif_explorer.scenes.declared.guess import GUESS
from afif_explorer.scenes.declared.lever import LEVER
from afif_explorer.scenes.declared.liar import LIAR
from afif_explorer.scenes.declared.lissa import LISSA
from afif_explorer.scenes.declared.network import NETWORK
from afif_explorer.scenes.declared.penalty import PENALTY
from afif_explorer.scenes.declared.pulls import PULLS
from afif_explorer.scenes.declared.question import QUESTION
from afif_explorer.scenes.declared.twins import TWINS
from afif_explorer.scenes.declared.weight import WEIGHT
from afif_explorer.scenes.scene import Scene

SCENES: Mapping[str, Scene] = MappingProxyType(
    {
        scene.key: scene
        for scene in (GUESS, LEVER, QUESTION, PULLS, WEIGHT, TWINS, PENALTY, LISSA, NETWORK, LIAR)
    }
)

__all__ = ["SCENES", "Scene"]
