"""Results about the selected rows: what is predicted without them, and what distinguishes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from afif_explorer.results.core import Reach


@dataclass(frozen=True)
class Watched:
    """A quantity that is followed while rows are selected."""

    key: str  # "target" | "loss" | "accuracy" | "gap"
    label: str  # "mean loss of the test rows"
    unit: str
    value: float  # of the fit on all rows


@dataclass(frozen=True, eq=False)
class Brush:
    """The effects of all training rows on the watched quantities; their sums approximate a set's effect."""

    ids: np.ndarray  # [n]
    watched: tuple[Watched, ...]
    effects: np.ndarray  # [k, n] float32; NaN where a row's removal is not defined


@dataclass(frozen=True)
class Change:
    """The change of a watched quantity without a set of rows."""

    of: Watched
    predicted: float
    summed: float  # the sum of the rows' own effects, which a hand that drags sees
    reach: Reach  # how far to trust ``predicted``
    retrained: float | None = None  # by a true refit, if it was asked for


@dataclass(frozen=True)
class Trait:
    """A condition on one column that differs in frequency between a set of rows and all rows."""

    words: str
    share: float  # of the rows
    overall: float  # of all rows
    likely_chance: bool  # random rows would often differ as much


@dataclass(frozen=True, eq=False)
class Removal:
    """What happens without the selected rows, and how these differ from all."""

    ids: np.ndarray  # [m]
    n_train: int
    changes: tuple[Change, ...]  # the target's first; empty if they cannot be removed
    traits: tuple[Trait, ...]  # those that differ most first
    refused: str = ""  # why they cannot be removed
    gradient_norm: float | None = None  # at which retraining stopped
    elsewhere: str = ""  # if the refit ended in another minimum
