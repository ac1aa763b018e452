"""How few training rows carry each decision, and one row of a split with those rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Decisions:
    """The decisions on the rows of a split."""

    split: str  # "test"
    rows_label: str  # "test rows"
    ids: np.ndarray  # [m] of the rows of the split
    decision: np.ndarray  # [m] str
    margin: np.ndarray  # [m] log-odds by which the decision leads the next class
    counts: np.ndarray  # [m] training rows that carry it; NaN above ``most``
    verified: np.ndarray  # [m] bool: a refit without those rows did decide otherwise
    group: np.ndarray  # [m] str; "" without a sensitive column
    n_train: int
    most: int  # rows up to which sets are searched
    refitted: int  # counts up to this are all verified by refits
    seconds: float


@dataclass(frozen=True, eq=False)
class FlipProof:
    """A refit without the rows that carry a decision."""

    after: str  # the decision of the refit
    margin: float  # log-odds of the decision before over the next class; below 0 if it has lost
    flipped: bool
    gradient_norm: float


@dataclass(frozen=True, eq=False)
class PersonDecision:
    """A decision on one row, and the training rows that carry it."""

    decided: str
    rival: str  # the class that it would change to
    margin: float  # log-odds by which it leads the rival
    rows: np.ndarray  # ids of the training rows that carry it, the most important first; maybe none
    verified: bool  # whether a refit without them is known to decide otherwise
    most: int  # rows up to which such a set was searched


@dataclass(frozen=True, eq=False)
class Person:
    """One row of a split: its values, its prediction, and the training rows that matter for it."""

    split: str
    rows_label: str  # "test rows"
    place: int  # its position in the split
    id: int
    values: Mapping[str, object]  # its columns
    outcome: str  # observed
    prediction: float  # probability of ``predicted``, count or value
    predicted: str  # the class whose probability it is; "" if numbers are predicted
    shown: np.ndarray  # ids of the training rows in the table
    effects: np.ndarray  # of removing each of them, on ``prediction``
    outcomes: np.ndarray  # str: their observed target
    unit: str  # of the prediction
    decision: PersonDecision | None  # None if numbers are predicted
    proof: FlipProof | None = None
