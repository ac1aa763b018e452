"""``audit_fairness``: the disparities of a model, and the effect of each row on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd
from torch import Tensor

from afif_explorer.analysis.fairness import tables, words
from afif_explorer.analysis.fairness.counts import group_counts, missing
from afif_explorer.analysis.fairness.intervals import Rows, ranges, theta_without
from afif_explorer.analysis.fairness.measures import (
    Asked,
    by_split,
    compare,
    held_out,
    measures_for,
)
from afif_explorer.analysis.fairness.resampling import Resampling
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.limits.trust import Reason, Trust
from afif_explorer.analysis.removal.refits import Retrained
from afif_explorer.analysis.rows.attribution import refined_effects
from afif_explorer.analysis.rows.diagnostics import row_index
from afif_explorer.analysis.rows.judging import judge
from afif_explorer.analysis.rows.told import effect_words
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.engine.targets.groups import GroupName, Merge
from afif_explorer.errors import Undefined
from afif_explorer.html_tables import html_table

SHOWN = 2  # measures in a repr


@dataclass(frozen=True, eq=False, repr=False)
class FairnessAudit:
    """The result of :func:`audit_fairness`.

    Attributes:
        disparities: data frame, one row per measure; columns ``soft`` (mean predictions) and ``hard``
            (decisions, as fairlearn defines them); NaN where undefined.
        compared: data frame, rows ``(measure, "soft")`` and ``(measure, "hard")``: the two groups
            (``highest``, ``lowest``), how many of their rows count (``highest_rows``, ``lowest_rows``), and
            ``among`` which.
        by_split: data frame, rows ``(measure, split)``: the soft ``gap`` in the split that was asked for and
            in the held-out ones, with its two groups as in ``compared``.
        groups: data frame of the groups' numbers of rows and mean predictions; NaN for groups that are
            smaller than the minimum.
        counts: data frame of the rows of every group in every split: see :func:`group_counts`.
        effects: data frame ``[n_train, measures]``, indexed by row id: the predicted change of each soft
            disparity if the row is removed; NaN where undefined.
        notes: sentences: the favourable class if it was guessed; each measure that is undefined; groups
            that are left out, merged or missing from a split; gaps between groups of fewer than 30 rows;
            and gaps that are between other groups in another split.
        method: how the effects were computed, in words.
    """

    disparities: pd.DataFrame
    compared: pd.DataFrame
    by_split: pd.DataFrame
    groups: pd.DataFrame
    counts: pd.DataFrame
    effects: pd.DataFrame
    notes: tuple[str, ...]
    method: str
    _fit: Fit
    _measures: Asked
    _moved: Tensor | None
    _how: Resampling
    _judge: Callable[[], Trust]

    @cached_property
    def trust(self) -> Trust:
        """How far the effects can be trusted."""
        return self._judge()

    def __repr__(self) -> str:
        known = self.disparities["soft"].dropna()
        told = "".join(f", {name} {gap:.3g}" for name, gap in known.head(SHOWN).items())
        return f"<FairnessAudit: {len(known)} measures{told}, ...; {len(self.notes)} notes>"

    def _repr_html_(self) -> str:
        """The disparities and the notes."""
        rows = self.disparities.itertuples(name=None)
        return html_table("Disparities", ("measure", "soft", "hard"), rows, self.notes)

    @cached_property
    def intervals(self) -> pd.DataFrame:
        """Bootstrap intervals, rows ``(measure, form)``: ``gap``, ``low`` and ``high``.

        Computed when first read; see :func:`bootstrap_disparity`. NaN where undefined.
        """
        asked = [(self._measures[measure], form == "soft") for measure, form in self.compared.index]
        rows = [found.gap for found in ranges(self._fit, asked, [], self._how)]
        table = pd.DataFrame(rows, self.compared.index).set_axis(["gap", "low", "high"], axis=1)
        return tables.complete(table, list(self._measures))

    @cached_property
    def changes(self) -> pd.DataFrame:
        """The change of each soft gap without the ``removed`` rows, in every split, with its interval.

        Rows as in ``by_split``; columns ``change`` and the ends of its bootstrap interval, ``low`` and
        ``high``; empty if no rows were removed. Computed when first read.
        """
        defined = self.by_split.dropna(subset="gap").index
        index = defined if self._moved is not None else defined[:0]
        moved = [] if self._moved is None else [self._moved]
        found = {}
        for split in index.unique("split"):
            names = [measure for measure, where in index if where == split]
            asked = [(replace(self._measures[name], split=split), True) for name in names]
            for name, one in zip(names, ranges(self._fit, asked, moved, self._how), strict=True):
                [found[name, split]] = one.changes
        rows = [found[key] for key in index]
        table = pd.DataFrame(rows, index, ["change", "low", "high"])
        return tables.complete(table, list(self._measures))


def audit_fairness(
    fit: Fit,
    sensitive: str | Sequence[str],
    method: Method = AFIF(),  # noqa: B008 - a frozen value
    *,
    split: str = "test",
    favourable: str | int | None = None,
    groups: Sequence[GroupName] | None = None,
    minimum: int = 1,
    merge_small: bool = False,
    merge: Merge | None = None,
    removed: Rows | Retrained | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> FairnessAudit:
    """Disparities between the groups of ``sensitive`` on a split, and every row's effect on each.

    A disparity ``T = max_g mean_g(s) - min_g mean_g(s)`` compares the groups' mean predictions (or losses);
    row ``i`` has the effect ``T(theta(w)) - T(theta(1))`` without it, predicted as by :func:`attribute`:
    positive if the gap widens without the row. In the units of each measure: probability, nats, or the
    target's.

    Every disparity that is defined for classes, or for numbers, is a measure. ``split`` is where they are
    measured: rows chosen by their effects on one split should be evaluated on another.

    Args:
        fit: a fit of a data set with sensitive columns.
        sensitive: the display name of one of them; the groups of several are their intersections.
        method: of prediction.
        split: where the disparities are measured: "train", "validation" or "test". Rows chosen by their
            effects on one split should be evaluated on another.
        favourable: the favourable class by name; None: ``fit.data.favourable``, which ``notes`` tells.
        groups: the names of the two groups to compare (an intersection: a tuple); None: the two that are
            furthest apart.
        minimum: groups of which fewer rows count are left out, and ``notes`` tells which.
        merge_small: compare the groups with fewer than ``minimum`` rows in the split as one.
        merge: groups that count as one, by their new name: ``{"young": ["18-25", "26-35"]}``.
        removed: ids of training rows, whose removal ``changes`` predicts in every split; or the result of
            :func:`retrain`, whose true changes they then are.
        resamples, confidence, seed: of the bootstrap behind ``intervals`` and ``changes``.

    Returns:
        A ``FairnessAudit``: ``disparities`` (soft and hard), ``compared``, ``by_split``, ``groups``,
        ``counts``, ``effects`` ``[n_train, measures]``, ``intervals``, ``changes``, ``notes`` and ``trust``.

    Raises:
        InvalidChoice: for an unknown attribute, split, class or group.
        UndefinedMeasure: if the split has rows of fewer than two groups.

    A group without relevant rows for a measure (equal opportunity: rows with the outcome) has no mean; it
    is left out, and a measure with fewer than two groups left is NaN. fairlearn counts such a mean as 0.
    The warning :class:`Undefined` and ``notes`` report both.

    Sources: Barocas, Hardt and Narayanan, Fairness and Machine Learning (2023), chapter 3; Sattigeri et
    al., Fair Infinitesimal Jackknife (2022).

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> audit = ax.audit_fairness(fit, "group", favourable="hired", removed=fit.ids[:3])
    >>> audit.disparities.index.tolist()[:3]
    ['demographic_parity', 'equal_opportunity', 'equalized_odds']
    >>> audit.effects.shape == (1400, len(audit.disparities))
    True
    >>> audit.changes.loc["demographic_parity"].index.tolist()
    ['test', 'validation']
    """
    kinds = measures_for(fit)
    asked: Asked = {
        name: kind(
            sensitive,
            split,
            favourable=favourable,
            groups=groups,
            minimum=minimum,
            merge_small=merge_small,
            merge=merge,
        )
        for name, kind in kinds.items()
    }
    how = Resampling(resamples, confidence, seed)
    first = next(iter(asked.values()))
    means = first.group_means(fit, fit.parameters)
    found, why = compare(fit, asked)
    losing = [f"{name}: {told}" for name, told in why.items()]
    defined = {name: target for name, target in asked.items() if (name, "soft") in found}
    losing += [told for name in defined for told in words.left_out(fit, name, asked[name], found)]
    influence = prepared(method, fit)
    targets = list(defined.values())
    effects, refinement = refined_effects(influence, fit, targets)
    own = [Reason("good", told, Undefined) for told in losing]
    own += [Reason("fair", told) for told in words.cautions(found)]
    trust = judge(fit, influence, refinement, own, targets)
    counts = group_counts(fit, sensitive, favourable=favourable, merge=merge)
    elsewhere, nowhere = by_split(fit, asked)
    notes = [
        *words.guess(fit, asked.values()),
        *losing,
        *words.merged(first, found),
        *missing(counts, first.class_words(fit, fit.sample(split))),
        *words.cautions(found),
        *nowhere,
        *words.other_pairs(fit, asked, elsewhere),
    ]
    return FairnessAudit(
        disparities=tables.gaps(found, list(asked)),
        compared=tables.compared(found),
        by_split=tables.by_split(elsewhere, list(asked), held_out(fit, split)),
        groups=tables.groups(fit, first, means),
        counts=counts,
        effects=pd.DataFrame(effects, columns=list(defined), index=row_index(fit)).reindex(
            columns=list(asked)
        ),
        notes=tuple(notes),
        method=effect_words(influence, None, refinement),
        _fit=fit,
        _measures=asked,
        _moved=None if removed is None else theta_without(fit, removed, method),
        _how=how,
        _judge=trust,
    )
