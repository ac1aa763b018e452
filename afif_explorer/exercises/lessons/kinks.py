"""Lesson 05, the lasso: the truth is scikit-learn's, without each row."""

from __future__ import annotations

from functools import cache

import numpy as np
from sklearn.linear_model import Lasso

from afif_explorer.datasets import Dataset, load
from afif_explorer.exercises.exercise import Exercise, Mistake
from afif_explorer.exercises.kinds import Number, Rows

_STRENGTH = 4.0


@cache
def _data() -> Dataset:
    return load("diabetes")


def _fitted(keep: np.ndarray) -> np.ndarray:
    train = _data().train
    alpha = _STRENGTH * len(train) / keep.sum()
    model = Lasso(alpha=alpha, tol=1e-12, max_iter=100_000).fit(train.X[keep], train.y[keep])
    return np.append(model.coef_, model.intercept_)


@cache
def _fits() -> tuple[np.ndarray, np.ndarray]:
    """The fit, and the one without each row."""
    rows = np.arange(len(_data().train))
    return _fitted(rows >= 0), np.array([_fitted(rows != i) for i in rows])


def _changed() -> np.ndarray:
    theta, refits = _fits()
    found: np.ndarray = (refits != 0) != (theta != 0)
    return found


@cache
def _losses(split: str = "test") -> np.ndarray:
    """The rise of the mean loss of a split without each row."""
    part = getattr(_data(), split)
    A = np.column_stack([part.X, np.ones(len(part))])

    def loss(theta: np.ndarray) -> float:
        return float(np.mean((part.y - A @ theta) ** 2) / 2)

    theta, refits = _fits()
    return np.array([loss(each) for each in refits]) - loss(theta)


def _row(values: np.ndarray) -> int:
    return int(_data().train.ids[np.argmax(values)])


def _residuals() -> np.ndarray:
    train, theta = _data().train, _fits()[0]
    found: np.ndarray = np.abs(train.y - train.X @ theta[:-1] - theta[-1])
    return found


EXERCISES = (
    Exercise(
        "05.1",
        Number(tolerance=0.0, absolute=0.25),
        solution=lambda: int(_changed().any(axis=1).sum()),
        praise=lambda: (
            f"In {_changed().any(axis=1).sum()} of {len(_changed())} refits the support changes."
        ),
        hints=(
            "What does `same` say about a refit?",
            "You want the refits for which it is false.",
            "Turn the mask round, then count: a mask can be summed.",
        ),
        mistakes=(
            Mistake(
                "the unchanged",
                lambda: int((~_changed().any(axis=1)).sum()),
                "These are the refits in which nothing changes.",
            ),
            Mistake(
                "as a share",
                lambda: _changed().any(axis=1).mean(),
                "That is the share of the refits; their number is wanted.",
            ),
            Mistake(
                "the parameters that are zero",
                lambda: int((_fits()[0] == 0).sum()),
                "That counts the zeros of the fit, not refits.",
            ),
            Mistake(
                "the zeros of all refits",
                lambda: int((_fits()[1] == 0).sum()),
                "That counts zero parameters over all refits; count the refits that differ.",
            ),
            Mistake(
                "all refits",
                lambda: len(_changed()),
                "That is every refit. In how many is the set of zeros another one?",
            ),
            Mistake(
                "along the wrong axis",
                lambda: int((~_changed().any(axis=0)).sum()),
                "You counted along the parameters instead of the rows.",
            ),
        ),
    ),
    Exercise(
        "05.2",
        Rows(lambda: _data().train.ids, single=True),
        solution=lambda: [_row(_losses())],
        praise=lambda: (
            f"Without row {_row(_losses())} the test loss rises by {_losses().max():.2f}, "
            "in half squared units of the outcome."
        ),
        hints=(
            "Which sign has the effect of a row that helps?",
            "Section 3 has the change of the test loss by refit, in the order of `ids`.",
            "Find the position of the largest value and take the id there.",
        ),
        mistakes=(
            Mistake(
                "the position",
                lambda: int(np.argmax(_losses())),
                "That is the position of the row; its id is in `ids`.",
            ),
            Mistake(
                "the other end",
                lambda: _row(-_losses()),
                "That row is the other end: without it the loss falls most.",
            ),
            Mistake(
                "on the training rows",
                lambda: _row(_losses("train")),
                "That is for the loss on the training rows; the test rows are asked for.",
            ),
            Mistake(
                "the largest residual",
                lambda: _row(_residuals()),
                "That row is fitted worst; that alone does not make it helpful.",
            ),
            Mistake(
                "the weakest",
                lambda: _row(-np.abs(_losses())),
                "That row has hardly any effect.",
            ),
            Mistake(
                "the second",
                lambda: int(_data().train.ids[np.argsort(_losses())[-2]]),
                "Close: one other row helps even more.",
            ),
        ),
    ),
)
