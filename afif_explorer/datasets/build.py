"""Builds the fields of a data set from a data frame, step by step."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np
import pandas as pd

from afif_explorer.datasets import groups as group_rules
from afif_explorer.datasets import recoded
from afif_explorer.datasets.columns.column import Column, LeftOut
from afif_explorer.datasets.columns.outcome import Outcome, alone, read_outcome
from afif_explorer.datasets.encode import DTYPES, Design, Encoding, encode
from afif_explorer.datasets.given_split import divided, given_split
from afif_explorer.datasets.options import Labels
from afif_explorer.datasets.prepare import Prepared, prepare
from afif_explorer.datasets.reading import text
from afif_explorer.datasets.roles import ColumnOptions
from afif_explorer.datasets.split import Split
from afif_explorer.datasets.splits import Parts, check_shares, divide
from afif_explorer.datasets.weights import (
    SampleWeight,
    check_split,
    read_weights,
    with_weight_column,
)
from afif_explorer.errors import DataError, InvalidChoice
from afif_explorer.numeric import checked_flag, checked_seed, is_name
from afif_explorer.wording import count, quoted

Divide = Callable[[np.ndarray, np.ndarray], Parts]
"""Maps ids [n] and strata [n] of the usable rows to the positions of each split."""


def shares(validation: float, test: float, seed: int) -> Divide:
    """A rule that draws both held-out splits at random by seed."""
    check_shares(validation, test)
    checked_seed(seed)
    return lambda ids, strata: divide(strata, validation, test, seed)


@dataclass(frozen=True)
class _Rows:
    """The rows that have a target: ``n`` of them."""

    outcome: Outcome
    ids: np.ndarray  # [n]
    places: np.ndarray  # [n], their positions in the frame
    weight: np.ndarray | None  # [n]
    who: dict[str, pd.Series]  # the sensitive columns, as they are
    parts: Parts
    notes: list[str]  # on the split


def fields_of(
    frame: pd.DataFrame,
    *,
    target: Hashable | None,
    sensitive: Sequence[Hashable] | str,
    task: str | None,
    divide: Divide,
    options: ColumnOptions | None = None,
    sample_weight: SampleWeight = None,
    include_sensitive: bool = False,
    standardise: bool = True,
    baseline: bool = False,
    dtype: str = "float64",
    notes: Sequence[str] = (),
    ids: np.ndarray | None = None,
    **labels: Unpack[Labels],
) -> dict[str, Any]:
    """Like ``Dataset.from_frame``, with any rule for the splits and any row ids."""
    check_frame(frame)
    checked_flag("include_sensitive", include_sensitive)
    encoding = _encoding(standardise, baseline, dtype, most=2 * frame.size)
    names, renamed = text.column_names(frame.columns)
    chosen = with_weight_column(options or {}, sample_weight)
    asked = _several(sensitive)
    table = prepare(frame, names, target=target, sensitive=asked, options=chosen)
    rows = _rows(table, task, divide, np.arange(len(frame)) if ids is None else ids, sample_weight)
    groups, group_notes = _finish_groups(rows.who, rows.parts, rows.outcome)
    columns, column_notes = _inputs(table, rows, include_sensitive)
    design = encode(columns, rows.parts, encoding)
    told = [*notes, *renamed, *rows.outcome.notes, *alone(rows.outcome, rows.parts.train)]
    told += [*rows.notes, *_weight_notes(table)]
    told += [*column_notes, *design.notes, *group_notes, *_more_inputs(design, rows.parts.train)]
    return {
        **labelled(labels),
        **_splits(design, rows, _shown(frame, names), groups),
        "task": rows.outcome.task,
        "target": names[table.roles.target],
        "classes": rows.outcome.classes,
        "feature_names": design.names,
        "feature_groups": design.groups,
        "encoder": design.encoder,
        "sensitive": tuple(rows.who),
        "notes": tuple(told),
    }


def labelled(labels: Labels) -> dict[str, Any]:
    """How a data set is displayed; "your data" if it has no name."""
    name = text.clean(labels.get("name", "")) or "your data"
    others = {key: labels.get(key, "") for key in ("source", "licence", "description")}
    return {"name": name, "title": text.clean(labels.get("title", "")) or name, **others}


def _encoding(standardise: bool, baseline: bool, dtype: str, most: int) -> Encoding:
    checked_flag("baseline", baseline)
    if not is_name(dtype, DTYPES):
        raise InvalidChoice(f"dtype is one of {', '.join(DTYPES)}, not {quoted(dtype)}.")
    return Encoding(standardise, baseline, dtype, most=most)


def _rows(
    table: Prepared,
    task: str | None,
    divide: Divide,
    ids: np.ndarray,
    sample_weight: SampleWeight,
) -> _Rows:
    """The rows with a target, and their split; ``ids``: of all rows of the table."""
    roles, columns, names = table.roles, table.columns, table.names
    outcome = read_outcome(columns[roles.target], names[roles.target], task)
    split, notes = _given_split(table, outcome)
    kept = np.flatnonzero(outcome.kept)
    weight = sample_weight if roles.weight is None else columns[roles.weight]
    weight = read_weights(weight, len(ids), kept)
    who = {
        names[p]: group_rules.read_groups(
            _clean(columns[p]).iloc[kept].set_axis(ids[kept], axis=0), names[p]
        )
        for p in roles.sensitive
    }
    parts = (
        divide(ids[kept], _strata(outcome, who))
        if split is None or roles.split is None
        else divided(split[kept], names[roles.split])
    )
    check_parts(parts, outcome, names[roles.target])
    return _Rows(outcome, ids[kept], kept, weight, who, parts, notes)


def _inputs(
    table: Prepared, rows: _Rows, include_sensitive: bool
) -> tuple[list[Column], list[str]]:
    """The inputs, and notes about all columns."""
    roles = table.roles
    left = {roles.target, roles.weight, roles.split, *roles.ignored}
    if not include_sensitive:
        left |= set(roles.sensitive)
    read = [table.input(p, rows.places) for p in range(len(table.names)) if p not in left]
    inputs, told = [column for column, _ in read], {column.name: notes for column, notes in read}
    if not include_sensitive:
        inputs = recoded.without_sensitive(inputs, rows.who)
    columns, notes = _usable(inputs, rows.parts.train)
    for p in (roles.target, *roles.sensitive):
        notes += table.told.get(p, ())
    for column in columns:
        notes += told[column.name]
    notes += recoded.of_target(columns, rows.outcome, table.names[roles.target])
    if not include_sensitive:
        notes += recoded.determining(columns, rows.who)
    return columns, notes


def _splits(
    design: Design, rows: _Rows, shown: pd.DataFrame, finished: dict[str, pd.Series]
) -> dict[str, Any]:
    """The three splits of a table ``shown``, by name."""
    groups = pd.DataFrame(finished, index=rows.ids, columns=list(finished))
    splits = {
        name: Split(
            X=X,
            y=rows.outcome.y[part],
            table=shown,
            places=rows.places[part],
            sensitive=groups.iloc[part],
            ids=rows.ids[part].astype(np.int64),
            sample_weight=None if rows.weight is None else rows.weight[part],
        )
        for name, X, part in zip(("train", "validation", "test"), design.X, rows.parts, strict=True)
    }
    for name, split in splits.items():
        check_split(split.sample_weight, "training" if name == "train" else name)
    return splits


def _more_inputs(design: Design, train: np.ndarray) -> list[str]:
    if len(design.names) <= len(train):
        return []
    return [
        f"There are more inputs ({count(len(design.names))}) than training rows "
        f"({count(len(train))}); without a penalty the fit is not unique."
    ]


def _several(sensitive: Sequence[Hashable] | str | None) -> list[Hashable]:
    """The names of the sensitive columns as a list."""
    if sensitive is None:
        return []
    if isinstance(sensitive, str) or not isinstance(sensitive, Iterable):
        return [sensitive]
    return list(sensitive)


def frame_of(
    X: np.ndarray, y: np.ndarray, feature_names: Sequence[str] | None, target: str
) -> pd.DataFrame:
    """A data frame from a matrix and a vector."""
    try:
        X, y = np.asarray(X), np.asarray(y)
    except (TypeError, ValueError) as error:
        raise DataError("X and y must be arrays, with as many numbers in each row.") from error
    if not isinstance(target, str):
        raise InvalidChoice(f"The name of the target must be text, not {quoted(target)}.")
    if X.ndim != 2 or y.ndim != 1 or len(X) != len(y):
        raise DataError(
            f"X must be [n, d] and y [n] with the same n; they are {X.shape} and {y.shape}."
        )
    names = [f"x{place}" for place in range(1, X.shape[1] + 1)]
    if feature_names is not None:
        if isinstance(feature_names, str) or not isinstance(feature_names, Iterable):
            raise InvalidChoice("feature_names must be a list of names, one for each column of X.")
        names = list(map(str, feature_names))
        if len(names) != X.shape[1]:
            raise DataError(f"There are {len(names)} feature names for {X.shape[1]} columns of X.")
    if target in names:
        raise DataError(
            f"A feature is named {target!r} like the target; give the target another name."
        )
    frame = pd.DataFrame(X, columns=names)
    frame[target] = y
    return frame


def check_frame(frame: object) -> None:
    if not isinstance(frame, pd.DataFrame):
        raise DataError(f"Expected a pandas DataFrame, got {type(frame).__name__}.")
    if frame.shape[1] == 0:
        raise DataError("The table is empty: it has no columns.")
    if frame.shape[0] == 0:
        raise DataError("The table is empty: it has column names but no rows.")


def _given_split(table: Prepared, outcome: Outcome) -> tuple[np.ndarray | None, list[str]]:
    place = table.roles.split
    return (None, []) if place is None else given_split(table.columns[place], table.names[place])


def _weight_notes(table: Prepared) -> list[str]:
    place = table.roles.weight
    if place is None:
        return []
    return [f"'{table.names[place]}' holds the sample weights, so it is not an input."]


def _shown(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """The frame with display names and cleaned text cells; its numbers share memory with the frame."""
    shown = frame.set_axis(names, axis=1)
    for place in range(len(names)):
        column = frame.iloc[:, place]
        if not isinstance(column.dtype, np.dtype) or column.dtype == object:
            shown.isetitem(place, _clean(column).array)
    return shown


def _clean(column: pd.Series) -> pd.Series:
    """A column as it is shown."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return text.levels(column)
    column = column.infer_objects()
    if not (pd.api.types.is_numeric_dtype(column) or column.dtype.kind in "mMb"):
        column = text.levels(column)
    return column


def _strata(outcome: Outcome, who: dict[str, pd.Series]) -> np.ndarray:
    if outcome.task == "classification":
        return outcome.y.astype(int)
    for groups in who.values():
        codes, found = pd.factorize(groups)
        if len(found) <= group_rules.FEW_VALUES:
            return codes
        break
    return np.zeros(len(outcome.y), dtype=int)


def check_parts(parts: Parts, outcome: Outcome, target: str) -> None:
    """Raise DataError if the training rows have only one value of the target."""
    if len(np.unique(outcome.y[parts.train])) < 2:
        raise DataError(
            f"The training rows have only one value of the target '{target}'; add rows or lower "
            "the validation and test shares."
        )


def _finish_groups(
    who: dict[str, pd.Series], parts: Parts, outcome: Outcome
) -> tuple[dict[str, pd.Series], list[str]]:
    train = parts.train
    finished: dict[str, pd.Series] = {}
    notes: list[str] = []
    for name, groups in who.items():
        if groups.nunique(dropna=False) > 1:
            groups, told = group_rules.cut(groups, train, name)
            notes += told
        notes += group_rules.check(groups, train, name)
        notes += group_rules.gaps(groups, parts, outcome, name)
        finished[name] = groups
    return finished, notes


def _usable(
    inputs: Sequence[Column | LeftOut], train: np.ndarray
) -> tuple[list[Column], list[str]]:
    """The columns that can be used as inputs, and notes about those that cannot."""
    columns: list[Column] = []
    notes: list[str] = []
    constant: list[str] = []
    known: dict[Any, str] = {}
    for column in inputs:
        if isinstance(column, LeftOut):
            notes.append(f"'{column.name}' left out: it {column.why}.")
        elif column.constant(train):
            constant.append(column.name)
        elif (first := known.setdefault(column.key(), column.name)) != column.name:
            notes.append(f"'{column.name}' left out: it is a copy of '{first}'.")
        else:
            columns.append(column)
            notes += column.notes
    if constant:
        notes.append(
            f"Left out because they are constant on the training rows: {text.listing(constant)}."
        )
    if not columns:
        raise DataError(
            "No input columns are left besides the target and the sensitive columns. "
            + " ".join(notes[:3])
        )
    return columns, notes
