"""Figures: pure functions from results to plotly figures.

Every function takes one value of :mod:`afif_explorer.results` (or ``None``: its empty state) and
returns a :class:`plotly.graph_objects.Figure` with a transparent background, row ids in
``customdata`` and a ``uirevision`` that keeps zoom and pan as long as the axes have the same meaning.
``FIGURES`` lists them all; render each with ``CONFIG``.
"""

from afif_explorer.figures.checks import verification
from afif_explorer.figures.crossvalidation import held_out_losses, strength_path
from afif_explorer.figures.curvatures import agreement, spectra
from afif_explorer.figures.distribution import effect_distribution
from afif_explorer.figures.drawing import theme
from afif_explorer.figures.drawing.frame import CONFIG, empty
from afif_explorer.figures.drawing.registry import FIGURES, Figure
from afif_explorer.figures.leverages import leverage_distribution
from afif_explorer.figures.lissa import lissa_error, lissa_map
from afif_explorer.figures.removal import metrics_change
from afif_explorer.figures.rows import ranking, row_map
from afif_explorer.figures.scores import score_distributions
from afif_explorer.figures.sweeps import sweep

__all__ = [
    "CONFIG",
    "FIGURES",
    "Figure",
    "agreement",
    "effect_distribution",
    "empty",
    "held_out_losses",
    "leverage_distribution",
    "lissa_error",
    "lissa_map",
    "metrics_change",
    "ranking",
    "row_map",
    "score_distributions",
    "spectra",
    "strength_path",
    "sweep",
    "theme",
    "verification",
]
