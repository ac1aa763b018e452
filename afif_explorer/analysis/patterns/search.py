"""``patterns``: the groups of training rows whose removal changes a target most."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import torch

from afif_explorer.analysis.fits.basins import Basins
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import bound, prepared
from afif_explorer.analysis.fits.retraining import retraining_of
from afif_explorer.analysis.limits.comparisons import at_fit
from afif_explorer.analysis.limits.removable import loses_a_class
from afif_explorer.analysis.patterns.conjunctions import Conjunctions, all_conjunctions
from afif_explorer.analysis.patterns.pattern import Pattern, Patterns
from afif_explorer.analysis.patterns.predicates import Predicates, predicates_of
from afif_explorer.analysis.rows.attribution import effects_of
from afif_explorer.analysis.rows.corrected import corrected, warn_without_effect
from afif_explorer.engine.influence.methods import AFIF, Method, NewtonStep
from afif_explorer.engine.runtime.memory import fits
from afif_explorer.engine.targets.base import RowTarget, Target
from afif_explorer.engine.targets.bound import checked_fit
from afif_explorer.engine.targets.disparity import GroupDisparity
from afif_explorer.engine.training.retrain import Refits
from afif_explorer.errors import CurvatureError, InvalidChoice
from afif_explorer.numeric import checked_count, checked_flag, checked_seed, is_name, is_number
from afif_explorer.progress import partial_result, report
from afif_explorer.wording import count, quoted

OVERLAP = 0.5  # Jaccard overlap with a better pattern, above which a pattern is left out
DIRECTIONS = {"lower": -1.0, "raise": 1.0}


def patterns(
    fit: Fit,
    target: Target,
    *,
    depth: int = 3,
    support: tuple[float, float] = (0.01, 0.15),
    top: int = 10,
    direction: str = "lower",
    split: tuple[str, str] = ("validation", "test"),
    permutations: int = 99,
    seed: int = 0,
    verify: bool = True,
    method: Method = AFIF(),  # noqa: B008 - a frozen value
) -> Patterns:
    """The groups of training rows, in words, whose removal changes a target most.

    A pattern is a conjunction of up to ``depth`` predicates over the rows' own columns: a level of a
    category, a range of a number between quantiles, the outcome, whether the prediction is right. All
    conjunctions with a share of rows within ``support`` are scored by the sum of their rows' effects
    ``S = sum_i c' D_i``, each corrected by its leverage, on the target's validation rows: ``(S - s m) /
    sqrt(s v (1 - s / n))`` for ``s`` rows and effects with mean ``m`` and variance ``v``, which is by how
    many standard deviations it differs from the sum of a random set of as many rows. The best are kept unless
    they overlap with a better one in more than half of their union (Jaccard). What their removal does is told
    on the test rows: the sum, a Newton step, and a refit. Effects are positive if the target rises without
    the rows.

    Among tens of thousands of conjunctions some always score high. The p-value compares each with the best
    of all conjunctions when the effects are permuted among the rows: ``(1 + #{best >= score}) / (1 +
    permutations)``.

    Args:
        fit: a model and the rows of its data set.
        target: what is to change, such as a loss or a disparity.
        depth: number of predicates in a conjunction, at most.
        support: smallest and largest share of the training rows in a pattern.
        top: number of patterns, at most.
        direction: "lower" or "raise" the target by removing the rows.
        split: of the target that patterns are chosen by, and of the target that is told. Targets that are
            bound to certain rows, such as :class:`Prediction`, stay there.
        permutations: number of permutations.
        seed: of the permutations.
        verify: refit without the rows of each pattern.
        method: curvature and solver; leverages are always corrected.

    Returns:
        ``Patterns``, which iterate over up to ``top`` patterns, each with ``words``, ``rows`` (ids ``[m]``),
        ``share``, ``score``, ``p_value``, ``chosen``, ``summed``, ``newton`` and ``retrained``;
        ``to_frame()`` is their table.

    Raises:
        InvalidChoice: for a fit without a data set and for settings that do not exist.
        DataError: where neither split has rows.
        Interrupted: on Ctrl-C during the refits; its ``result`` is the ``Patterns`` with NaN for those that
            are missing.

    Warns :class:`Undefined` where rows with a leverage of 1 or more count as without effect, and
    :class:`AnotherBasin` as :func:`retrain_each` does.

    Sources: Pradhan, Zhu, Glavic and Salimi, Interpretable Data-Based Explanations for Fairness Debugging
    (2022); Sagadeeva and Boehm, SliceLine (2021).

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> found = ax.patterns(fit, ax.MeanLoss(), depth=2, top=3, permutations=19)
    >>> found[0].retrained < 0
    True
    """
    began = time.perf_counter()
    sign = _checked(fit, target, depth, support, top, direction, split, permutations)
    checked_flag("verify", verify)
    least, most = support[0] * fit.n, support[1] * fit.n
    predicates = predicates_of(fit, int(np.ceil(least)), copies=2 * depth)
    chosen_by, told, notes = _targets(fit, target, split)
    influence = corrected(prepared(method, fit))
    warn_without_effect(influence)
    both = np.nan_to_num(effects_of(influence, fit, [chosen_by, told], order=1))
    found = _scored(predicates, sign * both[:, 0], depth, (least, most), permutations, seed)
    best = _diverse(fit, predicates, found, top)
    searching = time.perf_counter() - began
    rows = [_rows(predicates, found.members[place]) for place in best]
    newton, why = _newton_steps(fit, told, rows)

    def result(retrained: np.ndarray, basins: Basins) -> Patterns:
        basins.warn(range(1, len(rows) + 1), "pattern", stacklevel=4)
        elsewhere = basins.told(range(1, len(rows) + 1), "pattern")
        kept = [
            Pattern(
                words=" and ".join(predicates.words[one] for one in found.members[place]),
                predicates=tuple(predicates.words[one] for one in found.members[place]),
                rows=fit.ids[rows[rank]],
                share=len(rows[rank]) / fit.n,
                score=float(sign * found.scores[place]),
                p_value=float(
                    (1 + (found.by_chance >= found.scores[place]).sum()) / (1 + permutations)
                ),
                chosen=float(both[rows[rank], 0].sum()),
                summed=float(both[rows[rank], 1].sum()),
                newton=float(newton[rank]),
                retrained=float(retrained[rank]),
                another_basin=bool(basins.another[rank]),
            )
            for rank, place in enumerate(best)
        ]
        return Patterns(
            found=tuple(kept),
            target=told,
            chosen_by=chosen_by,
            searched=len(found.members),
            by_chance=sign * found.by_chance,
            notes=tuple(filter(None, (*notes, *why, elsewhere))),
            seconds=(searching, time.perf_counter() - began - searching),
        )

    if not (verify and rows):
        return result(np.full(len(rows), np.nan), Basins((None,) * len(rows)))
    return _retrained(fit, told, rows, result)


def _checked(
    fit: Fit,
    target: Target,
    depth: int,
    support: tuple[float, float],
    top: int,
    direction: str,
    split: tuple[str, str],
    permutations: int,
) -> float:
    """The sign of a direction, after all settings have been checked."""
    checked_fit(fit)
    if not isinstance(target, Target):
        raise InvalidChoice(f"Expected a target such as MeanLoss(), got {quoted(target)}.")
    for what, value in (("depth", depth), ("top", top), ("permutations", permutations)):
        checked_count(f"The number of patterns' {what}", value)
    if not (
        isinstance(support, tuple | list)
        and len(support) == 2
        and all(is_number(one) for one in support)
        and 0 < support[0] <= support[1] < 1
    ):
        raise InvalidChoice(
            "The support of a pattern is a smallest and a largest share, such as (0.01, 0.15), not "
            f"{quoted(support)}."
        )
    if not is_name(direction, DIRECTIONS):
        raise InvalidChoice(
            f"There is no direction {quoted(direction)}; choose 'lower' or 'raise'."
        )
    if not (isinstance(split, tuple | list) and len(split) == 2):
        raise InvalidChoice(f"Give two splits, to choose by and to tell on, not {quoted(split)}.")
    if not fits((1 + depth) * fit.n * (1 + permutations), torch.float32):
        raise InvalidChoice(
            f"{count(permutations)} permutations of {count(fit.n)} rows exceed the memory limit; take fewer, "
            "or raise it with memory_limit."
        )
    return DIRECTIONS[direction]


def _targets(
    fit: Fit, target: Target, split: tuple[str, str]
) -> tuple[Target, Target, tuple[str, ...]]:
    """The target that patterns are chosen by, the one that is told, and notes about them."""
    movable = not isinstance(target, RowTarget) and "split" in {one.name for one in fields(target)}
    if not movable:
        return target, target, (_SAME,)
    measured = [name for name in split if len(fit.sample(name).X)]
    if len(set(measured)) < 2:
        only = _on(target, measured[0] if measured else split[0])
        return only, only, (_SAME,)
    chosen_by, told = (_on(target, name) for name in split)
    notes = []
    if isinstance(chosen_by, GroupDisparity) and isinstance(told, GroupDisparity):
        one, two = at_fit(fit, chosen_by), at_fit(fit, told)
        if (one.highest, one.lowest) != (two.highest, two.lowest):
            notes.append(
                f"The gap on the {split[0]} rows is between {one.highest!r} and {one.lowest!r}, on the "
                f"{split[1]} rows between {two.highest!r} and {two.lowest!r}, so their effects differ."
            )
    return chosen_by, told, tuple(notes)


def _on(target: Target, split: str) -> Target:
    changed: Any = {"split": split}
    return replace(target, **changed)


_SAME = "Patterns are chosen and told on the same rows, so their effects look larger than on other rows."


def _scored(
    predicates: Predicates,
    effects: np.ndarray,
    depth: int,
    limits: tuple[float, float],
    permutations: int,
    seed: int,
) -> Conjunctions:
    draw = np.random.default_rng(checked_seed(seed))
    shuffled = np.empty((len(effects), 1 + permutations), dtype=np.float32)
    shuffled[:, 0] = effects
    for column in range(permutations):
        shuffled[:, 1 + column] = draw.permutation(effects)
    names = {name: code for code, name in enumerate(dict.fromkeys(predicates.columns))}
    return all_conjunctions(
        torch.from_numpy(predicates.masks),
        torch.tensor([names[name] for name in predicates.columns], dtype=torch.int64),
        torch.from_numpy(shuffled),
        depth,
        *limits,
    )


def _rows(predicates: Predicates, members: Sequence[int]) -> np.ndarray:
    return np.flatnonzero(predicates.masks[:, list(members)].all(1))


def _diverse(fit: Fit, predicates: Predicates, found: Conjunctions, top: int) -> list[int]:
    """The best conjunctions that do not overlap much with a better one, and leave a row of every class."""
    length = np.array([len(one) for one in found.members])
    best: list[int] = []
    taken: list[np.ndarray] = []
    for place in np.lexsort((length, -found.scores)).tolist():
        if len(best) == top or found.scores[place] <= 0:
            break
        mask = np.isin(np.arange(fit.n), _rows(predicates, found.members[place]))
        overlaps = ((mask & one).sum() > OVERLAP * (mask | one).sum() for one in taken)
        if any(overlaps) or loses_a_class(fit.objective, [np.flatnonzero(mask)])[0]:
            continue
        best.append(place)
        taken.append(mask)
    return best


def _newton_steps(
    fit: Fit, target: Target, sets: Sequence[np.ndarray]
) -> tuple[np.ndarray, tuple[str, ...]]:
    """The target's change by a Newton step without each of some sets, ``[m]``; notes."""
    value, notes = bound(target, fit).value, dict[str, None]()
    before, stepped = value(fit.parameters), np.full(len(sets), np.nan)
    newton = prepared(NewtonStep(), fit)
    for place, rows in enumerate(sets):
        report("Newton steps", place, len(sets))
        try:
            stepped[place] = value(newton.parameters_without([rows])[:, 0]) - before
        except CurvatureError as error:
            notes[f"Some patterns have no Newton step. {error}"] = None
    return stepped, tuple(notes)[:1]


def _retrained(
    fit: Fit,
    target: Target,
    sets: Sequence[np.ndarray],
    result: Callable[[np.ndarray, Basins], Patterns],
) -> Patterns:
    """``result`` of the target's change in a refit without each of some sets, ``[m]``, and where they ended.

    Raises :class:`Interrupted` with that of the finished refits, NaN for the others.
    """
    value, training = bound(target, fit).value, retraining_of(fit, stacklevel=3)
    start = value(training.start)

    def measured(refits: Refits) -> Patterns:
        done = refits.finished.tolist()
        changes = [
            value(theta) - start if known else np.nan
            for theta, known in zip(refits.theta.T, done, strict=True)
        ]
        return result(np.array(changes), training.basins(sets, refits.theta))

    with partial_result(measured):
        refits = training.without_each(sets)
    return measured(refits)
