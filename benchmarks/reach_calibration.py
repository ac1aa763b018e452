"""Whether the reach of a prediction is what it says: expected against actual relative errors.

``python -m benchmarks.reach_calibration`` removes random and influential rows, predicts by one step, fits
again, and prints the expected error, the actual error of the parameters' change in the curvature's norm,
``||predicted - true|| / ||true||``, that of the change of the mean test loss, and the verdict. Below the
table: for each verdict the quartiles of the actual errors. Original data are fetched if they are missing.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

import afif_explorer as ax

FITS = (
    ("hiring", "logistic", 1e-3),
    ("insurance", "linear", 1e-3),
    ("crime", "linear", 1e-2),
    ("adult", "logistic", 1e-3),
)
SHARES = (0.001, 0.005, 0.01, 0.05, 0.1, 0.2)


def main() -> None:
    heads = ("rows", "expected", "actual", "target", "reach")
    print(f"{'data':<10} {'%':>5} {'which':<10}", *(f"{head:>9}" for head in heads))
    verdicts: dict[str, list[float]] = defaultdict(list)
    ratios = []
    for name, model, strength in FITS:
        fit = ax.fit(ax.load_dataset(name), model=model, penalty=ax.Ridge(strength))
        for share in SHARES:
            for which, rows in sets(fit, share).items():
                expected, actual, target, level = errors(fit, rows)
                verdicts[level].append(actual)
                ratios.append(actual / expected)
                figures = (
                    f"{len(rows):>9} {expected:>9.4f} {actual:>9.4f} {target:>9.4f} {level:>9}"
                )
                print(f"{name:<10} {100 * share:>5.1f} {which:<10} {figures}", flush=True)
    for level, found in verdicts.items():
        print(f"{level}: {len(found)} sets, actual error {quartiles(found)}")
    print(f"actual over expected: {quartiles(ratios)}")


def sets(fit: ax.Fit, share: float) -> dict[str, np.ndarray]:
    """A random set, the most influential rows of either sign, and the most helpful ones."""
    count = max(1, round(share * fit.n))
    effects = ax.attribute(fit, ax.MeanLoss("test"))
    return {
        "random": np.random.default_rng(0).choice(fit.n, count, replace=False),
        "strongest": np.argsort(-np.abs(effects))[:count],
        "helpful": np.argsort(-effects)[:count],
    }


def errors(fit: ax.Fit, rows: np.ndarray) -> tuple[float, float, float, str]:
    """Expected error, actual error of the parameters and of the target, and the verdict."""
    target = ax.MeanLoss("test")
    predicted = ax.unlearn(fit, rows, targets=[target])
    truth = ax.retrain(fit, rows)
    curvature = ax.Fisher(fit.objective, fit.theta)

    def size(step: np.ndarray) -> float:
        step = fit.objective.vector(step)
        return float(step @ (curvature @ step)) ** 0.5

    actual = size(predicted.theta - truth.theta) / size(truth.theta - fit.theta)
    change = truth.effects([target])[target]
    missed = abs(predicted.effects[target] - change) / abs(change)
    return predicted.reach.expected_error, actual, missed, predicted.reach.level


def quartiles(values: list[float]) -> str:
    """Smallest, quartiles and largest."""
    return " / ".join(f"{value:.2f}" for value in np.quantile(values, (0, 0.25, 0.5, 0.75, 1)))


if __name__ == "__main__":
    main()
