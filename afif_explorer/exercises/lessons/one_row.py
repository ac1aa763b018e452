"""Lesson 01, what one row does: the truth is found by training again."""

from __future__ import annotations

from functools import cache

import numpy as np

from afif_explorer.analysis.fits.fitting import Fit, fit
from afif_explorer.analysis.removal.refits import retrain, retrain_each
from afif_explorer.analysis.rows.attribution import attribute
from afif_explorer.datasets import load
from afif_explorer.engine.problem.penalties import Ridge
from afif_explorer.engine.targets.losses import PointLoss
from afif_explorer.engine.targets.predictions import Prediction
from afif_explorer.errors import AfifError
from afif_explorer.exercises.exercise import Exercise, Mistake
from afif_explorer.exercises.kinds import Number, Rows
from afif_explorer.exercises.verdict import Verdict

CANDIDATE = 658  # the rejected test applicant of the lesson, by id
ROW = 480  # the first row of its line-up
_CONTENDERS = 6  # the rows with the strongest predicted effects, which are then left out for real
_LINE = 0.5
_LOSS, _CHANCE = PointLoss("test", CANDIDATE), Prediction("test", CANDIDATE)


@cache
def _fit() -> Fit:
    return fit(load("hiring"), model="logistic", penalty=Ridge(1e-3))


@cache
def _without_row(target: PointLoss | Prediction) -> float:
    """The change of a target if the row of exercise 1 is left out, by training again."""
    return float(retrain(_fit(), [ROW]).effects([target])[target])


@cache
def _effects() -> np.ndarray:
    return np.asarray(attribute(_fit(), _CHANCE))


@cache
def _order() -> np.ndarray:
    """Positions, from the row that holds the candidate down most to the one that helps most."""
    return np.argsort(-_effects())


@cache
def _ends() -> tuple[int, int]:
    """Positions of the rows that help most and harm most, by training again without each contender."""
    ids, order = _fit().ids, _order()
    each = {
        end: np.asarray(retrain_each(_fit(), ids[rows], _CHANCE).effects)
        for end, rows in (("help", order[-_CONTENDERS:]), ("harm", order[:_CONTENDERS]))
    }
    helper = order[-_CONTENDERS:][np.argmin(each["help"])]
    return int(helper), int(order[np.argmax(each["harm"])])


def _chance_without(rows: np.ndarray) -> float:
    theta = _fit().objective.vector(retrain(_fit(), rows).theta)
    return float(_CHANCE.bind(_fit()).value(theta))


@cache
def _fewest() -> int:
    """How many of the strongest rows turn the decision, by training again."""
    ids, order = _fit().ids, _order()
    counts = range(1, 21)
    return next(k for k in counts if _chance_without(ids[order[:k]]) >= _LINE)


def _turned(rows: tuple[int, ...]) -> Verdict:
    """Whether the candidate is hired by the model trained without some rows, and by the fewest."""
    try:
        after = _chance_without(np.array(rows, dtype=np.int64))
    except AfifError as error:
        return Verdict(False, f"A list of row ids is wanted. {error}")
    said = f"Trained again without {_rows(len(rows))}, the chance is {after:.1%}"
    if after < _LINE:
        return Verdict(False, f"{said}: still below the line.")
    if len(rows) > _fewest():
        return Verdict(False, f"{said}: hired. But fewer rows would do it.")
    return Verdict(
        True, f"{said}: hired. The decision depended on {_rows(len(rows))} of {_fit().n}."
    )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _id(position: int) -> int:
    return int(_fit().ids[position])


def _spread() -> np.ndarray:
    """As many rows as are enough, but those with the highest loss."""
    train = load("hiring").train
    chance = _fit().predict(train.X)
    loss = -np.log(np.where(train.y == 1, chance, 1 - chance))
    return train.ids[np.argsort(-loss)[: _fewest()]]


_SIGN = "The size is right, the sign is not: an effect is after minus before."
EXERCISES = (
    Exercise(
        "01.1",
        Number(tolerance=0.05),
        solution=lambda: _without_row(_LOSS),
        praise=lambda: (
            f"Training again gives {_without_row(_LOSS):.5f} nats. The sign is the other way "
            "round than for the chance: if the chance of the right answer rises, the loss falls."
        ),
        hints=(
            "The question names another target. Which line of section 5 says what is asked about?",
            "Replace the target in the call of `ax.attribute`, and think about which end of the chance's "
            "scale has the smaller loss.",
            "`ax.attribute` gives one number for each training row, in the order of `ids`. Pick the one "
            "at the position that section 3 found for the row.",
        ),
        mistakes=(
            Mistake("the sign turned", lambda: -_without_row(_LOSS), _SIGN),
            Mistake(
                "the effect on the chance",
                lambda: _without_row(_CHANCE),
                "That is the effect on the chance; this is about the loss.",
            ),
            Mistake(
                "not divided by n",
                lambda: _fit().n * _without_row(_LOSS),
                "That is too large by the number of rows: each has a weight of 1/n.",
            ),
            Mistake(
                "as a percentage",
                lambda: 100 * _without_row(_LOSS),
                "That is 100 times too large; a loss is not a percentage.",
            ),
            Mistake(
                "the chance before",
                lambda: _CHANCE.bind(_fit()).value(_fit().objective.vector(_fit().theta)),
                "That is the chance itself, with all rows. An effect is a change.",
            ),
            Mistake(
                "the loss after",
                lambda: (
                    _LOSS.bind(_fit()).value(_fit().objective.vector(_fit().theta))
                    + _without_row(_LOSS)
                ),
                "That is the loss without the row. The effect is how much it differs from before.",
            ),
        ),
    ),
    Exercise(
        "01.2",
        Rows(lambda: _fit().ids, single=True),
        solution=lambda: [_id(_ends()[0])],
        praise=lambda: (
            f"Row {_id(_ends()[0])} lifts the applicant's chance more than any other: "
            "without it the chance falls most, also if you train again."
        ),
        hints=(
            "If a helpful row is left out, does the chance rise or fall? So which sign has its effect?",
            "Look at section 6: the list is sorted by effect, and it has two ends.",
            "Find the position of the effect at the right end, then turn it into an id by `ids[...]`.",
        ),
        mistakes=(
            Mistake(
                "the position",
                lambda: _ends()[0],
                "That is the row's position; look up its id in `ids`.",
            ),
            Mistake(
                "the other end",
                lambda: _id(_ends()[1]),
                "That row holds the applicant down most: it is the other end.",
            ),
            Mistake(
                "the position of the other end",
                lambda: _ends()[1],
                "That is a position, and of the other end: this row holds the applicant down.",
            ),
            Mistake(
                "the weakest row",
                lambda: _id(int(np.argmin(np.abs(_effects())))),
                "That row has hardly any effect: you sorted by size, but the sign matters here.",
            ),
            Mistake(
                "the second",
                lambda: _id(int(_order()[-2])),
                "Close: one other row lifts the chance even more.",
            ),
            Mistake(
                "the candidate",
                lambda: CANDIDATE,
                "That is the applicant, who is a test row. A training row is wanted.",
            ),
        ),
    ),
    Exercise(
        "01.3",
        Rows(lambda: _fit().ids),
        points=2,
        solution=lambda: _fit().ids[_order()[: _fewest()]],
        praise=lambda: _turned(tuple(_fit().ids[_order()[: _fewest()]])).message,
        judge=_turned,
        hints=(
            "Which rows hold the applicant down? Their removal should lift the chance.",
            "Add up effects from the strongest on: how many do you need to reach the line at 50 %?",
            "A sum of effects is a prediction: try one row less and one more, and let the check retrain.",
        ),
        mistakes=(
            Mistake(
                "positions",
                lambda: _order()[: _fewest()],
                "These are positions; look up the ids in `ids`.",
            ),
            Mistake(
                "one too few",
                lambda: _fit().ids[_order()[: _fewest() - 1]],
                "Trained again, the chance is still below the line, by little. How much is missing?",
            ),
            Mistake(
                "too many",
                lambda: _fit().ids[_order()[: 2 * _fewest()]],
                "The applicant is hired. But fewer rows would do it.",
            ),
            Mistake(
                "the other end",
                lambda: _fit().ids[_order()[-_fewest() :]],
                "These rows help the applicant: without them the chance falls.",
            ),
            Mistake(
                "the highest losses",
                _spread,
                "These are the rows that the model finds least likely. Surprise alone is not enough: how "
                "similar are they to the applicant?",
            ),
            Mistake(
                "none",
                list,
                "With no row left out the chance is what it was: below the line.",
            ),
        ),
    ),
)
