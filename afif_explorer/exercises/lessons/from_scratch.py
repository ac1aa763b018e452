"""Lesson 02, influence from scratch: the truth is that of scikit-learn's refits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from afif_explorer.datasets import load
from afif_explorer.exercises.exercise import Exercise, Mistake
from afif_explorer.exercises.kinds import Number, Rows

STRENGTH = 1e-2


@dataclass(frozen=True)
class _Case:
    """All leave-one-out refits, and the plain step."""

    A: np.ndarray
    y: np.ndarray
    ids: np.ndarray
    theta: np.ndarray
    refits: np.ndarray
    plain: np.ndarray

    def own_loss(self, thetas: np.ndarray) -> np.ndarray:
        """The loss of each row under parameters of its own."""
        z = (self.A * thetas).sum(axis=1)
        return np.logaddexp(0, z) - self.y * z

    def effects(self) -> np.ndarray:
        """The rise of the mean test loss without each row."""
        return self.test_loss(self.refits) - self.test_loss(self.theta[None])

    @staticmethod
    def test_loss(thetas: np.ndarray) -> np.ndarray:
        """The mean test loss under each of some parameters."""
        test = load("breast_cancer").test
        z = thetas @ np.column_stack([test.X, np.ones(len(test))]).T
        loss: np.ndarray = (np.logaddexp(0, z) - test.y * z).mean(axis=1)
        return loss


@cache
def _case() -> _Case:
    train = load("breast_cancer").train
    X, y, n = train.X, train.y, len(train)

    def fitted(keep: np.ndarray) -> np.ndarray:
        model = LogisticRegression(C=1 / (n * STRENGTH), solver="newton-cholesky", tol=1e-9)
        model.fit(X[keep], y[keep])
        return np.append(model.coef_[0], model.intercept_)

    rows = np.arange(n)
    theta = fitted(rows >= 0)
    A = np.column_stack([X, np.ones(n)])
    p = expit(A @ theta)
    H = (A * (p * (1 - p))[:, None]).T @ A / n
    H += STRENGTH * np.diag([1.0] * X.shape[1] + [0.0])
    solved = np.linalg.solve(H, A.T).T / n
    return _Case(
        A,
        y,
        train.ids,
        theta,
        np.array([fitted(rows != i) for i in rows]),
        (p - y)[:, None] * solved,
    )


def _exact() -> float:
    return float(_case().own_loss(_case().refits).mean())


def _row(values: np.ndarray) -> int:
    return int(_case().ids[np.argmax(values)])


def _size(moves: np.ndarray) -> np.ndarray:
    return np.linalg.norm(moves, axis=1)


EXERCISES = (
    Exercise(
        "02.1",
        Number(tolerance=0.002),
        solution=_exact,
        praise=lambda: (
            f"Every row left out and refitted: {_exact():.5f} nats. Compare the line of the "
            "corrected step, which needed no refit at all."
        ),
        hints=(
            "Which parameters did a row's loss use in each line of the table? Which would be exact?",
            "Section 3 has already trained the model without each row. Where are those parameters?",
            "`own_loss` takes one set of parameters for each row and returns one loss for each row.",
        ),
        mistakes=(
            Mistake(
                "the training loss",
                lambda: _case().own_loss(_case().theta).mean(),
                "That is the training loss: each row was there when its loss was measured.",
            ),
            Mistake(
                "the plain step",
                lambda: _case().own_loss(_case().theta + _case().plain).mean(),
                "That is the estimate by the plain step; it underestimates rows of high leverage.",
            ),
            Mistake(
                "the sum",
                lambda: _case().own_loss(_case().refits).sum(),
                "That is the sum over all rows; the mean is wanted.",
            ),
            Mistake(
                "the rise",
                lambda: _exact() - _case().own_loss(_case().theta).mean(),
                "That is how far the loss rises above the training loss, not the loss itself.",
            ),
            Mistake(
                "the sign of the step turned",
                lambda: _case().own_loss(_case().theta - _case().plain).mean(),
                "These parameters moved the wrong way: without a row, its own loss rises.",
            ),
            Mistake(
                "in bits",
                lambda: _exact() / np.log(2),
                "That is in bits. With natural logarithms a loss is in nats.",
            ),
        ),
    ),
    Exercise(
        "02.2",
        Rows(lambda: _case().ids, single=True),
        solution=lambda: [_row(_case().effects())],
        praise=lambda: (
            f"Without row {_row(_case().effects())} the mean test loss rises by "
            f"{_case().effects().max():.5f} nats: this row helps most."
        ),
        hints=(
            "If a row keeps the loss down, which sign has its effect?",
            "Section 3 has the true effect of every row, in the order of `ids`.",
            "Find the position of one end of those effects, then turn it into an id.",
        ),
        mistakes=(
            Mistake(
                "the position",
                lambda: int(np.argmax(_case().effects())),
                "That is the position of the row. Its id is in `ids`.",
            ),
            Mistake(
                "the other end",
                lambda: _row(-_case().effects()),
                "That row is the other end: without it the test loss falls most.",
            ),
            Mistake(
                "the other end, as predicted",
                lambda: _row(_case().own_loss(_case().theta)),
                "That row has the highest loss of its own, and the formula predicts that it does harm.",
            ),
            Mistake(
                "the most unusual inputs",
                lambda: _row(_size(_case().A)),
                "That row's inputs are the most unusual; that alone does not help or harm.",
            ),
            Mistake(
                "the weakest",
                lambda: _row(-np.abs(_case().effects())),
                "That row has the smallest effect of all.",
            ),
            Mistake(
                "the second",
                lambda: int(_case().ids[np.argsort(_case().effects())[-2]]),
                "Close: one other row helps even more.",
            ),
        ),
    ),
)
