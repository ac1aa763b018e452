"""Two fits side by side: the present one, and the one that was pinned as the baseline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from afif_explorer.results.core import SolverSummary


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two fits."""

    words: str  # model, penalty and method
    metrics: dict[str, float]  # display name -> value on the test split
    target_value: float
    solver: SolverSummary


@dataclass(frozen=True, eq=False)
class ComparedRows:
    """The effects of all training rows under both, and the rows that change sides."""

    ids: np.ndarray  # [n]
    before: np.ndarray  # [n] effects at the baseline
    now: np.ndarray  # [n]
    pearson: float | None
    spearman: float | None
    top_k: int
    overlap: float  # share of the top_k largest |effect| that both have in common
    turned: np.ndarray  # ids of the rows of these whose effect has the other sign, largest first
    split: str  # "test rows": where predictions are compared
    difference: float  # root mean square difference of the predictions
    changed: np.ndarray  # ids of the rows of the split with another decision; empty for numbers
    decisions: tuple[np.ndarray, np.ndarray]  # theirs at the baseline, and now
    n_split: int


@dataclass(frozen=True, eq=False)
class Comparison:
    """``before`` and ``rows`` are None while no fit is pinned."""

    now: Side
    before: Side | None
    rows: ComparedRows | None
    target_label: str
    unit: str
