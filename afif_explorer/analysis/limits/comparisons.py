"""Descriptions of what a disparity compares: two groups, their rows, and the groups left out."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.engine.targets.base import Target
from afif_explorer.engine.targets.comparison import OUTCOME_WORDS, Comparison
from afif_explorer.engine.targets.disparity import GroupDisparity
from afif_explorer.errors import Guessed, Undefined, UndefinedMeasure
from afif_explorer.wording import count

FEW = 30  # rows per group; with fewer, a gap may easily be due to chance
_MOST_NAMED = 6


def compares(fit: Fit, disparity: GroupDisparity, found: Comparison) -> str:
    """What the gap is of, and the mean and the rows of its two groups.

    ``share predicted 'yes': 'a' 0.6 (84 rows) minus 'b' 0.41 (52 rows)``.
    """
    high, low = (_rows(n, fit, disparity, found.among) for n in found.rows)
    means = [f"{mean:.3g}" for mean in found.means]
    return (
        f"{found.measured}: {found.highest!r} {means[0]} ({high}) minus "
        f"{found.lowest!r} {means[1]} ({low})"
    )


def caution(found: Comparison) -> str:
    """A sentence if one of the two groups has few rows; else empty."""
    sizes = zip((found.highest, found.lowest), found.rows, strict=True)
    small = [f"{group!r} ({count(n)})" for group, n in sizes if n < FEW]
    if not small:
        return ""
    return f"Fewer than {FEW} rows count in {' and '.join(small)}: the gap may be due to chance."


def condition(fit: Fit, disparity: GroupDisparity, among: str) -> str:
    """``with the outcome 'yes'`` for ``with the outcome``."""
    if not among or not fit.sample(disparity.split).classes:
        return among
    return f"{among} {disparity.class_words(fit, fit.sample(disparity.split))}"


def left_out(fit: Fit, disparity: GroupDisparity, found: Comparison) -> list[str]:
    """A sentence for each condition that no row, or too few rows, of some group satisfy."""
    where, whose = f"in the {disparity.split} split", disparity.attribute
    told = [
        f"No row {among and condition(fit, disparity, among) + ' '}{where} belongs to "
        f"{_listed(groups)} of {whose}, so {'its' if len(groups) == 1 else 'their'} mean is undefined "
        "and left out."
        for among, groups in found.left_out.items()
    ]
    for among, sizes in found.small.items():
        groups = tuple(
            f"{group!r} ({_rows(n, fit, disparity, among)})" for group, n in sizes.items()
        )
        told.append(
            f"Left out, because fewer than {disparity.minimum} rows count {where}: "
            f"{_some(groups)} of {whose}."
        )
    return told


def notes(fit: Fit, disparity: GroupDisparity, found: Comparison) -> tuple[str, ...]:
    """Notes on groups that are merged, on groups that are left out, and on groups with few rows."""
    told = [merged(disparity, found), *left_out(fit, disparity, found), caution(found)]
    return tuple(filter(None, told))


def guessed(fit: Fit, disparity: GroupDisparity) -> str:
    """A sentence if the favourable class is a guess, and another would be another gap; else empty."""
    said = disparity.favourable is not None or disparity.outcome is not None
    classes = len(fit.sample(disparity.split).classes)
    known = None if fit.data is None else fit.data.favourable
    if said or known is None or not disparity.class_matters(classes):
        return ""
    return f"{known.name!r} is taken to be the favourable class, {known.why}."


def merged(disparity: GroupDisparity, found: Comparison) -> str:
    """A sentence if small groups are compared as one; else empty."""
    if not found.merged:
        return ""
    return (
        f"Groups of {disparity.attribute} with fewer than {disparity.minimum} rows in the "
        f"{disparity.split} split are compared as one: {_listed(found.merged)}."
    )


def at_fit(fit: Fit, disparity: GroupDisparity, *, soft: bool = True) -> Comparison:
    """What a disparity compares at the fit. Raises :class:`UndefinedMeasure` with the data's names."""
    try:
        return disparity.compare(fit, fit.parameters, soft=soft)
    except UndefinedMeasure as error:
        raise UndefinedMeasure(_named(fit, disparity, str(error))) from None


def groups_left_out(fit: Fit, targets: Iterable[Target]) -> list[str]:
    """A sentence for each disparity among the targets that leaves groups out, each said once."""
    told = [
        f"{type(target).__name__}: {sentence}"
        for target in targets
        if isinstance(target, GroupDisparity)
        for sentence in left_out(fit, target, target.compare(fit, fit.parameters))
    ]
    return list(dict.fromkeys(told))


def few_rows(fit: Fit, targets: Iterable[Target]) -> list[str]:
    """A sentence for each disparity among the targets that few rows decide, each said once."""
    told = [
        f"{type(target).__name__}: {sentence}"
        for target in targets
        if isinstance(target, GroupDisparity)
        and (sentence := caution(target.compare(fit, fit.parameters)))
    ]
    return list(dict.fromkeys(told))


def guesses(fit: Fit, targets: Iterable[Target]) -> list[str]:
    """A sentence, once, for a favourable class that nobody chose and some target depends on."""
    gaps = [target for target in targets if isinstance(target, GroupDisparity)]
    told = dict.fromkeys(filter(None, (guessed(fit, gap) for gap in gaps)))
    return [f"{one} Name another one, or this one, with favourable=." for one in told]


def warn_of_comparisons(fit: Fit, targets: Iterable[Target]) -> None:
    """Warn of disparities among the targets that leave out groups, or are about a guessed class."""
    targets = list(targets)
    for told in groups_left_out(fit, targets):
        warnings.warn(told, Undefined, stacklevel=3)
    for told in guesses(fit, targets):
        warnings.warn(told, Guessed, stacklevel=3)


def _rows(n: int, fit: Fit, disparity: GroupDisparity, among: str) -> str:
    rows = f"{count(n)} {'row' if n == 1 else 'rows'}"
    return f"{rows} {condition(fit, disparity, among)}" if among else rows


def _named(fit: Fit, disparity: GroupDisparity, sentence: str) -> str:
    for words in OUTCOME_WORDS:
        sentence = sentence.replace(words, condition(fit, disparity, words))
    return sentence


def _listed(groups: tuple[str, ...]) -> str:
    return _some(tuple(map(repr, groups)))


def _some(words: tuple[str, ...]) -> str:
    shown = ", ".join(words[:_MOST_NAMED])
    more = len(words) - _MOST_NAMED
    return shown if more <= 0 else f"{shown} and {more} more"
