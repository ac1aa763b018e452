"""Whether the reach of a prediction is what it says: expected against actual relative errors.

``python -m benchmarks.reach_calibration`` removes rows, predicts by one step, fits again, and prints
expected and actual errors, of the change of the parameters (in the curvature's norm,
``||predicted - true|| / ||true||``) and of that of the mean test loss (``|predicted - true| / |true|``),
each with its verdict. Sets are random rows, the most influential of either sign, the most helpful, and
influential ones whose effects on the target cancel. Below the table: for each verdict the quartiles of
the actual errors, whether predictions were too small or too large as told, and how many sets were called
better than they were. Refits are warm and go on to a gradient norm below 1e-8, those of networks too. Fits
to some data only: ``python -m benchmarks.reach_calibration crime hiring``. Original data are fetched if
they are missing.
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
    ("hiring", "mlp", ax.Ridge(1e-2)),
    ("hiring", "mlp", ax.Lasso(3e-3)),
    ("insurance", "mlp", ax.Ridge(1e-3)),
    ("insurance", "mlp", ax.Lasso(1e-3)),
    ("crime", "mlp", ax.Ridge(1e-2)),
    ("crime", "mlp", ax.Ridge(1e-3)),
    ("digits", "mlp", ax.Ridge(1e-2)),
)
HIDDEN = {"hiring": 4, "insurance": 8, "crime": 6, "digits": 6}  # units of the networks
SHARES = (0.001, 0.005, 0.01, 0.05, 0.1, 0.2)


@dataclass(frozen=True)
class Case:
    """One removed set: the reach of the parameters and of the target, and what was so.

    ``actual`` are their relative errors, ``captured`` predicted over true changes.
    """

    told: tuple[Reach, Reach]
    actual: tuple[float, float]
    captured: tuple[float, float]


def main() -> None:
    """Print the table and what the verdicts were worth."""
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
        more = "without kinks" if isinstance(penalty, ax.Ridge) else "with kinks"
        for share in SHARES:
            for which, rows in sets(fit, share).items():
                case = measure(fit, rows)
                for group in (which, kind, f"{kind} {more}", "all"):
                    cases[group].append(case)
                shown = "  ".join(
                    f"{told.expected_error:>9.4f} {actual:>9.4f} {word(told):>6}"
                    for told, actual in zip(case.told, case.actual, strict=True)
                )
                print(f"{title:<24} {len(rows):>5} {which:<10} {shown}", flush=True)
    for group, found in cases.items():
        summarise(group, found)


def word(told: Reach) -> str:
    """The verdict; "unsure" where further steps did not settle."""
    return "unsure" if np.isinf(told.expected_error) else told.level


def sets(fit: ax.Fit, share: float) -> dict[str, np.ndarray]:
    """Random rows, the most influential of either sign, the most helpful, and some that cancel."""
    count = max(2, round(share * fit.n))
    effects = ax.attribute(fit, ax.MeanLoss("test"))
    return {
        "random": np.random.default_rng(0).choice(fit.n, count, replace=False),
        "strongest": np.argsort(-np.abs(effects))[:count],
        "helpful": np.argsort(-effects)[:count],
        "cancelling": cancelling(effects, count),
    }


def cancelling(effects: np.ndarray, count: int) -> np.ndarray:
    """Strong rows, each the one among the strongest that brings the sum nearest to zero."""
    left = list(np.argsort(-np.abs(effects))[: 2 * count])
    chosen, total = [left.pop(0)], 0.0
    while len(chosen) < count:
        total = float(effects[chosen].sum())
        chosen.append(left.pop(int(np.argmin(np.abs(total + effects[left])))))
    return np.array(chosen)


def measure(fit: ax.Fit, rows: np.ndarray) -> Case:
    """Predict by the plain step, which falls shortest, fit again, and compare."""
    target = ax.MeanLoss("test")
    plain = ax.AFIF(leverage_correction=False)
    predicted = ax.unlearn(fit, rows, plain, [target])
    truth = ax.retrain(fit, rows)
    assert truth.gradient_norm < 1e-8
    curvature = ax.Fisher(fit.objective, fit.theta)

    def size(step: np.ndarray) -> float:
        step = fit.objective.vector(step)
        return float(step @ (curvature @ step)) ** 0.5

    moved, true = predicted.theta - fit.theta, truth.theta - fit.theta
    change = truth.effects([target])[target]
    captured = predicted.effects[target] / change
    return Case(
        (predicted.reach, predicted.target_reach[target]),
        (size(moved - true) / size(true), abs(1 - captured)),
        (size(moved) / size(true), captured),
    )


def summarise(kind: str, cases: list[Case]) -> None:
    """Quartiles of the actual errors under each verdict, and of actual over expected errors."""
    for place, what in enumerate(("parameters", "target")):
        print(f"{kind}, {what}:")
        words = [word(case.told[place]) for case in cases]
        for verdict in ("good", "fair", "poor", "unsure"):
            found = [
                case.actual[place]
                for case, said in zip(cases, words, strict=True)
                if said == verdict
            ]
            if found:
                print(f"  {verdict}: {len(found)} sets, actual error {quartiles(found)}")
        sure = [case for case, said in zip(cases, words, strict=True) if said != "unsure"]
        bounds = {"good": GOOD, "fair": FAIR, "poor": np.inf}
        flattered = sum(case.actual[place] > bounds[case.told[place].level] for case in cases)
        print(f"  called better than they were: {flattered}")
        rough = [case for case in sure if case.told[place].level != "good"]
        right = [(one.told[place].captured < 1) == (one.captured[place] < 1) for one in rough]
        print(f"  too small or too large as told: {sum(right)} of {len(right)} that are not good")
        ratios = [case.actual[place] / case.told[place].expected_error for case in sure]
        print(f"  actual over expected, unless unsure: {quartiles(ratios)}")


def quartiles(values: list[float]) -> str:
    """Smallest, quartiles and largest."""
    return " / ".join(f"{value:.3g}" for value in np.quantile(values, (0, 0.25, 0.5, 0.75, 1)))


if __name__ == "__main__":
    main()
