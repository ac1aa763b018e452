"""Data, fit and effects, and what the views of effects show. See :mod:`afif_explorer.results`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from afif_explorer.results.curvature_truth import CurvatureTruth


@dataclass(frozen=True)
class GivenFit:
    """A fit that the explorer was given: nothing is trained, and nothing of it can be chosen."""

    model: str  # in words
    penalty: str  # with its strength, for use inside a sentence
    retrained_by: str  # whose training refits use


@dataclass(frozen=True, eq=False)
class DataSummary:
    """The data set, as displayed."""

    name: str
    title: str
    task: str  # "regression" | "classification" | "count"
    target: str  # display name of the column that is predicted
    classes: tuple[str, ...]  # display names, in the order of the model's outputs; () if regression
    n_train: int
    n_validation: int
    n_test: int
    feature_names: tuple[str, ...]
    sensitive: tuple[str, ...]  # display names of the sensitive columns
    groups: tuple[dict[str, int], ...]  # per sensitive column: training rows in each group
    notes: tuple[str, ...]  # what was done to the data: missing values, dropped columns, ...
    source: str = ""
    licence: str = ""
    file: str = ""  # the name of the uploaded file, if any
    how: Mapping[str, Any] = field(default_factory=dict)  # the options of ``inspect`` that read it
    made: Mapping[str, Any] | None = None  # the options of ``Dataset.from_frame``, if it was used
    group_names: tuple[tuple[str, ...], ...] = ()  # per sensitive column: its groups in any split
    row_ids: Mapping[str, np.ndarray] = field(default_factory=dict)  # by split
    picture: tuple[int, int] | None = None  # height and width, if a row's first columns are pixels
    # ids of training rows whose label is known to be wrong
    planted: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    given: GivenFit | None = None  # the fit that the data set came with, if it was not chosen here


@dataclass(frozen=True, eq=False)
class FitSummary:
    """The result of training."""

    model: str
    n_parameters: int
    metrics: dict[str, float]  # display name -> value on the test split (and the number of zeros)
    gradient_norm: float
    gradient_threshold: float  # converged if the gradient norm is at most this
    converged: bool
    steps: int
    seconds: float
    device: str  # description of the device
    advice: str = ""  # what to do if it did not converge


@dataclass(frozen=True, eq=False)
class SolverSummary:
    """The solve of ``(curvature + damping) x = c``."""

    name: str
    status: str  # "converged" | "max_steps" | "diverged"
    advice: str
    residual: float | None  # ||(C + damping) x - c|| / ||c||; KKT residual of a proximal step
    error: float | None  # of x relative to the direct solve, if that is affordable
    seconds: float
    scale: float | None = None
    depth: int | None = None
    off: float | None = None  # relative error of what is shown: effects, or a change of the target
    leverage_corrected: bool = False  # the step, as opposed to the plain one


@dataclass(frozen=True, eq=False)
class RowValues:
    """One value of each row, a number or the position of its level in ``levels``; NaN: none."""

    values: np.ndarray  # [n]
    label: str
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Points:
    """Every training row with its effect on one target."""

    ids: np.ndarray  # [n] int
    effect: np.ndarray  # [n]
    self_influence: np.ndarray  # [n] predicted increase of the row's own loss if it is removed
    leverage: np.ndarray  # [n] in [0, 1]
    loss: np.ndarray  # [n]
    prediction: np.ndarray  # [n] mean prediction (probability of ``predicted``, count or value)
    outcome: np.ndarray  # [n] str: the observed target, as displayed
    group: np.ndarray  # [n] str: the group of the chosen sensitive column ("" without one)
    across: RowValues  # the map's coordinates
    up: RowValues
    target_label: str  # "mean loss on the test rows"
    unit: str  # "nats", "probability", ...
    target_value: float  # of the fit on all rows
    raises: str  # the meaning of a positive effect: "removing the row raises the loss"
    solver: SolverSummary
    predicted: str = ""  # the class that is taken to be favourable; empty if numbers are predicted
    compares: str = ""  # for a target that is a gap: its two groups, with their row counts
    spread: Spread | None = None  # of that gap
    notes: tuple[str, ...] = ()  # caveats
    colour: RowValues | None = None  # of the map; None: the effect


@dataclass(frozen=True, eq=False)
class Cost:
    """The cost of computing the effects with one curvature."""

    products: int  # curvature-vector products
    flops: float
    seconds: float
    steps: float = 0.0  # the FLOPs among them that are proximal steps


@dataclass(frozen=True, eq=False)
class Agreement:
    """Effects under Fisher and Hessian, row by row."""

    ids: np.ndarray
    fisher: np.ndarray
    hessian: np.ndarray
    pearson: float | None
    spearman: float | None
    slope: float | None  # least squares of fisher on hessian
    top_k: int
    overlap: float  # share of the top_k largest |effect| that both have in common
    identical: bool  # identical in theory: a linear map with its canonical loss
    fisher_eigenvalues: np.ndarray  # ascending; empty if too large to compute
    hessian_eigenvalues: np.ndarray
    relative_gap: float | None  # ||H^-1/2 F H^-1/2 - I||
    fisher_cost: Cost
    hessian_cost: Cost
    target_label: str
    unit: str
    solver: SolverSummary  # of the Fisher effects, which use the chosen solver


@dataclass(frozen=True, eq=False)
class Verification:
    """Predicted effects and true effects by retraining, for a subset of rows."""

    ids: np.ndarray
    predicted: np.ndarray
    actual: np.ndarray
    picked: np.ndarray  # [m] str: why the row was checked: "largest effect" | "random" | "selected"
    pearson: float | None
    spearman: float | None
    slope: float | None
    gradient_norm: float  # the largest that any refit stopped at
    seconds: float
    target_label: str
    unit: str
    solver: SolverSummary  # of the predictions
    curvatures: CurvatureTruth | None = None  # both curvatures on the same rows
    elsewhere: str = ""  # about refits that ended in another minimum


@dataclass(frozen=True, eq=False)
class LissaReport:
    """LiSSA's error at one scale and depth, and over a grid of both."""

    scale: float
    depth: int
    batch_size: int
    repeats: int
    damping: float
    automatic_scale: float
    automatic_depth: int  # the automatic depth for ``scale``
    rule_depth: int  # the automatic depth for the automatic scale
    largest_eigenvalue: float
    smallest_eigenvalue: float
    trace: float
    steps: np.ndarray  # [s] depths at which the error is given
    mean_error: np.ndarray  # [s] error of the full-batch recursion relative to the direct solve
    run_error: np.ndarray  # [r] error of the stochastic mini-batch run; empty before it has run
    run_steps: np.ndarray  # [r]
    run_status: str  # "converged" | "max_steps" | "diverged" | "" before it has run
    map_scales: np.ndarray  # [a]
    map_depths: np.ndarray  # [b]
    map_error: np.ndarray  # [b, a]; NaN where the recursion diverges
    advice: str
    # After the run, the relative distance of the computed result from:
    run_gap: float | None = None  # the mini-batch run, of which it is the mean
    recursion_gap: float | None = None  # the full-batch recursion, carried out step by step


@dataclass(frozen=True, eq=False)
class HeldOutCheck:
    """Held-out losses of some rows by true refits without them, one entry per refit."""

    ids: np.ndarray  # [c] row ids; each row occurs once per strength
    strength: np.ndarray  # [c] of the penalty
    predicted: np.ndarray  # [c] increase of the row's own loss when it is left out
    actual: np.ndarray  # [c]
    strengths: np.ndarray  # [s] distinct
    mean: np.ndarray  # [s] held-out loss of all rows: predicted, corrected by the checked rows
    standard_error: np.ndarray  # [s] of that correction
    pearson: float | None
    slope: float | None  # least squares of actual on predicted
    gradient_norm: float  # the largest that any refit stopped at
    seconds: float
    elsewhere: str = ""  # about refits that ended in another minimum


@dataclass(frozen=True, eq=False)
class CrossValidationReport:
    """Approximate leave-one-out losses: by strength, and row by row at the chosen strength."""

    penalty: str  # its display name
    strengths: np.ndarray  # [s] ascending; empty without a penalty
    mean: np.ndarray  # [s] held-out loss
    standard_error: np.ndarray  # [s] of ``mean``
    training: np.ndarray  # [s] mean loss of the training rows at the fit on all of them
    best: float | None  # strength with the smallest mean
    one_standard_error: float | None  # the strongest whose mean is within one standard error of it
    strength: float | None  # the chosen one; None without a penalty
    mean_here: float  # held-out loss at the chosen strength
    standard_error_here: float
    ids: np.ndarray  # [n]
    rise: np.ndarray  # [n] increase of the row's own loss when it is left out
    leverage: np.ndarray  # [n]; their sum is the effective number of parameters
    n_parameters: int
    check: HeldOutCheck | None  # None before it was requested
    unit: str  # of a loss
    notes: tuple[str, ...] = ()
    estimates: HeldOutEstimates | None = None  # with the check


@dataclass(frozen=True, eq=False)
class HeldOutEstimates:
    """Held-out losses at the chosen strength by several ways: the result of ``leave_one_out``."""

    table: pd.DataFrame  # of the rows that were refitted without, those that differ most first
    means: Mapping[str, float]  # of all rows
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Spread:
    """95 % bootstrap intervals of a gap at the fit, and of its change in other states."""

    low: float  # NaN, as all ends, if only one row of a group counts
    high: float
    # "predicted", "retrained" -> change, low, high; none for gaps of decisions
    changes: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Reach:
    """How far a prediction about removed rows can be trusted."""

    level: Literal["good", "fair", "poor"]
    leverage: float  # sum of the leverages of the removed rows
    share: float  # of the training rows, removed
    text: str


@dataclass(frozen=True, eq=False)
class Unlearning:
    """The effect of removing a set of rows: before, predicted and (on request) retrained."""

    rule: str  # as displayed
    ids: np.ndarray  # removed rows
    n_train: int
    metrics: pd.DataFrame  # index: display names; columns: before, predicted, maybe retrained
    units: dict[str, str]
    disparity: str | None  # the row of metrics that the view focuses on
    shares: np.ndarray  # [s] of rows removed, for the sweep
    # "AFIF", "AFIF, leverage correction", "Newton step", "retrained" -> disparity [s]
    sweep: dict[str, np.ndarray]
    scores_before: dict[str, np.ndarray]  # group -> mean predictions on the test rows
    scores_after: dict[str, np.ndarray]  # predicted
    reach: Reach
    solver: SolverSummary  # of the least accurate prediction
    retrained: bool
    seconds: float
    gradient_norm: float | None = None  # at which retraining stopped
    notes: tuple[str, ...] = field(default=())
    # for metrics that are gaps: the two groups compared, with their row counts, and why it is undefined
    compares: Mapping[str, str] = field(default_factory=dict)
    undefined: Mapping[str, str] = field(default_factory=dict)
    spreads: Mapping[str, Spread] = field(default_factory=dict)
    # rows (split, group); columns rows and, for classes, favourable: those of the class ``favourable``
    group_counts: pd.DataFrame | None = None
    favourable: str = ""
    # what the sweep does to the accuracy: its name, and method -> values [s] on the rows of the target
    utility: str = ""
    utilities: Mapping[str, np.ndarray] = field(default_factory=dict)
