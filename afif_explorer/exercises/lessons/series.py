"""Lesson 04, LiSSA: the spectrum is that of scikit-learn's fit, the number of steps is counted."""

from __future__ import annotations

from functools import cache

import numpy as np
from sklearn.linear_model import LogisticRegression

from afif_explorer.datasets import load
from afif_explorer.exercises.exercise import Exercise, Mistake
from afif_explorer.exercises.kinds import Number

_STRENGTH, _GOAL = 1e-3, 1e-3


@cache
def _spectrum() -> np.ndarray:
    """The eigenvalues of the curvature, ascending."""
    train = load("hiring").train
    X, y, n = train.X, train.y, len(train)
    model = LogisticRegression(C=1 / (n * _STRENGTH), solver="newton-cholesky", tol=1e-10)
    p = model.fit(X, y).predict_proba(X)[:, 1]
    A = np.column_stack([X, np.ones(n)])
    F = (A * (p * (1 - p))[:, None]).T @ A / n
    return np.linalg.eigvalsh(F + _STRENGTH * np.diag([1.0] * X.shape[1] + [0.0]))


def _steps(scale: float, goal: float = _GOAL, eigenvalue: float | None = None) -> int:
    """Steps until the error along a direction has shrunk to the goal, counted one by one."""
    mu = _spectrum()[0] if eigenvalue is None else eigenvalue
    error, steps = 1.0, 0
    while error > goal and steps < 10**6:
        error *= abs(1 - mu / scale)
        steps += 1
    return steps


def _top() -> float:
    return float(_spectrum()[-1])


EXERCISES = (
    Exercise(
        "04.1",
        Number(tolerance=0.0, absolute=1.5),
        solution=lambda: _steps(2 * _top()),
        praise=lambda: f"{_steps(2 * _top())} steps: the flattest direction decides.",
        hints=(
            "By which factor does one step shrink the error along an eigenvector?",
            "Which eigenvalue has the factor nearest to 1?",
            "Solve factor to the power of steps = 0.001 by logarithms, and round up.",
        ),
        mistakes=(
            Mistake(
                "for 1 %",
                lambda: _steps(2 * _top(), 1e-2),
                "That is enough for an error of a hundredth.",
            ),
            Mistake(
                "at the largest eigenvalue",
                lambda: _steps(_top()),
                "That is for a scale of once the largest eigenvalue.",
            ),
            Mistake(
                "along the stiffest direction",
                lambda: _steps(2 * _top(), eigenvalue=_top()),
                "That is along the stiffest direction, which settles first.",
            ),
            Mistake(
                "log to base 10",
                lambda: 3 * 2 * _top() / _spectrum()[0],
                "It looks as if you used a logarithm to base 10 in the rule; it is a natural one.",
            ),
            Mistake(
                "the ratio alone",
                lambda: 2 * _top() / _spectrum()[0],
                "That is scale over smallest eigenvalue; the accuracy has to come in.",
            ),
            Mistake(
                "with the mean eigenvalue",
                lambda: _steps(2 * _top(), eigenvalue=float(_spectrum().mean())),
                "That is for a direction of average stiffness; the slowest one is asked for.",
            ),
        ),
    ),
    Exercise(
        "04.2",
        Number(tolerance=0.01),
        solution=lambda: _top() / 2,
        praise=lambda: (
            f"{_top() / 2:.4f}, half the largest eigenvalue. Batches need a much larger scale."
        ),
        hints=(
            "For which eigenvalue is the factor of a step the first to leave the interval from -1 to 1?",
            "At the limit that factor is exactly -1.",
            "Solve 1 - (largest eigenvalue) / (scale) = -1 for the scale.",
        ),
        mistakes=(
            Mistake(
                "the largest eigenvalue",
                _top,
                "That is safe. But can it be smaller? The factor there is 0, not -1.",
            ),
            Mistake(
                "twice the largest",
                lambda: 2 * _top(),
                "You have the right two numbers, but the wrong way round: solve for the scale again.",
            ),
            Mistake(
                "half the smallest",
                lambda: _spectrum()[0] / 2,
                "That is about the smallest eigenvalue; the largest one diverges first.",
            ),
            Mistake(
                "the smallest",
                lambda: float(_spectrum()[0]),
                "That is the smallest eigenvalue, which decides how *slow* it is.",
            ),
            Mistake(
                "one over half the largest",
                lambda: 2 / _top(),
                "That would be a limit for a step size. The scale is what you divide by.",
            ),
            Mistake(
                "the trace",
                lambda: float(_spectrum().sum()),
                "That is the trace: the sum of all eigenvalues, a much too careful scale.",
            ),
        ),
    ),
)
