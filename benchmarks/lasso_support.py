"""Which features does a lasso select without some rows, and does one proximal step predict them?

``python -m benchmarks.lasso_support`` fits the lasso on Crime (split of :mod:`benchmarks.reference_splits`)
and compares the paper's proximal step, the leverage-corrected one, and a step with fixed zeros, with true
refits: the median over trials of ``||predicted - true|| / ||true - before||``, the share of trials with
exactly the refit's set of selected features, and Pearson correlation and slope of the change of the test loss
by the paper's step. The column in brackets quotes an independent implementation of that step.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

import afif_explorer as ax
from afif_explorer.analysis.rows.compare import pearson, slope
from benchmarks import reference_splits

STRENGTHS = (2e-3, 5e-3)
TRIALS = 40
SHARE = 0.05
REFERENCE = {
    (2e-3, "one row"): "2.0 %, 95 %",
    (2e-3, "5 %"): "9.4 %, 60 %",
    (5e-3, "one row"): "1.2 %",
    (5e-3, "5 %"): "7.3 %",
}


def fixed_zeros(fit: ax.Fit, fisher: Tensor, weights: Tensor) -> Tensor:
    """One step of the selected features, with the zeros fixed."""
    theta = fit.parameters
    point, free = fit.objective.at(theta), theta != 0
    free[~fit.objective.penalised] = True
    penalty = torch.where(
        fit.objective.penalised, fit.objective.penalty.strength * theta.sign(), 0.0
    )
    gradient = (point.gradient(weights) + penalty)[free]
    moved = theta.clone()
    moved[free] -= torch.linalg.solve(fisher[free][:, free], gradient)
    return moved


def compare(fit: ax.Fit, removals: Iterable[np.ndarray]) -> dict[str, np.ndarray]:
    """For each trial: errors and support of all steps, and true and predicted test loss changes."""
    plain, corrected = (
        ax.AFIF(leverage_correction=one).prepare(fit.objective, fit.parameters)
        for one in (False, True)
    )
    fisher = ax.Fisher(fit.objective, fit.parameters).dense()
    loss = ax.MeanLoss("test").bind(fit)
    before, found = loss.value(fit.parameters), []
    for rows in removals:
        weights = fit.objective.weights(None).clone()
        weights[torch.as_tensor(rows)] = 0
        refit = ax.retrain(fit, fit.ids[rows])
        assert refit.gradient_norm < 1e-8
        true = fit.objective.vector(refit.theta)
        size = float((true - fit.parameters).norm())
        steps = {
            "prox": plain.parameters(weights),
            "corrected": corrected.parameters(weights),
            "fixed zeros": fixed_zeros(fit, fisher, weights),
        }
        found.append(
            {f"{name} error": float((step - true).norm()) / size for name, step in steps.items()}
            | {
                f"{name} support": bool(((step == 0) == (true == 0)).all())
                for name, step in steps.items()
            }
            | {
                "predicted": loss.value(steps["prox"]) - before,
                "true": loss.value(true) - before,
            }
        )
    return {key: np.array([one[key] for one in found]) for key in found[0]}


def main() -> None:
    """Print the table."""
    heads = (
        "l1",
        "selected",
        "removed",
        "error",
        "same set",
        "(reference)",
        "corrected: error",
        "same set",
        "zeros fixed: error",
        "same set",
    )
    print(f"| {' | '.join((*heads, 'Pearson', 'slope'))} |\n|{' --- |' * (len(heads) + 2)}")
    data = reference_splits.load("crime")
    for strength in STRENGTHS:
        fit = ax.fit(data, model="linear", penalty=ax.Lasso(strength))
        draw = np.random.default_rng(0)
        count = round(SHARE * fit.n)
        sets = {
            "one row": draw.choice(fit.n, TRIALS, replace=False)[:, None],
            "5 %": [draw.choice(fit.n, count, replace=False) for _ in range(TRIALS)],
        }
        selected = int((fit.theta[:-1] != 0).sum())
        for name, removals in sets.items():
            found = compare(fit, removals)
            print(
                f"| {strength:g} | {selected} | {name} | {np.median(found['prox error']):.1%} | "
                f"{found['prox support'].mean():.0%} | ({REFERENCE[strength, name]}) | "
                f"{np.median(found['corrected error']):.1g} | {found['corrected support'].mean():.0%} | "
                f"{np.median(found['fixed zeros error']):.1%} | {found['fixed zeros support'].mean():.0%} | "
                f"{pearson(found['predicted'], found['true']):.4f} | "
                f"{slope(found['predicted'], found['true']):.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
