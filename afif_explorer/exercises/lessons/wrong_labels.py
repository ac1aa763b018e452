"""Lesson 09, mislabelled data: losses from scikit-learn, self-influence from its definition."""

from __future__ import annotations

from functools import cache

import numpy as np
from sklearn.linear_model import LogisticRegression

from afif_explorer.datasets import Dataset, load
from afif_explorer.exercises.exercise import Exercise, Mistake
from afif_explorer.exercises.kinds import Number, Rows

_FIRST, _LOOKED_AT = 60, 20


def _chances(X: np.ndarray, y: np.ndarray, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Each training row's chance and leverage under a ridge logistic regression."""
    n = len(y)
    model = LogisticRegression(C=1 / (n * strength), solver="newton-cholesky", tol=1e-10).fit(X, y)
    p = model.predict_proba(X)[:, 1]
    A = np.column_stack([X, np.ones(n)])
    H = (A * (p * (1 - p))[:, None]).T @ A / n
    H += strength * np.diag([1.0] * X.shape[1] + [0.0])
    return p, (A * np.linalg.solve(H, A.T).T).sum(axis=1) / n


@cache
def _spoilt() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Which labels are wrong, and scores of suspicion, for the table of section 1."""
    train = load("breast_cancer").train
    flipped = np.random.default_rng(3).choice(train.ids, len(train) // 10, replace=False)
    wrong = np.isin(train.ids, flipped)
    y = np.where(wrong, 1 - train.y, train.y)
    p, reach = _chances(train.X, y, 1e-2)
    loss = -np.log(np.where(y == 1, p, 1 - p))
    own = (p - y) ** 2 * reach
    leverage = p * (1 - p) * reach
    return wrong, {"loss": loss, "self": own / (1 - leverage), "plain": own, "leverage": leverage}


def _found(score: str, count: int = _FIRST, sign: int = -1) -> int:
    wrong, scores = _spoilt()
    return int(wrong[np.argsort(sign * scores[score])[:count]].sum())


@cache
def _hiring() -> Dataset:
    return load("hiring")


@cache
def _losses() -> np.ndarray:
    train = _hiring().train
    p, _ = _chances(train.X, train.y, 1e-3)
    return -np.log(np.where(train.y == 1, p, 1 - p))


def _first(sign: int = -1, **wanted: str) -> np.ndarray:
    """Positions of the rows with these values whose loss is highest (or lowest, for ``sign`` 1)."""
    frame = _hiring().train.frame
    mask = np.ones(len(frame), dtype=bool)
    for name, value in wanted.items():
        mask &= np.asarray(frame[name] == value)
    order = np.argsort(sign * _losses())
    return order[mask[order]][:_LOOKED_AT]


def _ids(positions: np.ndarray) -> list[int]:
    return [int(row) for row in _hiring().train.ids[positions]]


EXERCISES = (
    Exercise(
        "09.1",
        Number(tolerance=0.0, absolute=0.25),
        solution=lambda: _found("self"),
        praise=lambda: (
            f"{_found('self')} of {_spoilt()[0].sum()}; the plain loss finds {_found('loss')} "
            "among as many rows."
        ),
        hints=(
            "Which array says whether a label is wrong, and which gives the order?",
            "Take the first 60 positions of the right ranking.",
            "A mask, taken at these positions, can be summed: True counts as one.",
        ),
        mistakes=(
            Mistake(
                "by the other end",
                lambda: _found("self", sign=1),
                "You took the rows with the *lowest* self-influence.",
            ),
            Mistake(
                "the number of wrong labels",
                lambda: int(_spoilt()[0].sum()),
                "That is how many labels are wrong altogether.",
            ),
            Mistake(
                "as a share of the wrong labels",
                lambda: _found("self") / _spoilt()[0].sum(),
                "That is the share of the wrong labels; the question asks for their number.",
            ),
            Mistake(
                "the false alarms",
                lambda: _FIRST - _found("self"),
                "That is how many of the rows looked at are *correctly* labelled.",
            ),
            Mistake(
                "in the first 40 rows",
                lambda: _found("self", 40),
                "That is for fewer rows than the question asks for.",
            ),
            Mistake(
                "by leverage",
                lambda: _found("leverage"),
                "That is what the leverage finds; self-influence also counts the surprise.",
            ),
        ),
    ),
    Exercise(
        "09.2",
        Rows(lambda: _hiring().train.ids),
        solution=lambda: _ids(_first(group="green", hired="rejected")),
        praise=lambda: (
            "Twenty rows for the auditor; "
            f"{np.isin(_ids(_first(group='green', hired='rejected')), _hiring().planted).sum()} of them "
            "really are planted."
        ),
        hints=(
            "Which rows may be on this list at all, and in which order are they?",
            "Section 4 has the order as positions among all training rows.",
            "Take its first positions, as many as the auditor can look at, and look up their ids.",
        ),
        mistakes=(
            Mistake(
                "positions",
                lambda: _first(group="green", hired="rejected").tolist(),
                "These are positions; the ids are in `hiring.train.ids`.",
            ),
            Mistake(
                "all rows",
                lambda: _ids(_first()),
                "These have the highest loss of all rows; the baseline looks at one group.",
            ),
            Mistake(
                "the group, hired too",
                lambda: _ids(_first(group="green", hired="hired")),
                "These people were hired. Which decisions are suspected?",
            ),
            Mistake(
                "rejected of the other group",
                lambda: _ids(_first(group="blue", hired="rejected")),
                "These are of the other group.",
            ),
            Mistake(
                "the lowest losses",
                lambda: _ids(_first(1, group="green", hired="rejected")),
                "These are the rejections that surprise the model least.",
            ),
            Mistake(
                "one missing",
                lambda: _ids(_first(group="green", hired="rejected"))[:-1],
                "These belong there, but one is missing.",
            ),
        ),
    ),
)
