"""Calibration of reach: expected against actual relative errors of predictions.

``python -m benchmarks.reach_calibration`` removes rows, predicts with one step, refits, and prints expected
and actual errors of the change of the parameters (in the curvature's norm,
``||predicted - true|| / ||true||``) and of the mean test loss (``|predicted - true| / |true|``), each with
its level. Sets are random rows, the most influential of either sign, the most helpful, and influential ones
whose effects on the target cancel. Below the table: for each level the quartiles of the actual errors, how
often the direction of the error (too small or too large) was correct, and how many sets were rated better
than they were. Refits are warm and converge to a gradient norm below 1e-8, also for networks. To select data
sets: ``python -m benchmarks.reach_calibration crime hiring``. Missing data sets are downloaded.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

import afif_explorer as ax
from afif_explorer.analysis.removal.reach import FAIR, GOOD, Reach

FITS = (
    ("hiring", "logistic", ax.Ridge(1e-3)),
    ("hiring", "logistic", ax.Lasso(1e-2)),
    ("hiring", "logistic", ax.GroupLasso(1e-2)),
    ("insurance", "linear", ax.Ridge(1e-3)),
    ("insurance", "linear", ax.Lasso(3e-2)),
    ("insurance", "linear", ax.GroupLasso(2e-3)),
    ("crime", "linear", ax.Ridge(1e-2)),
    ("crime", "linear", ax.Lasso(5e-3)),
    ("adult", "logistic", ax.Ridge(1e-3)),
    ("diabetes", "linear", ax.Ridge(1e-2)),
    ("breast_cancer", "logistic", ax.Ridge(1e-2)),
    ("hiring", "mlp", ax.Ridge(1e-2)),
    ("hiring", "mlp", ax.Lasso(3e-3)),
    ("insurance", "mlp", ax.Ridge(1e-3)),
    ("insurance", "mlp", ax.Lasso(1e-3)),
    ("crime", "mlp", ax.Ridge(1e-2)),
    ("crime", "mlp", ax.Ridge(1e-3)),
    ("digits", "mlp", ax.Ridge(1e-2)),
)
HIDDEN = {"hiring": 4, "insurance": 8, "crime": 6, "digits": 6}  # hidden units of the networks
SHARES = (0.001, 0.005, 0.01, 0.05, 0.1, 0.2)


@dataclass(frozen=True)
class Case:
    """One removed set: the reach of the parameters and of the target, and the actual errors.

    ``actual`` are the relative errors, ``captured`` the predicted divided by the true changes.
    """

    reach: tuple[Reach, Reach]
    actual: tuple[float, float]
    captured: tuple[float, float]


def main() -> None:
    """Print the table and the summary of each group."""
    pair = f"{'expected':>9} {'actual':>9} {'reach':>6}"
    print(f"{'fit':<24} {'rows':>5} {'which':<10} {pair}   {pair} (target)")
    cases: dict[str, list[Case]] = defaultdict(list)
    for name, model, penalty in FITS:
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        hidden = (HIDDEN.get(name, 0),)
        fit = ax.fit(ax.load_dataset(name), model=model, penalty=penalty, hidden=hidden)
        title = f"{name} {model} {type(penalty).__name__}"
        kind = "networks" if model == "mlp" else "linear maps"
        smoothness = "smooth penalty" if isinstance(penalty, ax.Ridge) else "non-smooth penalty"
        for share in SHARES:
            for which, rows in sets(fit, share).items():
                case = measure(fit, rows)
                for group in (which, kind, f"{kind}, {smoothness}", "all"):
                    cases[group].append(case)
                shown = "  ".join(
                    f"{reach.expected_error:>9.4f} {actual:>9.4f} {word(reach):>6}"
                    for reach, actual in zip(case.reach, case.actual, strict=True)
                )
                print(f"{title:<24} {len(rows):>5} {which:<10} {shown}", flush=True)
    for group, found in cases.items():
        summarise(group, found)


def word(reach: Reach) -> str:
    """The level; "unsure" if further steps did not converge."""
    return "unsure" if np.isinf(reach.expected_error) else reach.level


def sets(fit: ax.Fit, share: float) -> dict[str, np.ndarray]:
    """Random, most influential, most helpful, and cancelling rows."""
    count = max(2, round(share * fit.n))
    effects = ax.attribute(fit, ax.MeanLoss("test"))
    return {
        "random": np.random.default_rng(0).choice(fit.n, count, replace=False),
        "strongest": np.argsort(-np.abs(effects))[:count],
        "helpful": np.argsort(-effects)[:count],
        "cancelling": cancelling(effects, count),
    }


def cancelling(effects: np.ndarray, count: int) -> np.ndarray:
    """Influential rows, each chosen to bring the sum of effects closest to zero."""
    left = list(np.argsort(-np.abs(effects))[: 2 * count])
    chosen, total = [left.pop(0)], 0.0
    while len(chosen) < count:
        total = float(effects[chosen].sum())
        chosen.append(left.pop(int(np.argmin(np.abs(total + effects[left])))))
    return np.array(chosen)


def measure(fit: ax.Fit, rows: np.ndarray) -> Case:
    """Predict by the plain step, refit, and compare."""
    target = ax.MeanLoss("test")
    plain = ax.AFIF(leverage_correction=False)
    predicted = ax.unlearn(fit, fit.ids[rows], plain, [target])
    refit = ax.retrain(fit, fit.ids[rows])
    assert refit.gradient_norm < 1e-8
    curvature = ax.Fisher(fit.objective, fit.theta)

    def size(step: np.ndarray) -> float:
        step = fit.objective.vector(step)
        return float(step @ (curvature @ step)) ** 0.5

    moved, true = predicted.theta - fit.theta, refit.theta - fit.theta
    change = refit.effects([target])[target]
    captured = predicted.effects[target] / change
    return Case(
        (predicted.reach, predicted.target_reach[target]),
        (size(moved - true) / size(true), abs(1 - captured)),
        (size(moved) / size(true), captured),
    )


def summarise(kind: str, cases: list[Case]) -> None:
    """Quartiles of the actual errors for each level, and of actual over expected errors."""
    for place, what in enumerate(("parameters", "target")):
        print(f"{kind}, {what}:")
        levels = [word(case.reach[place]) for case in cases]
        for level in ("good", "fair", "poor", "unsure"):
            found = [
                case.actual[place]
                for case, found_level in zip(cases, levels, strict=True)
                if found_level == level
            ]
            if found:
                print(f"  {level}: {len(found)} sets, actual error {quartiles(found)}")
        sure = [case for case, level in zip(cases, levels, strict=True) if level != "unsure"]
        bounds = {"good": GOOD, "fair": FAIR, "poor": np.inf}
        overrated = sum(case.actual[place] > bounds[case.reach[place].level] for case in cases)
        print(f"  rated better than they were: {overrated}")
        rough = [case for case in sure if case.reach[place].level != "good"]
        right = [(one.reach[place].captured < 1) == (one.captured[place] < 1) for one in rough]
        print(f"  direction of the error correct: {sum(right)} of {len(right)} that are not good")
        ratios = [case.actual[place] / case.reach[place].expected_error for case in sure]
        print(f"  actual over expected error, without unsure: {quartiles(ratios)}")


def quartiles(values: list[float]) -> str:
    """Smallest, quartiles and largest."""
    return " / ".join(f"{value:.3g}" for value in np.quantile(values, (0, 0.25, 0.5, 0.75, 1)))


if __name__ == "__main__":
    main()
