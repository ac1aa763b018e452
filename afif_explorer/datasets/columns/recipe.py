"""``Recipe``: how the cells of a column become values; found once, and used again for new rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from afif_explorer.datasets.columns import spellings
from afif_explorer.datasets.reading import text
from afif_explorer.datasets.reading.cells import NEARLY_ALL, Form, form_of, number_form
from afif_explorer.datasets.reading.forms import durations, numerals
from afif_explorer.datasets.reading.forms.clocks import Clock
from afif_explorer.datasets.reading.forms.dates import Dates, in_doubt, orders
from afif_explorer.datasets.reading.forms.durations import Durations
from afif_explorer.datasets.reading.forms.numerals import Numbers
from afif_explorer.datasets.reading.markers import is_missing, says_nothing
from afif_explorer.datasets.reading.typed import cells_that
from afif_explorer.errors import DataError, InvalidChoice

NUMBER, CATEGORY, DATE, YES_NO, TEXT, CONSTANT = (
    "number", "category", "date", "yes/no", "text", "constant",
)  # fmt: skip
DECIMAL_COMMA, DECIMAL_POINT = "number with decimal comma", "number with decimal point"
DAY_FIRST, MONTH_FIRST = "date, day first", "date, month first"
MINUTES_FIRST = "duration, minutes first"
KINDS = (
    NUMBER, CATEGORY, DATE, YES_NO, TEXT, CONSTANT, DECIMAL_COMMA, DECIMAL_POINT, DAY_FIRST, MONTH_FIRST,
    MINUTES_FIRST,
)  # fmt: skip
_FEW_LEVELS = 10


@dataclass(frozen=True)
class Recipe:
    """``kind``: as chosen, "" for as it is; ``form``: of texts that are numbers or dates.

    ``missing``: values that count as missing; ``merge``: the level that replaces a level.
    """

    kind: str = ""
    form: Form | None = None
    missing: tuple[Any, ...] = ()
    merge: Mapping[str, str] = field(default_factory=dict)

    def apply(self, series: pd.Series) -> pd.Series:
        """The column with its cells read in this way."""
        if self.missing:
            series = series.mask(matches(series, self.missing))
        if self.form is not None:
            codes, levels = text.coded(texts_of(series) if not is_text(series) else series)
            values = pd.Series(self.form.read([level.strip() for level in levels]))
            series = pd.Series(values.reindex(codes).to_numpy(), index=series.index)
        elif self.kind in (NUMBER, DECIMAL_POINT, DECIMAL_COMMA) and series.dtype.kind == "b":
            series = series.astype(np.float64)
        elif self.kind in (CATEGORY, YES_NO) and not is_text(series):
            series = texts_of(series)
        if self.merge and is_text(series):
            codes, levels = text.coded(series)
            new = pd.Series([self.merge.get(level, level) for level in levels], dtype="str")
            series = pd.Series(new.reindex(codes).to_numpy(), index=series.index, dtype="str")
        return series


def recipe_for(
    series: pd.Series,
    name: str,
    decimal: str,
    *,
    kind: str = "",
    missing: Collection[Any] = (),
    merge: Mapping[str, str] | None = None,
) -> tuple[Recipe, list[Finding]]:
    """How to read a column, with what is chosen for it, and what was found out about its cells.

    Args:
        series: the raw column. name: its display name. decimal: the table's decimal mark; "": unknown.
        kind: one of :data:`KINDS`; "": inferred. missing: values that count as missing.
        merge: levels and what replaces them; None: spellings with no visible difference are merged.
    """
    if kind and kind not in KINDS:
        raise InvalidChoice(
            f"Unknown kind {text.clean(kind)!r} of '{name}'; choose one of: {', '.join(KINDS)}."
        )
    gone = tuple(missing)
    if gone:
        series = series.mask(matches(series, gone))
    if kind in (TEXT, CONSTANT, CATEGORY, YES_NO):
        form, found = None, list[Finding]()
    elif kind:
        form, found = _wanted(series, name, decimal, kind)
    else:
        form, found = _inferred(series, name, decimal)
    joined: dict[str, str] = dict(merge or {})
    if merge is None and form is None and is_text(series):
        joined = spellings.invisible(series)
    return Recipe(kind, form, gone, joined), found


@dataclass(frozen=True)
class Finding:
    """Something about how the cells of a column were read; ``code`` says what, ``sentence`` in words."""

    code: str  # "changed" | "unread" | "decimal" | "order" | "minutes" | "exponents"
    sentence: str


def _inferred(series: pd.Series, name: str, decimal: str) -> tuple[Form | None, list[Finding]]:
    if not is_text(series) or isinstance(series.dtype, pd.CategoricalDtype):
        return None, []
    codes, levels, counts = _counted(series)
    form = form_of(levels, counts, decimal or ".", least=NEARLY_ALL)
    if form is None:
        return None, []
    if isinstance(form, Numbers) and len(levels) <= _FEW_LEVELS and all(map(_is_plain, levels)):
        return None, []  # digits that somebody made text
    return form, _findings(form, codes, levels, name, decimal)


def _wanted(
    series: pd.Series, name: str, decimal: str, kind: str
) -> tuple[Form | None, list[Finding]]:
    """The form of a column whose kind is chosen."""
    dates = kind in (DATE, DAY_FIRST, MONTH_FIRST)
    if series.dtype.kind in "mM" or (not dates and not is_text(series)):
        return None, []
    codes, levels, counts = _counted(texts_of(series) if not is_text(series) else series)
    if dates:
        first = orders(levels)[0] if kind == DATE else kind == DAY_FIRST
        form: Form = Dates(day_first=first, compact=True)
    elif kind == NUMBER:
        form = number_form(levels, counts, decimal or ".")
    elif kind == MINUTES_FIRST:
        form = durations.best(levels, minutes_first=True)
    else:
        mark = "," if kind == DECIMAL_COMMA else "."
        form = numerals.best(levels, counts, mark, padded=True)
    if pd.isna(form.read(levels)).all():
        raise DataError(
            f"'{name}' has no cell that can be read as a {'date' if dates else 'number'}; choose "
            "another kind."
        )
    return form, _findings(form, codes, levels, name, decimal if kind == NUMBER else kind, kind)


def _findings(
    form: Form,
    codes: np.ndarray,
    levels: Sequence[str],
    name: str,
    decimal: str,
    kind: str = "",
) -> list[Finding]:
    bad = pd.isna(form.read(levels))
    unread = [place for place in np.flatnonzero(bad).tolist() if not is_missing(levels[place])]
    gone = set(unread)
    found = []
    if changes := form.changes([level for place, level in enumerate(levels) if place not in gone]):
        found.append(Finding("changed", f"'{name}' was read with {', '.join(changes)}."))
    if unread:
        shown = text.listing([text.clean(levels[place]) for place in unread], most=3)
        what = "date" if isinstance(form, Dates) else "number"
        found.append(
            Finding(
                "unread",
                f"'{name}': {cells_that(codes, unread)} without a {what} ({shown}) became missing; the "
                f"others are {what}s.",
            )
        )
    known = [level for level in levels if not says_nothing(level)]
    if isinstance(form, Numbers) and decimal == "" and numerals.doubtful(known):
        example = next(level for level in known if numerals.doubtful([level]))
        found.append(
            Finding(
                "decimal",
                f"'{name}': the comma in '{text.clean(example)}' was read as a thousands separator; nothing "
                "in the table shows whether it is a decimal comma.",
            )
        )
    if isinstance(form, Dates) and decimal not in (DAY_FIRST, MONTH_FIRST) and in_doubt(known):
        found.append(
            Finding(
                "order",
                f"'{name}': day and month cannot be told apart ('{text.clean(known[0])}'); the day was taken "
                "to come first.",
            )
        )
    if isinstance(form, Numbers) and kind == "":
        found += _exponents(known, name)
    if isinstance(form, Clock | Durations) and kind == "" and durations.may_be_minutes(known):
        found.append(
            Finding(
                "minutes",
                f"'{name}': '{text.clean(known[0])}' was read as hours and minutes; nothing in the column "
                "shows whether it is minutes and seconds.",
            )
        )
    return found


def _exponents(levels: Sequence[str], name: str) -> list[Finding]:
    """Numbers in a form that codes may have, among others that have not."""
    odd = np.array(levels, dtype=object)[numerals.may_be_codes(levels)]
    if not len(odd):
        return []
    (value,) = numerals.Numbers().read([odd[0]])
    return [
        Finding(
            "exponents",
            f"'{name}': {text.listing([text.clean(level) for level in odd], most=3)} may be codes; they were "
            f"read as numbers ('{text.clean(odd[0])}' as {value:g}).",
        )
    ]


def is_text(series: pd.Series) -> bool:
    """Whether a column holds text, or categories that are text."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        return isinstance(series.cat.categories.dtype, pd.StringDtype) or (
            series.cat.categories.dtype == object
            and all(isinstance(level, str) for level in series.cat.categories)
        )
    if isinstance(series.dtype, pd.StringDtype):
        return True
    return series.dtype == object and bool(
        series.map(
            lambda cell: isinstance(cell, str) or (pd.api.types.is_scalar(cell) and pd.isna(cell))
        ).all()
    )


def texts_of(series: pd.Series) -> pd.Series:
    """Any column as text: whole numbers without a decimal point, days without a time."""
    codes, found = pd.factorize(series)
    if series.dtype.kind in "mM" or isinstance(series.dtype, pd.DatetimeTZDtype):
        shown = [str(value).removesuffix(" 00:00:00") for value in pd.Series(found)]
    else:
        shown = [plain_text(value) for value in found]
    return pd.Series(pd.array(shown, dtype="str").take(codes, allow_fill=True), index=series.index)


def matches(series: pd.Series, values: Collection[Any]) -> np.ndarray:
    """Which cells are one of ``values``: numbers by value, dates by day, all else by stripped text."""
    if series.dtype.kind in "iuf" or pd.api.types.is_numeric_dtype(series):
        numbers = [float(value) for value in values if _is_plain(str(value))]
        return series.isin(numbers).to_numpy(dtype=bool)
    wanted = {str(value).strip() for value in values}
    codes, levels = text.coded(texts_of(series) if not is_text(series) else series)
    hit = np.array([level.strip() in wanted for level in levels] + [False])
    return hit[codes]


def _counted(series: pd.Series) -> tuple[np.ndarray, list[str], np.ndarray]:
    codes, levels = text.coded(series)
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    return codes, [level.strip() for level in levels], counts


def _is_plain(level: str) -> bool:
    try:
        float(level)
    except ValueError:
        return False
    return True


def plain_text(value: object) -> str:
    """A value as text; a whole number without a decimal point."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)
