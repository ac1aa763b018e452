"""Lesson 06, cross-validation: the truth is a least-squares fit without each row."""

from __future__ import annotations

from functools import cache

import numpy as np

from afif_explorer.datasets import Dataset, load
from afif_explorer.exercises.exercise import Exercise, Mistake
from afif_explorer.exercises.kinds import Number, Rows

_STRENGTH = 1e-2


@cache
def _data() -> Dataset:
    return load("diabetes")


@cache
def _residuals() -> tuple[np.ndarray, np.ndarray]:
    """Of each row under the fit, and under the fit without it."""
    train = _data().train
    A, y, n = np.column_stack([train.X, np.ones(len(train))]), train.y, len(train)
    penalty = _STRENGTH * np.diag([1.0] * train.X.shape[1] + [0.0])

    def fitted(keep: np.ndarray) -> np.ndarray:
        return np.linalg.solve(A[keep].T @ A[keep] / n + penalty, A[keep].T @ y[keep] / n)

    rows = np.arange(n)
    out = np.array([y[i] - A[i] @ fitted(rows != i) for i in rows])
    return y - A @ fitted(rows >= 0), out


def _half_squares(residuals: np.ndarray) -> float:
    return float(np.mean(residuals**2) / 2)


def _growth() -> np.ndarray:
    inside, outside = _residuals()
    found: np.ndarray = (outside / inside) ** 2
    return found


def _row(values: np.ndarray) -> int:
    return int(_data().train.ids[np.argmax(values)])


EXERCISES = (
    Exercise(
        "06.1",
        Number(tolerance=0.001),
        solution=lambda: _half_squares(_residuals()[1]),
        praise=lambda: (
            f"{_half_squares(_residuals()[1]):.1f}: exactly what all refits give, from one fit."
        ),
        hints=(
            "Which residual does a row have under the model without it?",
            "Section 1 prints how far that formula is from the refits.",
            "Correct each residual by its leverage, square, average, halve: in this order.",
        ),
        mistakes=(
            Mistake(
                "the training loss",
                lambda: _half_squares(_residuals()[0]),
                "That is the training loss: the residuals are not corrected.",
            ),
            Mistake(
                "not halved",
                lambda: 2 * _half_squares(_residuals()[1]),
                "The loss is *half* the squared residual.",
            ),
            Mistake(
                "corrected once",
                lambda: float(np.mean(_residuals()[0] * _residuals()[1]) / 2),
                "The correction belongs to the residual, so it is squared as well.",
            ),
            Mistake(
                "the root",
                lambda: float(np.sqrt(2 * _half_squares(_residuals()[1]))),
                "That is the root of the mean square, in units of the target.",
            ),
            Mistake(
                "the sum",
                lambda: float(np.sum(_residuals()[1] ** 2) / 2),
                "That is the sum over rows; the mean is wanted.",
            ),
            Mistake(
                "the plain step",
                lambda: _half_squares(_residuals()[0] * (2 - _residuals()[0] / _residuals()[1])),
                "That is the plain step, e (1 + h): close, but not exact.",
            ),
        ),
    ),
    Exercise(
        "06.2",
        Rows(lambda: _data().train.ids, single=True),
        solution=lambda: [_row(_growth())],
        praise=lambda: (
            f"Row {_row(_growth())}: its squared residual grows by a factor of "
            f"{_growth().max():.2f}. The factor depends on the leverage alone, not on the residual."
        ),
        hints=(
            "By which formula does the residual grow? Does the residual itself matter for the factor?",
            "The factor rises with one quantity only.",
            "Find the position of its largest value, and take the id there.",
        ),
        mistakes=(
            Mistake(
                "the position",
                lambda: int(np.argmax(_growth())),
                "That is the position of the row; its id is in `ids`.",
            ),
            Mistake(
                "the smallest factor",
                lambda: _row(-_growth()),
                "That row's residual grows least.",
            ),
            Mistake(
                "the largest residual",
                lambda: _row(np.abs(_residuals()[0])),
                "That row has the largest residual; the factor by which it grows is another matter.",
            ),
            Mistake(
                "the largest difference",
                lambda: _row(_residuals()[1] ** 2 - _residuals()[0] ** 2),
                "That row's squared residual grows by the largest *amount*; the factor is asked for.",
            ),
            Mistake(
                "the smallest residual",
                lambda: _row(-np.abs(_residuals()[0])),
                "That row has the smallest residual.",
            ),
            Mistake(
                "the second",
                lambda: int(_data().train.ids[np.argsort(_growth())[-2]]),
                "Close: for one other row the factor is larger.",
            ),
        ),
    ),
)
