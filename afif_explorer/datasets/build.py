"""Builds the fields of a data set from a data frame, step by step."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from afif_explorer.datasets import groups as group_rules
from afif_explorer.datasets import recoded
from afif_explorer.datasets.columns.column import Column, LeftOut, read_column
from afif_explorer.datasets.columns.outcome import Outcome, alone, read_outcome
from afif_explorer.datasets.encode import Design, encode
from afif_explorer.datasets.reading import text
from afif_explorer.datasets.split import Split
from afif_explorer.datasets.splits import Parts, check_shares, divide
from afif_explorer.errors import DataError
from afif_explorer.numeric import checked_seed
from afif_explorer.wording import count

Divide = Callable[[np.ndarray, np.ndarray], Parts]
"""Maps ids [n] and strata [n] of the usable rows to the positions of each split."""


def shares(validation: float, test: float, seed: int) -> Divide:
    """A rule that draws both held-out splits at random by seed."""
    check_shares(validation, test)
    checked_seed(seed)
    return lambda ids, strata: divide(strata, validation, test, seed)


def fields_of(
    frame: pd.DataFrame,
    *,
    target: Hashable,
    sensitive: Sequence[Hashable] | str,
    task: str | None,
    divide: Divide,
    name: str,
    title: str = "",
    include_sensitive: bool = False,
    standardise: bool = True,
    baseline: bool = False,
    notes: Sequence[str] = (),
    ids: np.ndarray | None = None,
    source: str = "",
    licence: str = "",
    description: str = "",
) -> dict[str, Any]:
    """Like ``Dataset.from_frame``, with any rule for the splits and any row ids."""
    _check(frame)
    raw = list(frame.columns)
    names, renamed = text.column_names(raw)
    place = _find(target, raw, names, "target")
    asked = [sensitive] if isinstance(sensitive, str) else list(sensitive)
    places = list(dict.fromkeys(_find(each, raw, names, "sensitive column") for each in asked))
    if place in places:
        raise DataError(f"'{names[place]}' cannot be both the target and a sensitive column.")

    outcome = read_outcome(frame.iloc[:, place], names[place], task)
    kept = np.flatnonzero(outcome.kept)
    ids = kept if ids is None else ids[kept]
    table = _shown(frame, names).iloc[kept].set_axis(ids, axis=0)
    who = {names[p]: group_rules.read_groups(table.iloc[:, p], names[p]) for p in places}
    parts = divide(ids, _strata(outcome, who))
    check_parts(parts, outcome, names[place])
    finished, group_notes = _finish_groups(who, parts, outcome)

    left = {place} if include_sensitive else {place, *places}
    inputs = [
        read_column(frame.iloc[kept, p], names[p]) for p in range(len(names)) if p not in left
    ]
    if not include_sensitive:
        inputs = recoded.without_sensitive(inputs, who)
    columns, column_notes = _usable(inputs, parts.train)
    column_notes += recoded.of_target(columns, outcome, names[place])
    design = encode(columns, parts.train, standardise=standardise, baseline=baseline)

    sensitive_table = pd.DataFrame(finished, index=table.index, columns=list(finished))
    train, validation, test = (
        _split(rows, design, outcome, table, sensitive_table, ids) for rows in parts
    )
    told = [*notes, *renamed, *outcome.notes, *alone(outcome, parts.train)]
    told += [*column_notes, *design.notes, *group_notes]
    if design.X.shape[1] > len(train):
        told.append(
            f"There are more inputs ({count(design.X.shape[1])}) than training rows "
            f"({count(len(train))}); without a penalty the fit is not unique."
        )
    name = text.clean(name) or "your data"
    return {
        "name": name,
        "title": text.clean(title) or name,
        "task": outcome.task,
        "target": names[place],
        "classes": outcome.classes,
        "train": train,
        "validation": validation,
        "test": test,
        "feature_names": design.names,
        "feature_groups": design.groups,
        "encoder": design.encoder,
        "sensitive": tuple(who),
        "notes": tuple(told),
        "source": source,
        "licence": licence,
        "description": description,
    }


def frame_of(
    X: np.ndarray, y: np.ndarray, feature_names: Sequence[str] | None, target: str
) -> pd.DataFrame:
    """A data frame from a matrix and a vector."""
    X, y = np.asarray(X), np.asarray(y)
    if X.ndim != 2 or y.ndim != 1 or len(X) != len(y):
        raise DataError(
            f"X must be [n, d] and y [n] with the same n; they are {X.shape} and {y.shape}."
        )
    names = [f"x{place}" for place in range(1, X.shape[1] + 1)]
    if feature_names is not None:
        names = list(feature_names)
        if len(names) != X.shape[1]:
            raise DataError(f"There are {len(names)} feature names for {X.shape[1]} columns of X.")
    if target in names:
        raise DataError(
            f"A feature is named {target!r} like the target; give the target another name."
        )
    frame = pd.DataFrame(X, columns=names)
    frame[target] = y
    return frame


def _check(frame: object) -> None:
    if not isinstance(frame, pd.DataFrame):
        raise DataError(f"Expected a pandas DataFrame, got {type(frame).__name__}.")
    if frame.shape[1] == 0:
        raise DataError("The table is empty: it has no columns.")
    if frame.shape[0] == 0:
        raise DataError("The table is empty: it has column names but no rows.")


def _find(wanted: Hashable, raw: list[Hashable], names: list[str], role: str) -> int:
    """Position of a column by its raw name or its display name."""
    for known in (raw, names):
        places = [place for place, name in enumerate(known) if _same(name, wanted)]
        if len(places) == 1:
            return places[0]
        if places:
            raise DataError(
                f"{len(places)} columns are named '{text.clean(wanted)}'; give the {role} a unique "
                "name."
            )
    raise DataError(
        f"There is no column '{text.clean(wanted)}' to use as the {role}; {text.near(wanted, names)}"
    )


def _same(name: Hashable, wanted: Hashable) -> bool:
    return str(name) == str(wanted)


def _shown(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """The frame with display names and cleaned text cells."""
    columns = {}
    for place, name in enumerate(names):
        column = frame.iloc[:, place]
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = text.levels(column)
        else:
            column = column.infer_objects()
            if not (pd.api.types.is_numeric_dtype(column) or column.dtype.kind in "mMb"):
                column = text.levels(column)
        columns[name] = column.reset_index(drop=True)
    return pd.DataFrame(columns)


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


def _split(
    rows: np.ndarray,
    design: Design,
    outcome: Outcome,
    table: pd.DataFrame,
    sensitive: pd.DataFrame,
    ids: np.ndarray,
) -> Split:
    return Split(
        X=design.X[rows],
        y=outcome.y[rows],
        frame=table.iloc[rows],
        sensitive=sensitive.iloc[rows],
        ids=ids[rows].astype(np.int64),
    )
