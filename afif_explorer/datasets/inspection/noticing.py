"""What is noticed about a column by itself."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from afif_explorer import wording
from afif_explorer.datasets.columns import abbreviations, guesses, misspellings, spellings
from afif_explorer.datasets.columns import recipe as recipes
from afif_explorer.datasets.columns.column import FEW_LEVELS, MOST_LEVELS
from afif_explorer.datasets.columns.identifiers import identifier, is_named_so, is_time, words_of
from afif_explorer.datasets.columns.proposals import Proposal, proposal
from afif_explorer.datasets.columns.recipe import Finding, Recipe, is_text
from afif_explorer.datasets.columns.relations import ROWS_A_LEVEL
from afif_explorer.datasets.columns.stand_ins import stand_ins
from afif_explorer.datasets.inspection.kinds import ReadColumn
from afif_explorer.datasets.inspection.problem import Problem
from afif_explorer.datasets.prepare import merged
from afif_explorer.datasets.reading import text
from afif_explorer.datasets.reading.forms import numerals, short_days
from afif_explorer.datasets.reading.forms.dates import Dates, are_dates
from afif_explorer.datasets.reading.layout import is_total
from afif_explorer.datasets.reading.text import words
from afif_explorer.datasets.reading.typed import cells_that

_MOSTLY = 0.5
_CODES = range(3, 8)  # distinct whole numbers that may be codes
_LARGEST_DIGIT, _LARGEST_CODE, _STEP, _CODE_DIGITS = 9, 999, 3, 5
_CODED = words(
    "code type class category cat kind status group region method reason race sex zone sub"
)
_AMOUNTS = words(  # counts, and steps of a scale
    "count counts num number no n nb anzahl nombre children kids dependents siblings sib parch rooms "
    "bedrooms bath baths bathrooms persons people passenger passengers guests adults nights "
    "visits times years months "
    "days hours quantity qty units items floors doors cylinders gears purchases orders absences failures "
    "events episodes rating ratings score level quality qual satisfaction stars scale rank severity frequency"
)
_FEW_ODD = 3
_FEW_TOTALS = 0.1  # of the rows
_LIKE_NUMBERS = re.compile(
    r"(?!\d+[.)]\s*[a-z])[+-]?\d[\d\W_]*[a-z]{0,3}[\d\W_]*[a-z]{0,3}", re.IGNORECASE
)
_MOST_LEVELS_READ, _TRIED = 20_000, 1_000  # of more levels, some are tried first
_NEARLY_NUMBERS = {"units", "partly", "ranges", "fractions", "ordered"}
_LIKE_CODES = {"zeros", "exponents", "hexadecimal", "units"}
_SPREADSHEET_DAY = re.compile(
    r"\d{1,2}-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)", re.IGNORECASE
)
_FEW_DAYS = 0.5  # of the levels
_MOST_UNITS = 4
_FEWEST_TICKS = 2
_MANY_TIMES, _HOURS = 20, 600
_VERSIONS = {"version", "ver", "release", "chapter", "section"}
_LEAVE_OUT = "Leave it out"


def notice(column: ReadColumn, name: str, recipe: Recipe, findings: list[Finding]) -> list[Problem]:
    """All problems of a column, read by its default recipe."""
    read, kind = column.series, column.kind
    found = [_of_finding(finding, name) for finding in findings]
    if recipe.merge:
        told = merged(recipe.merge, name)
        found.append(
            Problem(
                name,
                "spaces",
                told,
                "Merge them",
                True,
                {"merge": dict(recipe.merge)},
                {"merge": {}},
            )
        )
    if kind == recipes.CONSTANT:
        if (ticks := _ticks(column, name)) is not None:
            return [*found, ticks]
        what = "has only one value" if column.distinct else "has no values"
        found.append(
            Problem(name, "constant", f"'{name}' {what}.", _LEAVE_OUT, True, {"role": "ignore"})
        )
        return found
    offer = proposal(read, name) if is_text(read) else None
    values = _of_values(column, name, offer)
    nearly_numbers = {problem.code for problem in values} & _NEARLY_NUMBERS
    free = bool(nearly_numbers) and not is_named_so(name)
    roles = _free_text(column, name) if free else _of_role(column, name)
    sure = [problem for problem in roles if problem.code == "id" and problem.sure]
    if sure:
        unread = set() if "another text" in sure[0].text else {"digits", "letters"}
        values = [problem for problem in values if problem.code not in _LIKE_CODES | unread]
    return found + roles + values


def _ticks(column: ReadColumn, name: str) -> Problem | None:
    """A box that is ticked in some rows and empty in the others."""
    read, known, empty = column.series, column.known, column.missing
    one = known.dtype.kind in "iufb" and bool((known == 1).all())
    if min(len(known), empty) < _FEWEST_TICKS or not (is_text(read) or one):
        return None
    told = (
        f"'{name}' has only one value ('{text.clean(recipes.plain_text(known.iloc[0]))}', "
        f"{wording.count(len(known))} rows), and {wording.count(empty)} empty cells, which may say no."
    )
    keep = {"role": guesses.INPUT, "kind": recipes.CATEGORY}
    return Problem(
        name, "ticks", told, "Keep it, with empty as a level", True, keep, {"role": "ignore"}
    )


def _of_finding(finding: Finding, name: str) -> Problem:
    if finding.code == "decimal":
        change = {"kind": recipes.DECIMAL_COMMA}
        return Problem(name, "decimal", finding.sentence, "It is a decimal comma", False, change)
    if finding.code == "order":
        change = {"kind": recipes.MONTH_FIRST}
        return Problem(name, "order", finding.sentence, "The month comes first", False, change)
    if finding.code == "minutes":
        change = {"kind": recipes.MINUTES_FIRST}
        remedy = "They are minutes and seconds"
        return Problem(name, "minutes", finding.sentence, remedy, False, change)
    if finding.code == "exponents":
        change = {"kind": recipes.CATEGORY}
        return Problem(name, "exponents", finding.sentence, "They are codes", False, change)
    remedy = (
        "Read the others, and make these cells missing"
        if finding.code == "unread"
        else "Read it so"
    )
    return Problem(
        name, finding.code, finding.sentence, remedy, True, {}, {"kind": recipes.CATEGORY}
    )


def _of_role(column: ReadColumn, name: str) -> list[Problem]:
    """Why a column should be no input."""
    kind, found = column.kind, identifier(column.series, name, column.distinct)
    if found is not None and (found.sure or kind != recipes.TEXT):
        told, undo = f"'{name}' {found.why}.", {"role": "input"} if found.sure else {}
        return [Problem(name, "id", told, _LEAVE_OUT, found.sure, {"role": "id"}, undo)]
    if kind == recipes.TEXT:
        return _free_text(column, name)
    if kind == recipes.YES_NO and not {"train", "test"}.isdisjoint(spoken := words_of(name)[-2:]):
        told = (
            f"'{name}' may say which rows are for {spoken[-1]}ing; to use it so, write 'train' and 'test' in "
            "the file."
        )
        return [Problem(name, "split", told, _LEAVE_OUT, False, {"role": "ignore"})]
    groups = kind != recipes.NUMBER or column.distinct <= FEW_LEVELS
    if guesses.may_be_sensitive(name, groups) and not guesses.is_sensitive(name):
        told = f"'{name}' may be a sensitive column, by its name."
        return [
            Problem(name, "sensitive", told, "Compare its groups", False, {"role": "sensitive"})
        ]
    return []


def _free_text(column: ReadColumn, name: str) -> list[Problem]:
    if column.kind != recipes.TEXT:
        return []
    told = f"'{name}' is free text: it has {wording.count(column.distinct)} distinct texts."
    if column.distinct * ROWS_A_LEVEL <= len(column.series):
        told += (
            f" As a category, its {MOST_LEVELS - 1} most common ones are inputs, the others one."
        )
    return [Problem(name, "text", told, _LEAVE_OUT, True, {"role": "ignore"})]


def _of_values(column: ReadColumn, name: str, offer: Proposal | None) -> list[Problem]:
    """What may be wrong with the values of a column."""
    read, kind, gaps, found = column.series, column.kind, column.missing, []
    if gaps > _MOSTLY * len(read):
        told = f"'{name}' is missing in {wording.count(gaps)} of {wording.count(len(read))} rows."
        found.append(Problem(name, "gaps", told, _LEAVE_OUT, False, {"role": "ignore"}))
    if values := stand_ins(read):
        cells = int(recipes.matches(read, values).sum())
        told = (
            f"'{name}' has {wording.count(cells)} {'cell' if cells == 1 else 'cells'} with "
            f"{text.listing([text.clean(value) for value in values])}, which may stand for a missing value."
        )
        found.append(
            Problem(name, "missing", told, "Make them missing", False, {"missing": values})
        )
    if is_text(read):
        found += _of_texts(read, name, kind, offer)
    elif kind == recipes.NUMBER:
        found += _of_numbers(column.known, column.distinct, name)
    return found


def _of_texts(read: pd.Series, name: str, kind: str, offer: Proposal | None) -> list[Problem]:
    found = _of_spellings(read, name) if kind != recipes.TEXT else []
    found += _of_totals(read, name) + _of_spoilt_names(read, name)
    if offer is not None:
        change = {"kind": offer.kind} if offer.kind else {}
        return [*found, Problem(name, offer.code, offer.sentence, offer.remedy, False, change)]
    levels = [str(level).strip() for level in read.dropna().unique()[:1000]]
    units = [unit for unit in numerals.units(levels, ".") if unit]
    numbers = ~np.isnan(numerals.Numbers().read(levels))
    if 1 < len(units) + bool(numbers.any()) <= _MOST_UNITS and sum(
        len(numerals.units([level], ".")) for level in levels
    ) >= 0.95 * len(levels):
        what = (
            f"different units ({text.listing(units)})"
            if len(units) > 1
            else f"the unit '{units[0]}' and without one"
        )
        told = f"'{name}' has numbers with {what}, so it was not read as numbers; convert them to one unit."
        return [*found, Problem(name, "units", told)]
    return found + _of_digits(read, name)


def _of_spellings(read: pd.Series, name: str) -> list[Problem]:
    """Levels that may be the same, with the rows of each."""
    found = []
    for code, what, same in (
        ("spelling", "may be the same", spellings.visible(read)),
        (
            "similar",
            "may be the same, with a typing error, in the plural or in one word",
            misspellings.similar(read, name),
        ),
        ("short", "may be short forms of others", abbreviations.abbreviated(read)),
    ):
        if same:
            told = f"Levels of '{name}' {what}: {spellings.counted(same, read)}."
            found.append(Problem(name, code, told, "Merge them", False, {"merge": same}))
    return found


def _of_totals(read: pd.Series, name: str) -> list[Problem]:
    """Rows between the others that are named like their sum."""
    codes, levels = text.coded(read)
    places = [place for place, level in enumerate(levels) if is_total(level.strip())]
    cells = int(np.isin(codes, places).sum())
    if not cells or cells > _FEW_TOTALS * len(read):
        return []
    told = (
        f"{cells_that(codes, places)} of '{name}' {'is' if cells == 1 else 'are'} named like totals "
        f"({text.listing([text.clean(levels[place]) for place in places], most=3)}); if these rows are sums "
        "of others, delete them from the file."
    )
    return [Problem(name, "totals", told)]


def _of_spoilt_names(read: pd.Series, name: str) -> list[Problem]:
    """Cells such as 2-Sep among words, which a spreadsheet makes of names such as SEPT2."""
    levels = [text.clean(str(level)) for level in read.dropna().unique()[:_MOST_LEVELS_READ]]
    days = [level for level in levels if _SPREADSHEET_DAY.fullmatch(level)]
    if not days or len(days) > _FEW_DAYS * len(levels):
        return []
    told = (
        f"'{name}' has {text.listing(days, most=3)} among words; a spreadsheet may have made dates of names "
        "such as SEPT2, so compare them with where the table comes from."
    )
    return [Problem(name, "spoilt", told)]


def _of_digits(read: pd.Series, name: str) -> list[Problem]:
    """Texts that are partly numbers, or that look like numbers or dates and are none."""
    codes, levels = text.coded(read)
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    levels = [level.strip() for level in levels]
    if len(levels) > _MOST_LEVELS_READ and not _has_digits(levels[:: len(levels) // _TRIED]):
        return []
    ways = {
        recipes.NUMBER: ~np.isnan(numerals.Numbers().read(levels)),
        recipes.DECIMAL_COMMA: ~np.isnan(numerals.Numbers(",").read(levels)),
    }
    way = max(ways, key=lambda one: float(counts @ ways[one]))
    numbers = ways[way]
    for kind, what, hit in (
        (way, "numbers", numbers),
        (recipes.DATE, "dates", _are_days(levels)),
    ):
        if not _MOSTLY <= counts[hit].sum() / counts.sum() < 1 or hit.sum() <= 2:
            continue
        others = text.listing([text.clean(levels[place]) for place in np.flatnonzero(~hit)], most=3)
        told = (
            f"{wording.count(counts[hit].sum())} of {wording.count(counts.sum())} cells of '{name}' are "
            f"{what}; because of the others ({others}) it was not read as {what}."
        )
        remedy = f"Read the {what}, and make the other cells missing"
        return [Problem(name, "partly", told, remedy, False, {"kind": kind})]
    odd = [level for level in levels if _LIKE_NUMBERS.fullmatch(level)]
    if len(odd) >= _FEW_ODD and len(odd) >= 0.9 * len(levels) and not numbers.all():
        shown = text.listing([text.clean(level) for level in odd], most=3)
        told = (
            f"'{name}' has texts that are neither numbers nor dates, although they start with digits "
            f"({shown}); convert them if they are amounts."
        )
        return [Problem(name, "digits", told)]
    return []


def _are_clock_times(known: pd.Series) -> bool:
    """Whether whole numbers are hours and minutes, such as 1815."""
    in_day = known.min() >= 0 and known.max() <= 2400 and np.ptp(known) >= _HOURS
    return bool(in_day and (known % 100 < 60).all())


def _are_amounts(known: pd.Series, name: str) -> bool:
    """Whether a few whole numbers are hardly codes, by their name, their size or their steps."""
    spoken = set(words_of(name))
    if not spoken.isdisjoint(_CODED):
        return False
    if is_time(name) or not spoken.isdisjoint(_AMOUNTS):
        return True
    levels = np.sort(known.unique().astype(np.int64))
    step = np.gcd.reduce(levels)
    if levels[-1] > _LARGEST_CODE:  # 541511, 238220
        alike = len(str(levels[0])) == len(str(levels[-1])) >= _CODE_DIGITS
        return not alike or bool(step > 1)
    return bool(levels[-1] > _LARGEST_DIGIT and step >= _STEP)


def _are_days(levels: list[str]) -> np.ndarray:
    """Whether each text is a date, with either order of day and month."""
    if not are_dates(levels).any():
        return np.zeros(len(levels), dtype=bool)
    return ~np.isnat(Dates(True).read(levels)) | ~np.isnat(Dates(False).read(levels))


def _has_digits(levels: list[str]) -> bool:
    """Whether so many of a column's levels start with digits that it is worth reading all of them."""
    like = [level for level in levels if _LIKE_NUMBERS.match(level)]
    return len(like) > 0.25 * len(levels)


def _of_numbers(known: pd.Series, distinct: int, name: str) -> list[Problem]:
    if not _VERSIONS.isdisjoint(words_of(name)):
        told = f"'{name}' may have codes, not numbers: as codes, 1.1 and 1.10 are two."
        change = {"kind": recipes.CATEGORY}
        return [Problem(name, "codes", told, "Make it a category", False, change)]
    whole = bool(np.isfinite(known).all() and (known == known.round()).all())
    if not whole:
        return []
    if distinct in _CODES and known.min() >= 0 and not _are_amounts(known, name):
        told = (
            f"'{name}' has only {distinct} whole numbers; if they are codes of categories, not amounts, read "
            "it as a category."
        )
        return [
            Problem(name, "codes", told, "Make it a category", False, {"kind": recipes.CATEGORY})
        ]
    if is_time(name) and distinct >= _MANY_TIMES and _are_clock_times(known):
        told = (
            f"'{name}' looks like times of day written as numbers ({int(known.max())}), which have no even "
            "steps; write them with a colon in the file."
        )
        return [Problem(name, "clock", told)]
    if short := short_days.told(name, known.unique()):
        return [Problem(name, "short_dates", short)]
    days = known.min() >= 19000101 and known.max() <= 20991231
    days = days or (known.min() >= 190001010000 and known.max() <= 20991231235959)
    months = known.min() >= 190001 and known.max() <= 209912 and distinct > FEW_LEVELS
    if days or months:
        texts = [str(int(value)) for value in known.unique()[:1000]]
        if not np.isnat(Dates(compact=True).read(texts)).any():
            told = f"'{name}' looks like dates written as numbers ({texts[0]})."
            change = {"kind": recipes.DATE}
            return [Problem(name, "dates", told, "Read it as dates", False, change)]
    return []
