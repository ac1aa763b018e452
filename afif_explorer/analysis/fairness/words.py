"""What is to be said about the measures of an audit, a sentence each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from afif_explorer.analysis.fairness.tables import Found
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.limits import comparisons
from afif_explorer.engine.targets.comparison import Comparison
from afif_explorer.engine.targets.disparity import GroupDisparity


def other_pairs(fit: Fit, asked: Mapping[str, GroupDisparity], found: Found) -> list[str]:
    """A sentence for each measure whose gap is between other groups in another split."""
    told = []
    for name, target in asked.items():
        pairs = {
            split: _pair(fit, target, one)
            for (measure, split), one in found.items()
            if measure == name
        }
        pair = pairs.pop(target.split, "")
        told += [
            f"{title(name)}: the gap is {pair} in the {target.split} split but {other} in the {split} "
            "split, so rows that lower the one may raise the other; name two groups to compare the same pair."
            for split, other in pairs.items()
            if pair and other != pair
        ]
    return told


def _pair(fit: Fit, target: GroupDisparity, found: Comparison) -> str:
    among = f" among rows {comparisons.condition(fit, target, found.among)}" if found.among else ""
    return f"{found.highest!r} minus {found.lowest!r}{among}"


def left_out(fit: Fit, name: str, target: GroupDisparity, found: Found) -> list[str]:
    """Which groups a measure leaves out, and fairlearn's value, which counts them as 0."""
    hard = found.get((name, "hard"))
    told = comparisons.left_out(fit, target, hard or found[name, "soft"])
    zero, gap = (f"{hard.as_zero:.4g}", f"{hard.gap:.4g}") if hard else ("", "")
    if hard and hard.left_out and zero != gap:
        told[len(hard.left_out) - 1] += (
            f" Counted as 0, as fairlearn does, the gap of decisions would be {zero} instead of {gap}."
        )
    return [f"{title(name)}: {one}" for one in told]


def cautions(found: Found) -> list[str]:
    told = [
        f"{title(name)}: {words}"
        for (name, _), one in found.items()
        if (words := comparisons.caution(one))
    ]
    return list(dict.fromkeys(told))


def guess(fit: Fit, targets: Iterable[GroupDisparity]) -> list[str]:
    """The favourable class, if it is a guess that some measure depends on."""
    told = (comparisons.guessed(fit, target) for target in targets)
    return list(dict.fromkeys(words for words in told if words))


def merged(target: GroupDisparity, found: Found) -> list[str]:
    """Which small groups are compared as one."""
    told = comparisons.merged(target, next(iter(found.values())))
    return [told] if told else []


def title(measure: str) -> str:
    return measure.replace("_", " ").capitalize()


def form_title(measure: str, form: str) -> str:
    return f"{title(measure)}, {'mean predictions' if form == 'soft' else 'decisions'}"
