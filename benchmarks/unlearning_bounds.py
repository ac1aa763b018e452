"""Tightness of certified unlearning's bound on the error.

``python -m benchmarks.unlearning_bounds`` removes random rows, refits, and prints for each method the bound
``gamma``, the largest error ``||step - refit||``, their ratio, and the largest change of the parameters.
"""

from __future__ import annotations

import numpy as np

import afif_explorer as ax

TRIALS = 10
COUNTS = (1, 5, 20)
FITS = (
    ("hiring", 0.1),
    ("hiring", 1.0),
    ("insurance", 0.01),
    ("insurance", 0.1),
    ("insurance", 1.0),
)
METHODS = {"AFIF": ax.AFIF(), "Newton": ax.NewtonStep()}


def main() -> None:
    heads = ("bound", "error", "ratio", "change")
    print(f"{'data':<10} {'ridge':>6} {'rows':>4} {'method':<7}", *(f"{head:>9}" for head in heads))
    for name, strength in FITS:
        fit = ax.fit(ax.load_dataset(name), penalty=ax.Ridge(strength))
        for count in COUNTS:
            for label, method in METHODS.items():
                print(f"{name:<10} {strength:>6} {count:>4} {label:<7} {row(fit, count, method)}")


def row(fit: ax.Fit, count: int, method: ax.AFIF | ax.NewtonStep) -> str:
    """The results of one setting, or why there are none."""
    draw, errors, changes = np.random.default_rng(0), [], []
    for _ in range(TRIALS):
        rows = draw.choice(fit.ids, count, replace=False)
        try:
            found = ax.certified_unlearn(fit, rows, 1.0, 1e-5, method)
        except ax.InvalidChoice:
            return "no bound"
        refitted = ax.retrain(fit, rows).theta
        errors.append(np.linalg.norm(found.theta_exact - refitted))
        changes.append(np.linalg.norm(refitted - fit.theta))
    worst = max(errors)
    return f"{found.gamma:9.2e} {worst:9.2e} {worst / found.gamma:9.1e} {max(changes):9.2e}"


if __name__ == "__main__":
    main()
