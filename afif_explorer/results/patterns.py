"""Groups of training rows in words, and what their removal does to the target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class PatternRows:
    """One group. Changes are of the target as it is reported, positive if it rises without the rows."""

    words: str
    ids: np.ndarray  # [m] of its rows
    share: float  # of the training rows
    p_value: (
        float  # that the best pattern of effects without relation to the columns scores as much
    )
    chosen: float  # the sum of the rows' effects on the target that patterns are chosen by
    summed: float  # the sum of the rows' effects
    newton: float  # by a Newton step without the rows; NaN if there is none
    retrained: float  # after a refit without the rows; NaN if it failed


@dataclass(frozen=True, eq=False)
class Patterns:
    """The groups, best first."""

    found: tuple[PatternRows, ...]
    n_train: int
    depth: int  # conditions in a group, at most
    searched: int  # groups that were compared
    permutations: int
    direction: str  # "lower" | "raise"
    chosen_on: str  # the rows on which the groups are chosen: "validation rows"
    told_on: str  # and those on which their effect is reported
    target_label: str  # without its rows: what is reported, such as "mean loss on the test rows"
    target_value: float  # at the fit, on the rows on which it is reported
    unit: str
    seconds: float
    notes: tuple[str, ...] = ()
