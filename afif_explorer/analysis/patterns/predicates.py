"""Predicates over training rows: levels of categories, ranges of numbers, outcome, right or wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.datasets.dataset import Dataset
from afif_explorer.datasets.rows.cuts import cut
from afif_explorer.engine.runtime.memory import fits
from afif_explorer.errors import InvalidChoice
from afif_explorer.wording import count

FEW_VALUES = 10  # distinct numbers up to which each is a level of its own
RANGES = 4  # of a number, cut at quantiles
PREDICTION = "prediction"


@dataclass(frozen=True, eq=False)
class Predicates:
    """All predicates that at least so many rows satisfy.

    Attributes:
        words: ``[q]``. columns: ``[q]``, what each is about; a conjunction has one predicate per column.
        masks: ``[n, q]`` bool, the rows that satisfy each.
    """

    words: tuple[str, ...]
    columns: tuple[str, ...]
    masks: np.ndarray


def predicates_of(fit: Fit, least: int, copies: int = 2) -> Predicates:
    """Predicates over the columns of the training rows, the outcome and the prediction.

    Raises :class:`InvalidChoice` for a fit without a data set, and where so many ``copies`` of the masks
    exceed the memory limit.
    """
    data = fit.data
    if data is None:
        raise InvalidChoice(
            "Patterns are made of the columns of a data set, and this fit has none; fit a Dataset."
        )
    kept: list[tuple[object, str, np.ndarray]] = []
    for one in _all(fit, data):
        if not least <= one[2].sum() < fit.n:
            continue
        kept.append(one)
        if not fits(copies * fit.n * len(kept), torch.bool):
            raise InvalidChoice(
                f"More than {len(kept) - 1} predicates over {count(fit.n)} rows exceed the memory limit; "
                "choose a larger support or a smaller depth, leave out columns, or raise it with "
                "memory_limit."
            )
    return Predicates(
        words=tuple(words for _, words, _ in kept),
        columns=tuple(str(name) for name, _, _ in kept),
        masks=np.stack([mask for _, _, mask in kept], axis=1)
        if kept
        else np.zeros((fit.n, 0), bool),
    )


def _all(fit: Fit, data: Dataset) -> Iterator[tuple[object, str, np.ndarray]]:
    """The column, the words and the mask of each predicate."""
    frame = data.train.frame
    for name in frame.columns:
        if name != data.target:
            yield from ((name, *one) for one in _of_column(frame[name], str(name)))
    yield from ((data.target, *one) for one in _of_outcome(fit))
    yield from ((PREDICTION, *one) for one in _of_prediction(fit))


Named = Iterator[tuple[str, np.ndarray]]


def _of_column(column: pd.Series, name: str) -> Named:
    ordered = pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_dtype(column)
    if ordered and not pd.api.types.is_bool_dtype(column) and column.nunique() > FEW_VALUES:
        yield from _ranges(column, name)
    else:
        for level in column.dropna().unique():
            yield f"{name} = {level}", (column == level).to_numpy(dtype=bool, na_value=False)
    if column.isna().any():
        yield f"{name} is missing", column.isna().to_numpy()


def _ranges(column: pd.Series, name: str) -> Named:
    """Ranges between quantiles that are values of the column, so that many equal values stay together."""
    shares = np.arange(1, RANGES) / RANGES
    known = column.dropna()
    below = known[known < known.max()]
    quantiles = known.quantile(shares, interpolation="lower").unique()
    edges = [edge for edge in quantiles if edge < known.max()] or [below.max()]
    texts = [cut(edge, known[known > edge].min()) for edge in edges]
    for place in range(len(edges) + 1):
        low = edges[place - 1] if place else None
        high = edges[place] if place < len(edges) else None
        inside = column.notna()
        inside &= True if low is None else column > low
        inside &= True if high is None else column <= high
        before = f"{texts[place - 1]} < " if low is not None and high is not None else ""
        after = f" > {texts[-1]}" if high is None else f" <= {texts[place]}"
        yield f"{before}{name}{after}", inside.to_numpy(dtype=bool, na_value=False)


def _of_outcome(fit: Fit) -> Named:
    data = fit.data
    assert data is not None
    if not data.classes:
        yield from _of_column(pd.Series(data.train.y), data.target)
        return
    for code, name in enumerate(data.classes):
        yield f"{data.target} = {name}", data.train.y == code


def _of_prediction(fit: Fit) -> Named:
    data = fit.data
    assert data is not None
    mean = fit.predict(data.train.X)
    if not data.classes:
        yield from _ranges(pd.Series(data.train.y - mean), "observed - predicted")
        return
    right = (mean.argmax(1) if mean.ndim == 2 else mean >= 0.5) == data.train.y
    yield "prediction is right", right
    yield "prediction is wrong", ~right
