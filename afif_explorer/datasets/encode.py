"""Encodes columns into the input matrix with scikit-learn, fitted on the training rows only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from afif_explorer import progress, wording
from afif_explorer.datasets.columns.column import Column
from afif_explorer.datasets.encoder import Block, Encoder, kind_of, table_of
from afif_explorer.datasets.reading import text
from afif_explorer.errors import DataError
from afif_explorer.numeric import checked_flag

Filled: TypeAlias = tuple[str, int, str]

MOST_CELLS = 50_000_000  # of a matrix that is larger than its table
ENCODING = "Encoding the columns"
_BLOCK = 8_000_000  # cells of the columns that are fitted together
DTYPES = ("float64", "float32")
_MOST_FILL_NOTES = 8
_KINDS = ("numeric", "indicator", "category")


@dataclass(frozen=True)
class Encoding:
    """How columns become a matrix, which may have ``most`` cells, or :data:`MOST_CELLS`."""

    standardise: bool
    baseline: bool
    dtype: str = "float64"
    most: int = 0


@dataclass(frozen=True)
class Design:
    """The encoded inputs of each split."""

    X: tuple[np.ndarray, ...]  # [n, d] each
    names: tuple[str, ...]  # [d]
    groups: tuple[tuple[int, ...], ...]  # the columns of X for each raw column
    notes: tuple[str, ...]
    encoder: Encoder  # for rows that come later


def encode(columns: Sequence[Column], parts: Sequence[np.ndarray], how: Encoding) -> Design:
    """Encode all columns, in order, for the rows of each part, by what is fitted on the first one.

    See ``Dataset.from_frame`` for the rules.
    """
    rows, train = len(columns[0].values), parts[0]
    width = sum(max(1, len(column.levels)) for column in columns)
    if rows * width > (most := max(MOST_CELLS, how.most)):
        raise DataError(
            f"{wording.count(rows)} rows with {wording.count(width)} inputs are too many to hold in memory "
            f"(limit: {wording.count(most)} cells); leave out columns or rows."
        )
    names: list[str] = []
    groups: list[tuple[int, ...]] = []
    blocks: list[Block] = []
    filled: list[Filled] = []
    several = max(1, _BLOCK // rows)
    for first in range(0, len(columns), several):
        progress.report(ENCODING, first, len(columns))
        some = columns[first : first + several]
        transformer = _transformer(some, how.standardise)
        transformer.fit(table_of([column.values[train] for column in some]))
        order: list[int] = []
        for place, column in enumerate(some):
            kept = _kept(transformer, f"c{place}", column, train, how.baseline)
            groups.append(tuple(range(len(names), len(names) + len(kept))))
            order += [index for index, _ in kept]
            names += [name for _, name in kept]
        blocks.append(Block(transformer, len(some), tuple(order)))
        filled += _filled(transformer, some)
    shown = tuple(text.distinct(names))
    encoder = Encoder(tuple(map(kind_of, columns)), tuple(blocks), shown, how.dtype)
    values = [column.values for column in columns]
    X = tuple(encoder.matrix(values, part) for part in parts)
    notes = [*_fill_notes(filled), *_unseen_notes(columns, train)]
    return Design(X, shown, tuple(groups), tuple(notes), encoder)


def _transformer(columns: Sequence[Column], standardise: bool) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    scale = StandardScaler() if checked_flag("standardise", standardise) else "passthrough"
    steps = {
        "numeric": make_pipeline(SimpleImputer(strategy="median"), scale),
        "indicator": SimpleImputer(strategy="most_frequent"),
        "category": OneHotEncoder(handle_unknown="ignore"),
    }
    parts = [(kind, step, _of(columns, kind)) for kind, step in steps.items()]
    return ColumnTransformer(parts, sparse_threshold=1.0)


def _of(columns: Sequence[Column], kind: str) -> list[str]:
    return [f"c{place}" for place, column in enumerate(columns) if column.kind == kind]


def _kept(
    transformer: Any, key: str, column: Column, train: np.ndarray, baseline: bool
) -> list[tuple[int, str]]:
    """The columns of the transformer's output for this raw column, and their names."""
    start = transformer.output_indices_[column.kind].start
    members = transformer.transformers_[_KINDS.index(column.kind)][2]
    place = list(members).index(key)
    if column.kind != "category":
        return [(start + place, column.name)]
    seen = transformer.named_transformers_["category"].categories_
    start += sum(len(codes) for codes in seen[:place])
    codes = seen[place].astype(int)
    left_out = None
    if baseline:
        left_out = np.bincount(column.values[train].astype(int)).argmax()
    elif len(codes) == 2:
        left_out = codes[0]
    return [
        (start + offset, f"{column.name} = {column.levels[code]}")
        for offset, code in enumerate(codes)
        if code != left_out
    ]


def _filled(transformer: Any, columns: Sequence[Column]) -> list[Filled]:
    """The columns with missing values, how many, and by what these were replaced."""
    filled = []
    for kind, what in (("numeric", "median"), ("indicator", "most common value")):
        members = [column for column in columns if column.kind == kind]
        if not members:
            continue
        step = transformer.named_transformers_[kind]
        imputer = step[0] if kind == "numeric" else step
        for column, value in zip(members, imputer.statistics_, strict=True):
            count = int(np.isnan(column.values).sum())
            if count:
                filled.append((column.name, count, f"{value:.4g}, the {what} of the training rows"))
    return filled


def _fill_notes(filled: Sequence[Filled]) -> list[str]:
    if len(filled) > _MOST_FILL_NOTES:
        cells = sum(count for _, count, _ in filled)
        names = text.listing([name for name, _, _ in filled])
        return [
            f"{wording.count(cells)} missing values of {names} were filled with the training median."
        ]
    return [
        f"{wording.count(count)} missing {'value' if count == 1 else 'values'} of '{name}' "
        f"filled with {value}."
        for name, count, value in filled
    ]


def _unseen_notes(columns: Sequence[Column], train: np.ndarray) -> list[str]:
    notes = []
    for column in columns:
        if column.kind == "category":
            unseen = np.setdiff1d(column.values, column.values[train]).astype(int)
            if len(unseen):
                shown = text.listing([column.levels[code] for code in unseen])
                notes.append(
                    f"No training row has {shown} as '{column.name}'; "
                    "such rows get 0 in its columns."
                )
    return notes
