"""Figures: pure functions from results to plotly figures.

Every function takes one value of :mod:`afif_explorer.results` (or ``None``: its empty state) and
returns a :class:`plotly.graph_objects.Figure` with a transparent background, row ids in
``customdata`` and a ``uirevision`` that keeps zoom and pan as long as the axes have the same meaning.
``FIGURES`` lists them all; render each with ``CONFIG``.
"""

from afif_explorer.figures.checks import verification
from afif_explorer.figures.comparison import effect_comparison
from afif_explorer.figures.crossvalidation import held_out_losses, strength_path
from afif_explorer.figures.curvatures import agreement, spectra
from afif_explorer.figures.decisions import decision_margins, decision_shares
from afif_explorer.figures.diagnostics.coefficients import added_variable, coefficient_rows
from afif_explorer.figures.diagnostics.residuals import residual_leverage
from afif_explorer.figures.drawing import theme
from afif_explorer.figures.drawing.frame import CONFIG, empty
from afif_explorer.figures.drawing.registry import FIGURES, Figure
from afif_explorer.figures.leverages import leverage_distribution
from afif_explorer.figures.lissa import lissa_error, lissa_map
from afif_explorer.figures.patterns import patterns
from afif_explorer.figures.points.distribution import effect_distribution
from afif_explorer.figures.points.ranking import ranking
from afif_explorer.figures.points.row_map import row_map
from afif_explorer.figures.removal import metrics_change
from afif_explorer.figures.scores import score_distributions
from afif_explorer.figures.sweeps import sweep
from afif_explorer.figures.trade_off import trade_off
from afif_explorer.figures.truths import curvature_truths

__all__ = [
    "CONFIG",
    "FIGURES",
    "Figure",
    "added_variable",
    "agreement",
    "coefficient_rows",
    "curvature_truths",
    "decision_margins",
    "decision_shares",
    "effect_comparison",
    "effect_distribution",
    "empty",
    "held_out_losses",
    "leverage_distribution",
    "lissa_error",
    "lissa_map",
    "metrics_change",
    "patterns",
    "ranking",
    "residual_leverage",
    "row_map",
    "score_distributions",
    "spectra",
    "strength_path",
    "sweep",
    "theme",
    "trade_off",
    "verification",
]
