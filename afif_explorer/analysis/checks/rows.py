"""Checks of single rows on which much depends."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from afif_explorer.analysis.checks.finding import OK, UNKNOWN, WARNING, Check
from afif_explorer.analysis.checks.subject import Subject
from afif_explorer.analysis.rows.diagnostics import diagnostics_of

LEVERAGE = 0.5  # above which a row determines more of its own prediction than all others together
DISTANCE = 1.0  # Cook's distance: the parameters move by about their joint standard error


def leverage(subject: Subject) -> Check:
    """AX305: leverage above 0.5."""
    title = "leverages are small"
    why = "Such a row nearly fixes its own prediction; a plain step captures little of its removal."
    if not subject.affordable:
        return Check("AX305", title, UNKNOWN, "Leverages are too expensive here.", why, "")
    values = subject.influence.largest_shares().cpu().numpy()
    seen = _Seen("leverage", values, LEVERAGE)
    remedy = "Correct effects by the leverage, use NewtonStep, or refit without these rows."
    return seen.check("AX305", title, why, remedy, subject)


def distance(subject: Subject) -> Check:
    """AX306: Cook's distance above 1."""
    title, why = (
        "no row moves the whole fit",
        "One row determines the parameters to a large extent.",
    )
    if not subject.affordable:
        return Check("AX306", title, UNKNOWN, "Cook's distances are too expensive here.", why, "")
    values = diagnostics_of(subject.influence, subject.fit)["cooks_distance"].to_numpy()
    if np.isnan(values).all():
        told = "Cook's distance is undefined: no degree of freedom is left."
        return Check("AX306", title, UNKNOWN, told, why, "")
    seen = _Seen("Cook's distance", values, DISTANCE)
    remedy = "Look at these rows, and report results with and without them."
    return seen.check("AX306", title, why, remedy, subject)


class _Seen(NamedTuple):
    """A measure of each row ``[n]``, and the value above which it is a warning."""

    name: str
    values: np.ndarray
    limit: float

    def check(self, code: str, title: str, why: str, remedy: str, subject: Subject) -> Check:
        """The check: rows above the limit, largest first."""
        rows = np.flatnonzero(self.values > self.limit)
        rows = rows[np.argsort(-self.values[rows], kind="stable")]
        largest = float(np.nanmax(self.values))
        seen = f"The largest {self.name} is {largest:.2g}"
        facts = {"largest": largest, "rows": len(rows)}
        if not len(rows):
            return Check(code, title, OK, f"{seen}.", why, "", facts)
        named = f"{seen}; it is above {self.limit:g} for the rows {subject.ids(rows)}."
        return Check(code, title, WARNING, named, why, remedy, facts)
