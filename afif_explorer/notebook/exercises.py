"""The checks of the lessons' exercises. Each finds the truth by training again."""

from __future__ import annotations

from typing import Any

import numpy as np

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.removal.refits import retrain, retrain_each
from afif_explorer.analysis.rows.attribution import attribute
from afif_explorer.engine.targets.losses import PointLoss
from afif_explorer.engine.targets.predictions import Prediction
from afif_explorer.errors import AfifError
from afif_explorer.notebook.checks import UNANSWERED, Verdict, as_number, number, unanswered

_CONTENDERS = 20  # the rows with the strongest predicted effects, which are then left out for real


def effect_on_loss(answer: Any, fit: Fit, *, row: int, candidate: int) -> Verdict:
    """Lesson 1, exercise 1: the effect of a training row on the loss of a test row."""
    if unanswered(answer):
        return Verdict(None, UNANSWERED)
    loss = PointLoss("test", candidate)
    truth = retrain(fit, [row]).effects([loss])[loss]
    chance = Prediction("test", candidate)
    on_chance = retrain(fit, [row]).effects([chance])[chance]
    return number(
        answer,
        truth,
        tolerance=0.05,
        praise=f"Training again gives {truth:.5f} nats. The sign is the other way round than for the "
        "chance: without the row the chance of the right answer rises, so the loss falls.",
        slips={
            -1.0: "The size is right, the sign is not: an effect is after minus before.",
            on_chance / truth: "That is the effect on the chance; this is about the loss.",
            fit.n: "That is too large by the number of rows: each has a weight of 1/n.",
            100.0: "That is 100 times too large; a loss is not a percentage.",
        },
    )


def strongest_helper(answer: Any, fit: Fit, *, candidate: int) -> Verdict:
    """Lesson 1, exercise 2: the id of the training row whose removal lowers a prediction most."""
    if unanswered(answer):
        return Verdict(None, UNANSWERED)
    assert fit.data is not None
    value, ids = as_number(answer), fit.data.train.ids
    chance = Prediction("test", candidate)
    order = np.argsort(attribute(fit, chance))
    truth = retrain_each(fit, order[:_CONTENDERS], chance)
    helper, harmer = int(truth.rows[np.argmin(truth.effects)]), int(order[-1])
    if value == ids[helper]:
        points = 100 * truth.effects.min()
        return Verdict(
            True, f"Without row {ids[helper]} the chance changes by {points:.2f} points."
        )
    if value == helper:
        return Verdict(False, f"That is its position; its number is `ids[{helper}]`.")
    if value == ids[harmer]:
        return Verdict(False, "That row holds the applicant down most: it is the other end.")
    if value not in ids:
        return Verdict(False, "There is no training row with that number.")
    return Verdict(False, "Some other row's removal lowers the chance more: try `np.argmin`.")


def turn_the_decision(answer: Any, fit: Fit, *, candidate: int) -> Verdict:
    """Lesson 1, exercise 3: positions of rows without which the candidate's chance is over 50 %."""
    if unanswered(answer):
        return Verdict(None, UNANSWERED)
    chance = Prediction("test", candidate)
    try:
        rows = np.unique(np.atleast_1d(np.asarray(answer)))
        retrained = retrain(fit, rows)
    except (AfifError, ValueError, TypeError) as error:
        return Verdict(False, f"A list of positions of training rows is wanted. {error}")
    after = chance.bind(fit).value(fit.objective.vector(retrained.theta))
    said = f"Trained again without {_rows(len(rows))}, the chance is {after:.1%}"
    if after < 0.5:
        return Verdict(False, f"{said}: still below the line. Take more rows, the strongest first.")
    fewest = _fewest(fit, chance)
    if fewest is not None and len(rows) > fewest:
        return Verdict(False, f"{said}: hired. But fewer rows would do it.")
    return Verdict(True, f"{said}: hired. The decision hung on {_rows(len(rows))} of {fit.n}.")


def _fewest(fit: Fit, chance: Prediction) -> int | None:
    """How many of the strongest rows turn the decision, by training again; None if that many don't."""
    order = np.argsort(-attribute(fit, chance))
    for k in range(1, _CONTENDERS + 1):
        theta = fit.objective.vector(retrain(fit, order[:k]).theta)
        if chance.bind(fit).value(theta) >= 0.5:
            return k
    return None


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
