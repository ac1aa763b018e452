"""Results for figures, tables and exports: frozen dataclasses of NumPy and pandas values.

Conventions: an *effect* is the predicted change of the target if the row is removed,
``T(theta(w)) - T(theta(1))``, in the target's units. ``ids`` are the row numbers of the raw table; all
arrays of a result are in the same order. An unknown quantity is ``None``, never NaN.
"""

from afif_explorer.analysis.checks.finding import Check, Checks
from afif_explorer.results.comparison import ComparedRows, Comparison, Side
from afif_explorer.results.core import (
    Agreement,
    Cost,
    CrossValidationReport,
    DataSummary,
    FitSummary,
    GivenFit,
    HeldOutCheck,
    HeldOutEstimates,
    LissaReport,
    Points,
    Reach,
    RowValues,
    SolverSummary,
    Spread,
    Unlearning,
    Verification,
)
from afif_explorer.results.curvature_truth import Closeness, CurvatureTruth
from afif_explorer.results.decisions import Decisions, FlipProof, Person, PersonDecision
from afif_explorer.results.diagnostics import CoefficientRows, Diagnostics
from afif_explorer.results.patterns import PatternRows, Patterns
from afif_explorer.results.selection import Brush, Change, Removal, Trait, Watched

__all__ = [
    "Agreement",
    "Brush",
    "Change",
    "Check",
    "Checks",
    "Closeness",
    "CoefficientRows",
    "ComparedRows",
    "Comparison",
    "Cost",
    "CrossValidationReport",
    "CurvatureTruth",
    "DataSummary",
    "Decisions",
    "Diagnostics",
    "FitSummary",
    "FlipProof",
    "GivenFit",
    "HeldOutCheck",
    "HeldOutEstimates",
    "LissaReport",
    "PatternRows",
    "Patterns",
    "Person",
    "PersonDecision",
    "Points",
    "Reach",
    "Removal",
    "RowValues",
    "Side",
    "SolverSummary",
    "Spread",
    "Trait",
    "Unlearning",
    "Verification",
    "Watched",
]
