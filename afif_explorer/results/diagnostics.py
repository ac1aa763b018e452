"""Regression diagnostics of every training row, and one coefficient with what each row does to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class CoefficientRows:
    """One coefficient and every training row's part in it."""

    name: str
    value: float
    effect: np.ndarray  # [n] change of the coefficient without the row, in its own units
    dfbetas: np.ndarray  # [n] in standard errors; positive: the row raises the coefficient
    added: (
        tuple[np.ndarray, np.ndarray] | None
    )  # input and response of its added-variable plot, [n] each
    no_plot: str = ""  # why there is no such plot


@dataclass(frozen=True, eq=False)
class Diagnostics:
    """Every training row as a statistician would look at it."""

    ids: np.ndarray  # [n]
    leverage: np.ndarray  # [n]
    residual: np.ndarray | None  # [n] standardised Pearson residual; None for several outputs
    cooks_distance: np.ndarray  # [n]; NaN where it is not defined
    rank: int  # parameters that the rows determine
    influential: np.ndarray  # [n] bool: beyond one of the usual limits
    rule: str  # those limits, in words
    outliers: np.ndarray  # ids of the rows that Bonferroni's test calls outliers
    names: tuple[str, ...]  # of the coefficients; () for a model without named ones
    values: np.ndarray  # [p] their values
    largest: np.ndarray  # [p] the largest |DFBETAS| of a row
    largest_row: np.ndarray  # [p] its id
    beyond: np.ndarray  # [p] how many rows are beyond 2 / sqrt(n)
    coefficient: CoefficientRows | None  # the one in focus
    no_coefficients: str = ""  # why there are none
    notes: tuple[str, ...] = ()
