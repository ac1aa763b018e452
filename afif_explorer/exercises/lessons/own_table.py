"""Lesson 11, your own data: the same made-up table, and refits without each row by scikit-learn."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from afif_explorer.datasets import Dataset
from afif_explorer.exercises.exercise import Exercise, Mistake
from afif_explorer.exercises.kinds import Number, Rows

_STRENGTH, _THEIR_C = 1e-2, 0.5


def _table() -> pd.DataFrame:
    """The table of the lesson, cell for cell."""
    chance = np.random.default_rng(7)
    size = 600
    months = chance.integers(1, 72, size)
    calls = chance.poisson(2, size)
    age = chance.integers(18, 80, size)
    sex = chance.choice(["f", "m"], size)
    log_odds = 0.6 - 0.05 * months + 0.5 * calls + 0.01 * (age - 45)
    log_odds = log_odds + chance.normal(0, 0.5, size)
    left = chance.random(size) < 1 / (1 + np.exp(-log_odds))
    chance.permutation(size)
    columns = {"months": months.astype(float), "calls": calls, "age": age, "sex": sex}
    raw = pd.DataFrame({**columns, "left": np.where(left, "yes", "no")})
    raw.loc[chance.choice(size, 25, replace=False), "months"] = -999
    raw.loc[chance.choice(size, 15, replace=False), "left"] = "Yes"
    return raw


@cache
def _data() -> Dataset:
    return Dataset.from_frame(
        _table(),
        target="left",
        sensitive=["sex"],
        missing={"months": [-999]},
        merge={"left": {"Yes": "yes"}},
        seed=0,
    )


@cache
def _refits() -> tuple[np.ndarray, np.ndarray]:
    """The coefficients of the fit, and the change of each without each row."""
    train, n = _data().train, len(_data().train)

    def fitted(keep: np.ndarray) -> np.ndarray:
        model = LogisticRegression(C=1 / (n * _STRENGTH), tol=1e-10, solver="newton-cholesky")
        coefficients: np.ndarray = model.fit(train.X[keep], train.y[keep]).coef_[0]
        return coefficients

    rows = np.arange(n)
    base = fitted(rows >= 0)
    return base, np.array([fitted(rows != i) for i in rows]) - base


def _on(name: str) -> np.ndarray:
    found: np.ndarray = _refits()[1][:, list(_data().feature_names).index(name)]
    return found


def _row(values: np.ndarray) -> int:
    return int(_data().train.ids[np.argmax(values)])


def _opposite() -> int:
    """The row that moves the coefficient most in the direction that is not the strongest one."""
    values = _on("age")
    sign = np.sign(values[np.argmax(np.abs(values))])
    return _row(-sign * values)


def _strength() -> float:
    return 1 / (_THEIR_C * len(_data().train))


EXERCISES = (
    Exercise(
        "11.1",
        Rows(lambda: _data().train.ids, single=True),
        solution=lambda: [_row(np.abs(_on("age")))],
        praise=lambda: (
            f"Row {_row(np.abs(_on('age')))}: refitted without it, the coefficient changes by "
            f"{_on('age')[np.argmax(np.abs(_on('age')))]:+.4f}."
        ),
        hints=(
            "'In either direction': does the sign of the effect matter?",
            "The effects on both targets are in one object. Which column is the coefficient's?",
            "Effects have a method that returns the ids of the strongest rows for one of several targets.",
        ),
        mistakes=(
            Mistake(
                "the position",
                lambda: int(np.argmax(np.abs(_on("age")))),
                "That is a position among the training rows; its id is in `data.train.ids`.",
            ),
            Mistake(
                "the other direction",
                _opposite,
                "That row is the strongest in one direction only; another one is stronger.",
            ),
            Mistake(
                "another coefficient",
                lambda: _row(np.abs(_on("months"))),
                "That row moves the coefficient of `months` most.",
            ),
            Mistake(
                "all coefficients",
                lambda: _row(np.linalg.norm(_refits()[1], axis=1)),
                "That row moves all parameters together most; the question is about one of them.",
            ),
            Mistake(
                "the weakest",
                lambda: _row(-np.abs(_on("age"))),
                "That row hardly moves it at all.",
            ),
            Mistake(
                "the oldest",
                lambda: int(_data().train.frame["age"].idxmax()),
                "That is the oldest customer. Leverage alone does not move a coefficient.",
            ),
        ),
    ),
    Exercise(
        "11.2",
        Number(tolerance=0.005),
        solution=_strength,
        praise=lambda: (
            f"{_strength():.5f}: one over C times the number of training rows, since scikit-learn "
            "sums the losses and we average them."
        ),
        hints=(
            "What does `C` multiply in scikit-learn's objective, and what does `strength` multiply in ours?",
            "Divide scikit-learn's objective by something, so that the losses are averaged.",
            "Section 3 compares two strengths for C = 1: which one was right, and what changes with C?",
        ),
        mistakes=(
            Mistake("C", lambda: _THEIR_C, "That is C itself."),
            Mistake(
                "one over C",
                lambda: 1 / _THEIR_C,
                "That would be right if scikit-learn averaged the losses; it sums them.",
            ),
            Mistake(
                "C over n",
                lambda: _THEIR_C / len(_data().train),
                "A larger C means *less* penalty.",
            ),
            Mistake(
                "for C = 1",
                lambda: 1 / len(_data().train),
                "That is the strength for C = 1.",
            ),
            Mistake(
                "all rows",
                lambda: 1 / (_THEIR_C * 600),
                "You divided by the number of all customers; only training rows are fitted.",
            ),
            Mistake(
                "C times n",
                lambda: _THEIR_C * len(_data().train),
                "That is the inverse of the strength.",
            ),
        ),
    ),
)
