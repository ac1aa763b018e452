"""The results of a session as parameters; each is None until it is computed."""

from __future__ import annotations

import pandas as pd
import param

from afif_explorer import results
from afif_explorer.state.selection import Selection


def _result(kind: type, doc: str) -> param.ClassSelector:
    return param.ClassSelector(class_=kind, default=None, allow_None=True, constant=True, doc=doc)


class Results(Selection):
    """All results, by their name in :data:`~afif_explorer.state.work.SOURCES`."""

    data = _result(results.DataSummary, "A summary of the data set.")
    frame = _result(pd.DataFrame, "The raw training rows; the index holds the row ids.")
    fitted = _result(results.FitSummary, "The result of training.")
    points = _result(results.Points, "Every training row with its effect; None if diverged.")
    agreement = _result(results.Agreement, "Effects under the Fisher and under the Hessian.")
    lissa = _result(results.LissaReport, "LiSSA at this scale and depth, and as a map over both.")
    cross_validation = _result(results.CrossValidationReport, "Held-out losses.")
    brush = _result(results.Brush, "Every row's effect on the watched quantities.")
    removal = _result(results.Removal, "What happens without the selected rows.")
    unlearning = _result(results.Unlearning, "The effect of removing rows.")
    patterns = _result(results.Patterns, "Groups of rows in words, and what their removal does.")
    decisions = _result(results.Decisions, "How few training rows carry each decision.")
    diagnostics = _result(results.Diagnostics, "Residuals, leverages, and coefficients.")
    checks = _result(results.Checks, "What to know about the fit before effects are trusted.")
    comparison = _result(results.Comparison, "This fit beside the pinned one.")
    scene = param.Tuple(
        default=("", ""), length=2, doc="The link that Learn begins with, and what its points are."
    )
    person = _result(results.Person, "The row of the split in focus, and the rows that carry it.")
    verification = _result(results.Verification, "Predicted and retrained effects, after verify().")
