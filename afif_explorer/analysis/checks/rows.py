"""Checks of single rows on which much depends."""

from __future__ import annotations

import numpy as np
import torch

from afif_explorer.analysis.checks.finding import OK, UNKNOWN, WARNING, Check
from afif_explorer.analysis.checks.subject import Subject
from afif_explorer.analysis.rows.diagnostics import diagnostics_of
from afif_explorer.engine.influence.smooth import Influence

LEVERAGE = 0.5  # above which a row determines more of its own prediction than all others together
DISTANCE = 1.0  # Cook's distance: the parameters move by about their joint standard error


def leverage(subject: Subject) -> Check:
    """AX305: leverage above 0.5."""
    title = "leverages are small"
    why = "Such a row nearly fixes its own prediction; a plain step sees little of what its removal does."
    if not subject.affordable:
        return Check("AX305", title, UNKNOWN, "Leverages are too expensive here.", why, "")
    values = _largest_shares(subject.influence)
    rows = np.flatnonzero(values > LEVERAGE)
    rows = rows[np.argsort(-values[rows], kind="stable")]
    largest = float(values.max())
    seen = f"The largest leverage is {largest:.2g}"
    return Check(
        "AX305",
        title,
        WARNING if len(rows) else OK,
        f"{seen}; it is above {LEVERAGE} for the rows {subject.ids(rows)}."
        if len(rows)
        else f"{seen}.",
        why,
        "Correct effects by the leverage, use NewtonStep, or refit without these rows."
        if len(rows)
        else "",
        {"largest": largest, "rows": len(rows)},
    )


def _largest_shares(influence: Influence) -> np.ndarray:
    """The largest share that each row's outputs have in themselves, ``[n]``; of one output its leverage."""
    roots = influence.objective.loss.root(influence.point.outputs)
    blocks = roots.mT @ influence.row_blocks @ roots
    return torch.linalg.eigvalsh(blocks)[:, -1].cpu().numpy()


def distance(subject: Subject) -> Check:
    """AX306: Cook's distance above 1."""
    title, why = "no row moves the whole fit", "One row decides where the parameters are."
    if not subject.affordable:
        return Check("AX306", title, UNKNOWN, "Cook's distances are too expensive here.", why, "")
    values = diagnostics_of(subject.influence, subject.fit)["cooks_distance"].to_numpy()
    if np.isnan(values).all():
        told = "Cook's distance is undefined: no degree of freedom is left."
        return Check("AX306", title, UNKNOWN, told, why, "")
    rows, largest = np.flatnonzero(values > DISTANCE), float(np.nanmax(values))
    seen = f"The largest Cook's distance is {largest:.2g}"
    return Check(
        "AX306",
        title,
        WARNING if len(rows) else OK,
        f"{seen}; it is above {DISTANCE:g} for the rows {subject.ids(rows)}."
        if len(rows)
        else f"{seen}.",
        why,
        "Look at these rows, and report results with and without them." if len(rows) else "",
        {"largest": largest, "rows": len(rows)},
    )
