"""Descriptions of what a disparity compares: two groups, their rows, and the groups left out."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.engine.targets.base import Target
from afif_explorer.engine.targets.disparities import OUTCOME_WORDS, Comparison, GroupDisparity
from afif_explorer.errors import Undefined, UndefinedMeasure
from afif_explorer.wording import count

FEW = 30  # rows per group; with fewer, a gap may easily be due to chance
_MOST_NAMED = 6


def compares(fit: Fit, disparity: GroupDisparity, found: Comparison) -> str:
    """The two groups and how many rows of the split each has: ``'a' (84 rows) minus 'b' (52 rows)``."""
    high, low = (_rows(n, fit, disparity, found.among) for n in found.rows)
    return f"{found.highest!r} ({high}) minus {found.lowest!r} ({low})"


def caution(found: Comparison) -> str:
    """A sentence if one of the two groups has few rows; else empty."""
    sizes = zip((found.highest, found.lowest), found.rows, strict=True)
    small = [f"{group!r} ({count(n)})" for group, n in sizes if n < FEW]
    if not small:
        return ""
    return f"Fewer than {FEW} rows count in {' and '.join(small)}: the gap may be due to chance."


def left_out(fit: Fit, disparity: GroupDisparity, found: Comparison) -> list[str]:
    """A sentence for each condition that no row of some group satisfies."""
    return [
        f"No row {_outcome(fit, disparity, among)} in the {disparity.split} split belongs to "
        f"{_listed(groups)} of {disparity.sensitive!r}, so {'its' if len(groups) == 1 else 'their'} "
        "mean is undefined and left out."
        for among, groups in found.left_out.items()
    ]


def notes(fit: Fit, disparity: GroupDisparity, found: Comparison) -> tuple[str, ...]:
    """Notes on groups that are left out, and on groups with few rows."""
    return tuple(filter(None, [*left_out(fit, disparity, found), caution(found)]))


def at_fit(fit: Fit, disparity: GroupDisparity, *, soft: bool = True) -> Comparison:
    """What a disparity compares at the fit. Raises :class:`UndefinedMeasure` with the data's names."""
    try:
        return disparity.compare(fit, fit.parameters, soft=soft)
    except UndefinedMeasure as error:
        raise UndefinedMeasure(_named(fit, disparity, str(error))) from None


def warn_of_groups(fit: Fit, targets: Iterable[Target]) -> None:
    """Warn :class:`Undefined` of each disparity among the targets that leaves groups out."""
    for target in targets:
        if isinstance(target, GroupDisparity):
            for told in left_out(fit, target, target.compare(fit, fit.parameters)):
                warnings.warn(f"{type(target).__name__}: {told}", Undefined, stacklevel=3)


def _rows(n: int, fit: Fit, disparity: GroupDisparity, among: str) -> str:
    rows = f"{count(n)} {'row' if n == 1 else 'rows'}"
    return f"{rows} {_outcome(fit, disparity, among)}" if among else rows


def _outcome(fit: Fit, disparity: GroupDisparity, among: str) -> str:
    """``with the outcome 'yes'`` for ``with the outcome``."""
    if not among or fit.data is None or not fit.data.classes:
        return among
    outcome = -1 if disparity.outcome is None else disparity.outcome
    return f"{among} {fit.data.classes[outcome]!r}"


def _named(fit: Fit, disparity: GroupDisparity, sentence: str) -> str:
    for words in OUTCOME_WORDS:
        sentence = sentence.replace(words, _outcome(fit, disparity, words))
    return sentence


def _listed(groups: tuple[str, ...]) -> str:
    shown = ", ".join(map(repr, groups[:_MOST_NAMED]))
    more = len(groups) - _MOST_NAMED
    return shown if more <= 0 else f"{shown} and {more} more"
