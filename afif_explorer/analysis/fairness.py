"""``audit_fairness``: the disparities of a model, and the effect of each row on them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared, warn_unfinished
from afif_explorer.analysis.limits import comparisons
from afif_explorer.analysis.limits.trust import warn_of_trust
from afif_explorer.analysis.rows.attribution import effects_of
from afif_explorer.choices.targets import GAPS
from afif_explorer.choices.targets.kinds import CLASSES, NUMBERS
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.engine.problem.losses import Bernoulli, Categorical
from afif_explorer.engine.targets.bound import Sample, checked_fit
from afif_explorer.engine.targets.disparities import Comparison, GroupDisparity
from afif_explorer.errors import Undefined, UndefinedMeasure

FORMS = ("soft", "hard")
Forms = dict[str, Comparison]


@dataclass(frozen=True, eq=False)
class FairnessAudit:
    """The result of :func:`audit_fairness`.

    Attributes:
        disparities: data frame, one row per measure; columns ``soft`` (mean predictions) and ``hard``
            (decisions, as fairlearn defines them); NaN where undefined.
        compared: data frame, rows ``(measure, "soft")`` and ``(measure, "hard")``: the two groups
            (``highest``, ``lowest``), how many of their rows count (``highest_rows``, ``lowest_rows``), and
            ``among`` which.
        groups: data frame of the groups' numbers of rows and mean predictions.
        effects: data frame ``[n_train, measures]``, indexed by row id: the predicted change of each soft
            disparity if the row is removed; NaN where undefined.
        notes: a sentence for each measure that is undefined, for groups that it leaves out, and for a gap
            between groups of fewer than 30 rows.
    """

    disparities: pd.DataFrame
    compared: pd.DataFrame
    groups: pd.DataFrame
    effects: pd.DataFrame
    notes: tuple[str, ...]


def measures_for(fit: Fit) -> dict[str, type[GroupDisparity]]:
    """The disparities that make sense for a fit's loss, by name."""
    checked_fit(fit)
    classes = isinstance(fit.objective.loss, Bernoulli | Categorical)
    tasks = set(CLASSES if classes else NUMBERS)
    return {
        option.audited_as: option.engine_class
        for option in GAPS.values()
        if tasks.intersection(option.tasks)
    }


def audit_fairness(
    fit: Fit,
    sensitive: str,
    method: Method = AFIF(),  # noqa: B008 - a frozen value
    *,
    split: str = "test",
) -> FairnessAudit:
    """Disparities between the groups of ``sensitive`` on a split, and every row's effect on each.

    A disparity ``T = max_g mean_g(s) - min_g mean_g(s)`` compares the groups' mean predictions (or losses);
    row ``i`` has the effect ``T(theta(w)) - T(theta(1))`` without it, predicted as by :func:`attribute`:
    positive if the gap widens without the row. In the units of each measure: probability, nats, or the
    target's.

    Every disparity that is defined for classes, or for numbers, is a measure. ``split`` is where they are
    measured: rows that are chosen by their effects on one split are judged on another.

    Args:
        fit: a fit of a data set with sensitive columns.
        sensitive: the display name of one of them.
        method: of prediction.
        split: where the disparities are measured: "train", "validation" or "test". Rows that are chosen by
            their effects on one split should be judged on another.

    Returns:
        A ``FairnessAudit``: ``disparities`` (soft and hard), ``compared``, ``groups``, ``effects``
        ``[n_train, measures]`` and ``notes``.

    Raises:
        InvalidChoice: for an unknown attribute or split.
        UndefinedMeasure: if the split has rows of fewer than two groups.

    A group without rows that a measure is about (equal opportunity: rows with the outcome) has no mean; it
    is left out, and a measure with fewer than two groups left is NaN. fairlearn counts such a mean as 0.
    The warning :class:`Undefined` and ``notes`` report both. Warns of limited trust as :func:`attribute`.

    Sources: Barocas, Hardt and Narayanan, Fairness and Machine Learning (2023), chapter 3; Sattigeri et
    al., Fair Infinitesimal Jackknife (2022).

    >>> import afif_explorer as ax
    >>> audit = ax.audit_fairness(ax.fit(ax.load_dataset("hiring")), "group")
    >>> audit.disparities.index.tolist()[:3]
    ['demographic_parity', 'equal_opportunity', 'equalized_odds']
    >>> audit.effects.shape == (1400, len(audit.disparities))
    True
    """
    asked = {name: kind(sensitive, split) for name, kind in measures_for(fit).items()}
    means = next(iter(asked.values())).group_means(fit, fit.parameters)
    found, why = _compare(fit, asked)
    defined = {name: asked[name] for name in found}
    gaps = {name: {form: one.gap for form, one in forms.items()} for name, forms in found.items()}
    losing = [f"{_title(name)}: {told}" for name, told in why.items()]
    losing += [told for name in found for told in _left_out(fit, name, asked[name], found[name])]
    for told in losing:
        warnings.warn(told, Undefined, stacklevel=2)
    ids = None if fit.data is None else pd.Index(fit.data.train.ids, name="id")
    influence = prepared(method, fit)
    effects = effects_of(influence, fit, list(defined.values()))
    warn_unfinished(influence)
    warn_of_trust(fit, influence)
    return FairnessAudit(
        disparities=pd.DataFrame.from_dict(gaps, "index", columns=FORMS).reindex(list(asked)),
        compared=_compared(found),
        groups=_groups(fit.sample(split), sensitive, means),
        effects=pd.DataFrame(effects, columns=list(defined), index=ids).reindex(
            columns=list(asked)
        ),
        notes=(*losing, *_cautions(found)),
    )


def _compare(fit: Fit, asked: dict[str, GroupDisparity]) -> tuple[dict[str, Forms], dict[str, str]]:
    """What each measure that is defined compares, and why the others are not."""
    found: dict[str, Forms] = {}
    why: dict[str, str] = {}
    for name, target in asked.items():
        try:
            found[name] = {
                form: comparisons.at_fit(fit, target, soft=form == "soft") for form in FORMS
            }
        except UndefinedMeasure as error:
            why[name] = str(error)
    if not found:
        raise UndefinedMeasure(next(iter(why.values())))
    return found, why


def _left_out(fit: Fit, name: str, target: GroupDisparity, found: Forms) -> list[str]:
    """Who is left out of a measure, and what fairlearn, which counts them as 0, would say."""
    hard = found["hard"]
    told = comparisons.left_out(fit, target, hard)
    if told and hard.as_zero != hard.gap:
        told[-1] += (
            f" Counted as 0, as fairlearn does, the gap of decisions would be {hard.as_zero:.4g} "
            f"instead of {hard.gap:.4g}."
        )
    return [f"{_title(name)}: {one}" for one in told]


def _cautions(found: dict[str, Forms]) -> list[str]:
    told = [
        f"{_title(name)}: {words}"
        for name, forms in found.items()
        for one in forms.values()
        if (words := comparisons.caution(one))
    ]
    return list(dict.fromkeys(told))


def _compared(found: dict[str, Forms]) -> pd.DataFrame:
    rows = {
        (name, form): (one.highest, one.lowest, *one.rows, one.among)
        for name, forms in found.items()
        for form, one in forms.items()
    }
    index = pd.MultiIndex.from_tuples(rows, names=["measure", "form"])
    columns = ["highest", "lowest", "highest_rows", "lowest_rows", "among"]
    return pd.DataFrame(list(rows.values()), index, columns)


def _groups(sample: Sample, sensitive: str, means: dict[str, float]) -> pd.DataFrame:
    codes = np.asarray(sample.groups[sensitive])
    names = sample.group_names[sensitive]
    rows = {name: int((codes == code).sum()) for code, name in enumerate(names)}
    return pd.DataFrame({"rows": pd.Series(rows), "mean_prediction": pd.Series(means)})


def _title(measure: str) -> str:
    return measure.replace("_", " ").capitalize()
