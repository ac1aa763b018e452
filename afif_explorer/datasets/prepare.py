"""Reads the columns of a data frame, as chosen or inferred, before they are encoded."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from afif_explorer import progress
from afif_explorer.datasets.columns import misspellings, spellings
from afif_explorer.datasets.columns import recipe as recipes
from afif_explorer.datasets.columns.column import Column, LeftOut, read_column
from afif_explorer.datasets.columns.guesses import INPUT
from afif_explorer.datasets.columns.identifiers import identifier
from afif_explorer.datasets.columns.proposals import proposal
from afif_explorer.datasets.columns.recipe import Recipe, is_text, recipe_for
from afif_explorer.datasets.columns.stand_ins import stand_ins
from afif_explorer.datasets.reading import text
from afif_explorer.datasets.reading.cells import decimal_mark
from afif_explorer.datasets.roles import ColumnOptions, Roles, apart, by_place, roles_of
from afif_explorer.wording import count

PREPARING = "Preparing the columns"
_MOST_VOTING = 1000  # distinct texts of a column that show the decimal mark


@dataclass(frozen=True)
class Prepared:
    """The columns of a table, read; ``told`` has the notes about each that was changed or is in doubt."""

    names: list[str]
    columns: list[pd.Series]
    recipes: list[Recipe]
    roles: Roles
    told: Mapping[int, list[str]]
    offered: Mapping[int, list[str]]  # in what other way texts can be read

    def input(self, place: int, kept: np.ndarray) -> tuple[Column | LeftOut, list[str]]:
        """A column as an input, of the rows ``kept``, and notes about it."""
        name, recipe = self.names[place], self.recipes[place]
        series = self.columns[place]
        series = series if len(kept) == len(series) else series.iloc[kept]
        if recipe.kind == recipes.TEXT:
            return LeftOut(name, "is text"), []
        column = read_column(series, name, join=recipe.kind == recipes.CATEGORY)
        if isinstance(column, LeftOut):
            why = "; ".join([column.why, *self.offered.get(place, ())])
            return replace(column, why=why.removesuffix(".")), []
        found = None if self.roles.chosen.get(place) == INPUT else identifier(series, name)
        if found is not None and found.sure and not recipe.kind:
            return LeftOut(name, found.why), []
        told = [*self.told.get(place, ()), *self.offered.get(place, ())]
        if found is not None and not found.sure:
            told.append(f"'{name}' {found.why}; roles={{{name!r}: 'ignore'}} leaves it out.")
        return replace(column, recipe=recipe), told


def prepare(
    frame: pd.DataFrame,
    names: list[str],
    *,
    target: Hashable | None,
    sensitive: Sequence[Hashable] | str,
    options: ColumnOptions,
) -> Prepared:
    """The columns of a table with the roles, kinds, missing values and merged levels that are chosen."""
    raw, options = list(frame.columns), apart(options)
    roles = roles_of(raw, names, target, sensitive, options.get("roles"))
    kinds = by_place(raw, names, options.get("kinds"), "kind")
    missing = by_place(raw, names, options.get("missing"), "missing values")
    merge = by_place(raw, names, options.get("merge"), "levels to merge")
    decimal = decimal_of(frame)
    columns, used, told, offered = [], [], {}, {}
    for place, name in enumerate(names):
        progress.report(PREPARING, place, len(names))
        series = frame.iloc[:, place]
        if place in roles.ignored:
            columns.append(series)
            used.append(Recipe())
            continue
        recipe, notes = _read(
            series, name, decimal, kinds.get(place, ""), missing.get(place, ()), merge.get(place)
        )
        columns.append(recipe.apply(series))
        used.append(recipe)
        notes += doubts(columns[-1], name, place in missing, place in merge)
        if notes:
            told[place] = notes
        if place not in kinds and is_text(columns[-1]):
            offered[place] = offers(columns[-1], name)
    return Prepared(names, columns, used, roles, told, offered)


def decimal_of(frame: pd.DataFrame) -> str:
    """The decimal mark of the numbers that a table has as text; "" if nothing shows it."""
    texts = [frame.iloc[:, place] for place in range(frame.shape[1])]
    texts = [column for column in texts if is_text(column)]
    return decimal_mark(
        [
            [str(cell).strip() for cell in column.dropna().unique()[:_MOST_VOTING]]
            for column in texts
        ]
    )[0]


def _read(
    series: pd.Series,
    name: str,
    decimal: str,
    kind: str,
    missing: Collection[Any],
    merge: Mapping[str, str] | None,
) -> tuple[Recipe, list[str]]:
    if isinstance(missing, str | bytes) or not isinstance(missing, Collection):
        missing = [missing]
    recipe, findings = recipe_for(series, name, decimal, kind=kind, missing=missing, merge=merge)
    told = [finding.sentence for finding in findings]
    if len(missing):
        cells = int(recipes.matches(series, missing).sum())
        told.append(
            f"{count(cells)} {'cell' if cells == 1 else 'cells'} of '{name}' with "
            f"{text.listing([text.clean(value) for value in missing])} became missing."
        )
    if recipe.merge:
        told.append(merged(recipe.merge, name))
    return recipe, told


def merged(levels: Mapping[str, str], name: str) -> str:
    """The note about levels that were merged."""
    shown = [f"'{_visible(old)}' became '{text.clean(new)}'" for old, new in levels.items()]
    more = f" and {len(shown) - 4} more" if len(shown) > 4 else ""
    return f"Spellings of one level of '{name}' were merged: {', '.join(shown[:4])}{more}."


def _visible(level: str) -> str:
    """A level with its invisible characters shown as escapes."""
    return text.clean(
        "".join(
            char if char.isprintable() else char.encode("unicode_escape").decode() for char in level
        )
    ) + ("␣" if level.strip() != level else "")


def doubts(series: pd.Series, name: str, missing: bool, merge: bool) -> list[str]:
    """What may be wrong with the values of a column, and the option that mends it."""
    told = []
    if not missing and (values := stand_ins(series)):
        cells = int(recipes.matches(series, values).sum())
        told.append(
            f"'{name}' has {count(cells)} {'cell' if cells == 1 else 'cells'} with "
            f"{text.listing([text.clean(value) for value in values])}, which may stand for a missing value; "
            f"missing={{{name!r}: {values!r}}} makes them missing."
        )
    if not merge and is_text(series):
        ways = (spellings.visible(series), misspellings.similar(series, name))
        told += [_may_be_one(same, series, name) for same in ways if same]
    return told


def _may_be_one(same: Mapping[str, str], series: pd.Series, name: str) -> str:
    old, new = next(iter(same.items()))
    merges = f"merge={{{name!r}: {{{text.clean(old)!r}: {text.clean(new)!r}}}}} merges them."
    return f"{spellings.counted(same, series, most=1)} of '{name}' may be one level; {merges}"


def offers(series: pd.Series, name: str) -> list[str]:
    """What the texts of a column may be, and the option that reads them so."""
    found = proposal(series, name)
    if found is None:
        return []
    if not found.kind:
        return [found.sentence]
    said = found.sentence.removesuffix(".")
    return [f"{said}; kinds={{{name!r}: {found.kind!r}}} reads them so."]
