"""Sources of rows: training rows and labels, then queries and their labels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.datasets import load_digits

import afif_explorer as ax
from benchmarks.common.networks import TOKENS, TOPICS

Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
LENGTH = 16  # tokens in a sequence
OWN = TOKENS // 10  # tokens of each topic


def digits(rows: int, queries: int) -> Rows:
    """Handwritten digits as 8 x 8 images, scaled to 0 to 1."""
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    train, test = order[:rows], order[-queries:]
    return X[train] / 16, y[train], X[test] / 16, y[test]


def adult(rows: int, queries: int) -> Rows:
    """People in the US census, and whether their income is above 50 000 dollars."""
    draw = np.random.default_rng(0)
    data = ax.load_dataset("adult", validation=0)
    train = draw.choice(len(data.train), rows, replace=False)
    test = draw.choice(len(data.test), queries, replace=False)
    X, y = data.train.X[train], data.train.y[train].astype(np.int64)
    return X, y, data.test.X[test], data.test.y[test].astype(np.int64)


def plane(rows: int, queries: int) -> Rows:
    """100 normal features of different scales, and labels drawn from a logistic model."""
    draw = np.random.default_rng(0)
    weights = draw.normal(size=100) / 10
    X = draw.normal(size=(rows + queries, 100)) * np.geomspace(2, 0.2, 100)
    y = draw.random(len(X)) < 1 / (1 + np.exp(-4 * X @ weights))
    return _split(X, y.astype(np.int64), rows)


def teacher(rows: int, queries: int) -> Rows:
    """100 normal features, labelled by a random network; a tenth of the labels are flipped."""
    draw = np.random.default_rng(0)
    X = draw.normal(size=(rows + queries, 100))
    inner = np.tanh(X @ draw.normal(size=(100, 8)) / 4)
    y = inner @ draw.normal(size=8) > 0
    flipped = draw.random(len(X)) < 0.1
    return _split(X, (y ^ flipped).astype(np.int64), rows)


def sentences(rows: int, queries: int) -> Rows:
    """Sequences of tokens: a fifth are drawn from the topic's own tokens, the rest from all."""
    draw = np.random.default_rng(0)
    y = draw.integers(TOPICS, size=rows + queries)
    preferred = np.stack([draw.permutation(TOKENS)[:OWN] for _ in range(TOPICS)])
    shape = len(y), LENGTH
    topical = preferred[y[:, None], draw.integers(OWN, size=shape)]
    X = np.where(draw.random(shape) < 0.2, topical, draw.integers(TOKENS, size=shape))
    return _split(X.astype(np.float64), y, rows)


def _split(X: np.ndarray, y: np.ndarray, rows: int) -> Rows:
    return X[:rows], y[:rows], X[rows:], y[rows:]


SOURCES: dict[str, Callable[[int, int], Rows]] = {
    "adult": adult,
    "digits": digits,
    "plane": plane,
    "sentences": sentences,
    "teacher": teacher,
}
