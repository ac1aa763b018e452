"""``audit_fairness``: the disparities of a model, and what each row does to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from afif_explorer.analysis.attribution import attribute
from afif_explorer.analysis.fitting import Fit
from afif_explorer.engine.disparities import (
    DemographicParityDifference,
    EqualizedOddsDifference,
    EqualOpportunityDifference,
    GroupDisparity,
    GroupLossDifference,
    MeanPredictionDifference,
)
from afif_explorer.engine.losses import Bernoulli, Categorical
from afif_explorer.engine.methods import AFIF, Method
from afif_explorer.engine.targets import checked_fit

FOR_CLASSES: dict[str, type[GroupDisparity]] = {
    "demographic_parity": DemographicParityDifference,
    "equal_opportunity": EqualOpportunityDifference,
    "equalized_odds": EqualizedOddsDifference,
    "group_loss": GroupLossDifference,
}
FOR_NUMBERS: dict[str, type[GroupDisparity]] = {
    "mean_prediction": MeanPredictionDifference,
    "group_loss": GroupLossDifference,
}


@dataclass(frozen=True, eq=False)
class FairnessAudit:
    """What :func:`audit_fairness` found.

    Attributes:
        disparities: data frame, one row a measure; columns ``soft`` (mean predictions) and ``hard``
            (decisions, as fairlearn defines them).
        groups: data frame of the groups' rows and mean predictions.
        effects: data frame ``[n_train, measures]``, indexed by row id: the predicted change of each soft
            disparity if the row is removed.
    """

    disparities: pd.DataFrame
    groups: pd.DataFrame
    effects: pd.DataFrame


def measures_for(fit: Fit) -> dict[str, type[GroupDisparity]]:
    """The disparities that make sense for a fit's loss, by name."""
    checked_fit(fit)
    classes = isinstance(fit.objective.loss, Bernoulli | Categorical)
    return FOR_CLASSES if classes else FOR_NUMBERS


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
    positive if the gap widens without the row. ``effects`` are ``[n_train, measures]``, in the units of
    each: probability, nats, or the target's.

    Classes: demographic parity, equal opportunity, equalised odds, group loss. Numbers: mean prediction
    and group loss. ``split`` is where they are measured: rows that are chosen by their effects on one split
    are judged on another.

    Raises :class:`ChoiceError` for an unknown attribute, :class:`DataError` if the split holds fewer than
    two groups. Sources: Barocas, Hardt and Narayanan, Fairness and Machine Learning (2023), chapter 3;
    Sattigeri et al., Fair Infinitesimal Jackknife (2022).
    """
    targets = {name: kind(sensitive, split) for name, kind in measures_for(fit).items()}
    theta = fit.parameters
    disparities = pd.DataFrame(
        {
            "soft": {name: target.bind(fit).value(theta) for name, target in targets.items()},
            "hard": {name: target.hard(fit, theta) for name, target in targets.items()},
        }
    )
    means = next(iter(targets.values())).group_means(fit, theta)
    sample = fit.sample(split)
    codes = np.asarray(sample.groups[sensitive])
    rows = {
        name: int((codes == code).sum()) for code, name in enumerate(sample.group_names[sensitive])
    }
    groups = pd.DataFrame({"rows": pd.Series(rows), "mean_prediction": pd.Series(means)})
    effects = pd.DataFrame(
        attribute(fit, list(targets.values()), method),
        columns=list(targets),
        index=None if fit.data is None else pd.Index(fit.data.train.ids, name="id"),
    )
    return FairnessAudit(disparities, groups, effects)
