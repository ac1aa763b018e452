"""Which curvature agrees with which reference on a network? A perceptron on Crime, one row left out.

``python -m benchmarks.network_references [--rows N] [--seeds N]`` trains a tanh network 96-6-1 to
convergence at two ridge strengths and correlates predicted effects (the targets at the predicted
parameters) with those of warm refits and of proximal Bregman responses. Inputs have the donor's scaling, 0
to 1. The largest gradient norm of each reference is printed, since a row's effect is about ``1/n`` of the
loss and would be hidden by an unconverged reference. The column "reference" quotes an independent
implementation (24 rows, one initialisation; its scaling and initialisation are not known). With more than
24 rows it also prints how much a correlation varies over samples of 24.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np

import afif_explorer as ax
from afif_explorer.analysis.rows.compare import pearson, relative_error, spearman
from benchmarks import reference_splits

STRENGTHS = (1e-3, 1e-4)
ROWS = 24  # as many as in the reference
METHODS = {
    "AFIF": ax.AFIF(leverage_correction=False),
    "Hessian": ax.InfinitesimalJackknife(leverage_correction=False),
    "empirical Fisher": ax.EmpiricalFisherInfluence(leverage_correction=False),
}
REFERENCE = {
    ("AFIF", "refit", "loss"): ("0.976", "0.904"),
    ("Hessian", "refit", "loss"): ("0.997", "0.987"),
    ("AFIF", "response", "loss"): ("0.995", "0.972"),
    ("Hessian", "response", "loss"): ("0.953", "0.858"),
    ("empirical Fisher", "refit", "loss"): ("0.581", "-0.478"),
    ("AFIF", "refit", "disparity"): ("0.996", "0.758"),
    ("AFIF", "response", "disparity"): ("0.999", "0.974"),
    ("AFIF", "refit", "parameters"): ("0.49", "0.80"),
    ("Hessian", "refit", "parameters"): ("0.06", "0.21"),
    ("AFIF", "response", "parameters"): ("0.06", "0.17"),
}


def figures(strength: float, seed: int, count: int) -> Iterator[tuple[tuple[str, ...], float]]:
    """Name (method, reference, quantity) and value of each result for one initialisation."""
    data = reference_splits.load("crime", standardise=False)
    fit = ax.fit(data, model="mlp", hidden=(6,), penalty=ax.Ridge(strength), seed=seed)
    targets = [ax.MeanLoss("test"), ax.MeanPredictionDifference(data.sensitive[0])]
    rows = np.sort(np.random.default_rng(seed).choice(fit.n, count, replace=False))
    references = {
        "refit": ax.retrain_each(fit, fit.ids[rows], targets),
        "response": ax.bregman_response_each(fit, fit.ids[rows], targets),
    }
    yield ("fit", "", "R²"), fit.metrics["r2"]
    yield ("fit", "", "gradient norm"), fit.gradient_norm
    yield ("fit", "", "negative curvature"), fit.negative_curvature or 0.0
    for name, reference in references.items():
        yield ("reference", name, "largest gradient norm"), float(reference.gradient_norm.max())
    bound = [target.bind(fit) for target in targets]
    before = [one.value(fit.parameters) for one in bound]
    weights = np.ones((fit.n, count))
    weights[rows, np.arange(count)] = 0
    for name, method in METHODS.items():
        moved = method.prepare(fit.objective, fit.parameters).parameters(
            fit.objective.vector(weights)
        )
        step = moved.numpy() - fit.theta[:, None]
        effects = np.array([[one.value(theta) for one in bound] for theta in moved.T]) - before
        for kind, reference in references.items():
            yield (name, kind, "loss"), pearson(effects[:, 0], reference.effects[:, 0])
            yield (name, kind, "loss, ranks"), spearman(effects[:, 0], reference.effects[:, 0])
            for share, value in sample_quantiles(effects[:, 0], reference.effects[:, 0]).items():
                yield (name, kind, f"loss, {share:.0%} quantile over samples"), value
            yield (name, kind, "disparity"), pearson(effects[:, 1], reference.effects[:, 1])
            true = reference.theta - fit.theta[:, None]
            errors = [relative_error(a, b) for a, b in zip(step.T, true.T, strict=True)]
            yield (name, kind, "parameters"), float(np.median(errors))


def sample_quantiles(predicted: np.ndarray, true: np.ndarray) -> dict[float, float]:
    """Quantiles of Pearson's correlation over samples of as many rows as in the reference."""
    if len(true) <= ROWS:
        return {}
    draw = np.random.default_rng(1)
    places = (draw.choice(len(true), ROWS, replace=False) for _ in range(2000))
    found = [pearson(predicted[place], true[place]) for place in places]
    return {share: float(np.quantile(found, share)) for share in (0.05, 0.25, 0.75)}


def main() -> None:
    """Read the command line and print one table for each strength."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=ROWS, help="rows left out, one at a time")
    parser.add_argument("--seeds", type=int, default=2, help="initialisations")
    chosen = parser.parse_args()
    for place, strength in enumerate(STRENGTHS):
        found: dict[tuple[str, ...], list[float]] = {}
        for seed in range(chosen.seeds):
            for key, value in figures(strength, seed, chosen.rows):
                found.setdefault(key, []).append(value)
        print(f"\n## ridge {strength:g}\n")
        print("| method | compared with | quantity | reference | ours: median (range) |")
        print("| --- | --- | --- | --- | --- |")
        for key, values in found.items():
            low, middle, high = np.quantile(values, (0, 0.5, 1))
            quoted = REFERENCE.get(key, ("", ""))[place]
            print(f"| {' | '.join(key)} | {quoted} | {middle:.3g} ({low:.3g} to {high:.3g}) |")


if __name__ == "__main__":
    main()
