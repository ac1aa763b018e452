"""Lesson 07, unlearning groups: the truth is a refit, and the frame's own filter."""

from __future__ import annotations

from functools import cache

import numpy as np

from afif_explorer.analysis.fits.fitting import Fit, fit
from afif_explorer.analysis.removal.refits import retrain
from afif_explorer.analysis.removal.unlearning import unlearn
from afif_explorer.analysis.rows.attribution import attribute
from afif_explorer.datasets import load
from afif_explorer.engine.influence.methods import AFIF
from afif_explorer.engine.problem.penalties import Ridge
from afif_explorer.engine.targets.disparities import DemographicParityDifference
from afif_explorer.exercises.exercise import Exercise, Mistake
from afif_explorer.exercises.kinds import Number, Rows

_COUNT = 200
_GAP = DemographicParityDifference("group", split="validation")
_REQUEST = {"group": "green", "district": "north", "hired": "rejected"}


@cache
def _fit() -> Fit:
    return fit(load("hiring"), model="logistic", penalty=Ridge(1e-3))


@cache
def _effects() -> np.ndarray:
    return np.asarray(attribute(_fit(), _GAP))


def _rows() -> np.ndarray:
    return _fit().ids[np.argsort(_effects())[:_COUNT]]


@cache
def _truth() -> float:
    return float(retrain(_fit(), _rows()).effects(_GAP)[_GAP])


@cache
def _step(corrected: bool) -> float:
    method = AFIF(leverage_correction="auto" if corrected else False)
    return float(unlearn(_fit(), _rows(), method=method, targets=_GAP).effects[_GAP])


def _sum() -> float:
    return float(np.sort(_effects())[:_COUNT].sum())


def _matching(**wanted: str) -> list[int]:
    """The training rows with these values."""
    frame = load("hiring").train.frame
    return frame.index[
        np.all([frame[name] == value for name, value in wanted.items()], axis=0)
    ].tolist()


def _positions() -> list[int]:
    rows = set(_matching(**_REQUEST))
    return [place for place, row in enumerate(_fit().ids) if row in rows]


EXERCISES = (
    Exercise(
        "07.1",
        Number(tolerance=0.01),
        solution=lambda: _sum() / _truth(),
        praise=lambda: (
            f"The sum predicts {_sum() / _truth():.0%} of the true change: it falls short, and "
            "the more so the more rows leave."
        ),
        hints=(
            "A share has a numerator and a denominator: which of the two is the truth?",
            "The numerator needs no refit: it is a sum over the first rows of `order`.",
            "Refit once without these rows and ask the result for its effect on `gap`.",
        ),
        mistakes=(
            Mistake(
                "upside down",
                lambda: _truth() / _sum(),
                "That is the truth as a share of the sum; the question is the other way round.",
            ),
            Mistake(
                "the plain step",
                lambda: _step(False) / _truth(),
                "That is the share of the plain step for the whole group, not of the sum.",
            ),
            Mistake(
                "the corrected step",
                lambda: _step(True) / _truth(),
                "That is the share of the corrected step, not of the sum.",
            ),
            Mistake(
                "as a percentage",
                lambda: 100 * _sum() / _truth(),
                "Give a share, not a percentage.",
            ),
            Mistake(
                "the sum", _sum, "That is the sum of the effects; divide it by the true change."
            ),
            Mistake(
                "the true change", _truth, "That is the true change; what share of it is predicted?"
            ),
        ),
    ),
    Exercise(
        "07.2",
        Rows(lambda: _fit().ids),
        solution=lambda: _matching(**_REQUEST),
        praise=lambda: (
            f"These are {len(_matching(**_REQUEST))} rows. Groups are named by what they have in "
            "common, and removed by id."
        ),
        hints=(
            "Which columns of `data.train.frame` hold the three properties?",
            "All three conditions have to hold for the same row.",
            "A mask of all rows is a good answer, and so is the index of the filtered frame.",
        ),
        mistakes=(
            Mistake(
                "positions", _positions, "These are positions. The index of the frame has the ids."
            ),
            Mistake(
                "without the decision",
                lambda: _matching(group="green", district="north"),
                "These include people who were hired.",
            ),
            Mistake(
                "without the district",
                lambda: _matching(group="green", hired="rejected"),
                "These come from all districts.",
            ),
            Mistake(
                "without the group",
                lambda: _matching(district="north", hired="rejected"),
                "These are of both groups.",
            ),
            Mistake(
                "the hired",
                lambda: _matching(**{**_REQUEST, "hired": "hired"}),
                "These were hired; the request is about those who were rejected.",
            ),
            Mistake(
                "the other group",
                lambda: _matching(**{**_REQUEST, "group": "blue"}),
                "These are of the other group.",
            ),
        ),
    ),
)
