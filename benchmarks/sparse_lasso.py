"""Effects with an L1 penalty on sparse rows of many inputs, against refits.

``python -m benchmarks.sparse_lasso`` draws 20 000 rows of 100 000 words each, about 55 of which occur in a
row (Zipf's law), fits logistic models with L1 penalties that leave 170 to 1000 nonzero coefficients, and
computes the effects of all rows on the loss of 2000 test rows. It prints wall and processor seconds of fit
and effects, the peak memory of the process, and correlation and slope between 40 effects and refits.
``--strengths 1e-3`` selects penalties, ``--refits 0`` leaves out the refits.
"""

from __future__ import annotations

import argparse
import resource
import time
import warnings
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import scipy.sparse

import afif_explorer as ax

ROWS, NEW, INPUTS, WORDS = 20_000, 2000, 100_000, 60
COMMON, ACTIVE = 5000, 1500  # words with an effect are among the most common ones
STRENGTHS = (1e-3, 7e-4, 4e-4, 2.6e-4)
T = TypeVar("T")


def main() -> None:
    """Print a row for each strength."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strengths", type=float, nargs="+", default=STRENGTHS)
    parser.add_argument("--refits", type=int, default=40)
    options = parser.parse_args()
    X, y = texts()
    heads = ("nonzero", "fit s (cpu)", "effects s (cpu)", "GB", "r", "slope")
    print(f"{'strength':>8}", *(f"{head:>15}" for head in heads))
    for strength in options.strengths:
        objective = ax.Objective(
            ax.LinearMap(INPUTS), "bernoulli", ax.Lasso(strength), X[:ROWS], y[:ROWS]
        )
        fit, trained = timed(lambda one=objective: ax.fit_objective(one, test=(X[ROWS:], y[ROWS:])))
        effects, taken = timed(lambda one=fit: ax.attribute(one, ax.MeanLoss("test")))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        cells = [
            f"{np.count_nonzero(fit.theta)}",
            trained,
            taken,
            f"{peak:.2f}",
            *compared(fit, np.asarray(effects), options.refits),
        ]
        print(f"{strength:>8}", *(f"{cell:>15}" for cell in cells), flush=True)


def texts() -> tuple[scipy.sparse.csr_array, np.ndarray]:
    """Logarithmic word counts and two classes, training rows first."""
    draw = np.random.default_rng(0)
    share = np.arange(1.0, INPUTS + 1) ** -0.9
    words = draw.choice(INPUTS, size=(ROWS + NEW, WORDS), p=share / share.sum())
    rows = np.repeat(np.arange(ROWS + NEW), WORDS)
    shape = (ROWS + NEW, INPUTS)
    X = scipy.sparse.csr_array((np.ones(rows.size), (rows, words.ravel())), shape=shape)
    X.sum_duplicates()
    X.data = 1 + np.log(X.data)
    slopes = np.zeros(INPUTS)
    slopes[draw.choice(COMMON, ACTIVE, replace=False)] = draw.normal(size=ACTIVE)
    score = X @ slopes
    return X, (draw.random(len(score)) < 1 / (1 + np.exp(-score))).astype(float)


def timed(work: Callable[[], T]) -> tuple[T, str]:
    """The result, and wall and processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    return found, f"{time.perf_counter() - wall:.1f} ({time.process_time() - cpu:.1f})"


def compared(fit: ax.Fit, effects: np.ndarray, count: int) -> tuple[str, str]:
    """Correlation and slope with refits without single random rows."""
    if not count:
        return "", ""
    rows = np.random.default_rng(1).choice(fit.n, count, replace=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ax.NotConverged)
        true = ax.retrain_each(fit, rows, ax.MeanLoss("test")).effects
    found = effects[rows]
    return f"{np.corrcoef(found, true)[0, 1]:.5f}", f"{found @ true / (found @ found):.4f}"


if __name__ == "__main__":
    main()
