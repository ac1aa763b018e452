"""Lesson 08, fairness on Adult: the gap is that of refits, counted from their predictions."""

from __future__ import annotations

from functools import cache

import numpy as np

from afif_explorer.analysis.fits.fitting import Fit, fit
from afif_explorer.analysis.removal.refits import retrain
from afif_explorer.analysis.removal.unlearning import unlearn
from afif_explorer.analysis.rows.attribution import attribute
from afif_explorer.datasets import Dataset, load
from afif_explorer.engine.influence.methods import AFIF
from afif_explorer.engine.problem.penalties import Ridge
from afif_explorer.engine.targets.disparities import DemographicParityDifference
from afif_explorer.exercises.exercise import Exercise, Mistake
from afif_explorer.exercises.kinds import Number


@cache
def _data() -> Dataset:
    return load("adult")


@cache
def _fit() -> Fit:
    return fit(_data(), model="logistic", penalty=Ridge(1e-3))


@cache
def _order() -> np.ndarray:
    target = DemographicParityDifference("sex", split="validation", favourable=">50K")
    return np.argsort(np.asarray(attribute(_fit(), target)))


def _first(share: float) -> np.ndarray:
    return _fit().ids[_order()[: round(share * _fit().n)]]


def _gap(theta: np.ndarray, split: str = "test") -> float:
    """Men's mean chance minus women's, from the parameters."""
    part = getattr(_data(), split)
    chance = 1 / (1 + np.exp(-(part.X @ theta[:-1] + theta[-1])))
    sex = np.asarray(part.sensitive["sex"])
    return float(chance[sex == "Male"].mean() - chance[sex == "Female"].mean())


@cache
def _refit(share: float, where: str = "first") -> np.ndarray:
    count = round(share * _fit().n)
    rows = _first(share) if where == "first" else _fit().ids[_order()[-count:]]
    return retrain(_fit(), rows).theta


@cache
def _plain() -> np.ndarray:
    return unlearn(_fit(), _first(0.03), method=AFIF(leverage_correction=False)).theta


def _is(sex: str | None, income: str | None) -> np.ndarray:
    frame = _data().train.frame
    match = np.ones(len(frame), dtype=bool)
    if sex is not None:
        match &= np.asarray(frame["sex"] == sex)
    if income is not None:
        match &= np.asarray(frame["income"] == income)
    return match


def _removed() -> np.ndarray:
    return np.isin(_fit().ids, _first(0.05))


def _share(sex: str | None, income: str | None) -> float:
    """Of the rows with these values, the share that would be removed."""
    return float(_removed()[_is(sex, income)].mean())


EXERCISES = (
    Exercise(
        "08.1",
        Number(tolerance=0.003),
        solution=lambda: _gap(_refit(0.03)),
        praise=lambda: (
            f"The gap falls from {_gap(_fit().theta):.4f} to {_gap(_refit(0.03)):.4f}; the plain "
            f"step would have said {_gap(_plain()):.4f}."
        ),
        hints=(
            "Which rows judge the result: those that the ranking used, or others?",
            "Section 3 has a function that does all of this for some rows.",
            "Take the first rows of `order`, turn positions into ids, and read the retrained gap.",
        ),
        mistakes=(
            Mistake(
                "on the validation rows",
                lambda: _gap(_refit(0.03), "validation"),
                "That is the gap on the validation rows, which chose the rows to remove.",
            ),
            Mistake(
                "as predicted",
                lambda: _gap(_plain()),
                "That is the prediction by the plain step; retrain to have the truth.",
            ),
            Mistake(
                "the change",
                lambda: _gap(_refit(0.03)) - _gap(_fit().theta),
                "That is the change. The gap afterwards is wanted.",
            ),
            Mistake(
                "before",
                lambda: _gap(_fit().theta),
                "That is the gap before anything is removed.",
            ),
            Mistake(
                "the other end",
                lambda: _gap(_refit(0.03, "last")),
                "You removed rows from the other end of the list: those that narrow the gap.",
            ),
            Mistake(
                "in percentage points",
                lambda: 100 * _gap(_refit(0.03)),
                "Give it as a difference of chances, like the numbers in the table, not per cent.",
            ),
        ),
    ),
    Exercise(
        "08.2",
        Number(tolerance=0.01),
        solution=lambda: _share("Male", ">50K"),
        praise=lambda: (
            f"{_share('Male', '>50K'):.1%} of them, but {_share('Female', '>50K'):.1%} of the "
            "women with the same income: rows that contradict the gap are the ones that are kept."
        ),
        hints=(
            "'Of all men with a high income': which rows are the denominator?",
            "Count those men in the whole table, and among the rows that would be removed.",
            "Make a mask of the frame for them, take its rows at the removed ids, and divide two sums.",
        ),
        mistakes=(
            Mistake(
                "as a share of the removed",
                lambda: float(_is("Male", ">50K")[_removed()].mean()),
                "You divided by the number of removed rows; divide by the number of these men.",
            ),
            Mistake(
                "women",
                lambda: _share("Female", ">50K"),
                "That is the share of the women with a high income.",
            ),
            Mistake(
                "women with a low income",
                lambda: _share("Female", "<=50K"),
                "That is the share of the women with a low income.",
            ),
            Mistake("all men", lambda: _share("Male", None), "That is the share of all men."),
            Mistake(
                "all with a high income",
                lambda: _share(None, ">50K"),
                "That is the share of everybody with a high income.",
            ),
            Mistake(
                "all rows",
                lambda: _share(None, None),
                "That is the share of all rows that would be removed.",
            ),
        ),
    ),
)
