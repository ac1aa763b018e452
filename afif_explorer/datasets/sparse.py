"""Builds the fields of a data set from a sparse matrix, whose columns are taken as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from afif_explorer.datasets.build import check_parts, labelled, shares
from afif_explorer.datasets.columns.outcome import alone, read_outcome
from afif_explorer.datasets.options import FrameOptions
from afif_explorer.datasets.reading import text
from afif_explorer.datasets.split import Split
from afif_explorer.datasets.weights import is_column, read_weights
from afif_explorer.errors import DataError

UNITS = "The sparse inputs stay in their own units: nothing is standardised, filled or left out."
OF_TABLES = (
    "sensitive", "roles", "kinds", "missing", "merge", "include_sensitive", "standardise", "baseline",
    "dtype",
)  # fmt: skip


def sparse_fields(
    X: Any,
    y: np.ndarray,
    feature_names: Sequence[str] | None,
    target: str,
    options: FrameOptions,
) -> dict[str, Any]:
    """The fields of a ``Dataset`` for a matrix ``[n, d]`` and targets ``[n]``."""
    from scipy.sparse import csr_array  # takes a while

    rows, values = csr_array(X), np.asarray(y)
    if values.ndim != 1 or len(values) != rows.shape[0]:
        raise DataError(
            f"X must be [n, d] and y [n] with the same n; they are {rows.shape} and {values.shape}."
        )
    for name in OF_TABLES:
        if options.get(name):
            raise DataError(f"Sparse inputs have no {name}; pass a data frame or a dense matrix.")
    names = _names(feature_names, rows.shape[1])
    shown = text.clean(target)
    outcome = read_outcome(pd.Series(values), shown, options.get("task"))
    ids = np.flatnonzero(outcome.kept)
    divide = shares(
        options.get("validation", 0.15), options.get("test", 0.15), options.get("seed", 0)
    )
    given = options.get("sample_weight")
    if is_column(given):
        raise DataError(
            "Sparse inputs have no column of sample weights; give sample_weight an array."
        )
    weight = read_weights(given, len(values), ids)
    strata = outcome.y.astype(int) if outcome.task == "classification" else np.zeros(len(ids), int)
    parts = divide(ids, strata)
    check_parts(parts, outcome, shown)
    table = pd.DataFrame({shown: values})
    train, validation, test = (
        Split(
            X=rows[ids[part]],
            y=outcome.y[part],
            table=table,
            places=ids[part],
            sensitive=pd.DataFrame(index=ids[part]),
            ids=ids[part].astype(np.int64),
            sample_weight=None if weight is None else weight[part],
        )
        for part in parts
    )
    return {
        **labelled(options),
        "task": outcome.task,
        "target": shown,
        "classes": outcome.classes,
        "train": train,
        "validation": validation,
        "test": test,
        "feature_names": names,
        "feature_groups": tuple((place,) for place in range(len(names))),
        "sensitive": (),
        "notes": (*options.get("notes", ()), UNITS, *outcome.notes, *alone(outcome, parts.train)),
    }


def _names(given: Sequence[str] | None, d: int) -> tuple[str, ...]:
    if given is None:
        return tuple(f"x{place}" for place in range(1, d + 1))
    if len(given) != d:
        raise DataError(f"There are {len(given)} feature names for {d} columns of X.")
    return tuple(text.column_names(list(given))[0])
