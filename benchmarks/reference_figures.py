"""Accuracy of AFIF on Insurance, Crime and Adult compared with the results of another implementation.

``python -m benchmarks.reference_figures [data set ...] [--seeds N]`` prints two Markdown tables per data set:
agreement of effects with exact refits, and the disparity after removing the rows that raise it most. The
other implementation (NumPy, its own single split) is quoted in the column "reference". "Same split" is our
result on its split, if it could be reconstructed (:mod:`benchmarks.reference_splits`); the last column gives
median and range over splits, because the result of a single split means little.

Removal sets weights to zero and keeps ``n``. The disparity is that of mean predictions between the two
groups, measured and ranked on the same held-out rows, as in the reference; the dashboard ranks on validation
rows instead.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Iterator

import numpy as np

import afif_explorer as ax
from afif_explorer.analysis.rows.compare import pearson, relative_error, spearman
from benchmarks import reference_splits

SHARES = (0.01, 0.02, 0.05, 0.10, 0.20)
HALVES = 40  # random half-subsets
PLAIN = ax.AFIF(leverage_correction=False)  # the step of the reference
LEFT_OUT = 100  # rows left out one at a time


@dataclasses.dataclass(frozen=True)
class Setting:
    """A data set with its model, and the other implementation's results."""

    model: str
    strength: float
    rows: int | None  # training rows drawn from all; None: all of them
    agreement: dict[str, str]
    removal: dict[float, str]  # share removed -> predicted / retrained disparity


SETTINGS = {
    "insurance": Setting(
        "linear", 1e-3, None,
        {
            "rows / parameters / held out": "1070 / 8 / 268", "R² or accuracy": "0.748",
            "disparity of the fit": "0.026", "mean leverage": "0.0075", "largest leverage": "0.022",
            "median error of parameters, one row": "0.7 %", "the same, with leverage correction": "0 (exact)",
            "Pearson of loss, random rows": "0.9991", "Pearson of loss, top rows": "0.9994",
            "Pearson of disparity, random rows": "1.0000", "gap of leave-one-out loss": "1.6e-4",
            "half-subset rank correlation, loss": "0.92",
            "half-subset rank correlation, disparity": "0.99",
        },
        {0.01: "0.0246 / 0.0245", 0.02: "0.0237 / 0.0235", 0.05: "0.0217 / 0.0208",
         0.10: "0.0192 / 0.0166", 0.20: "0.0166 / 0.0108"},
    ),
    "crime": Setting(
        "linear", 1e-2, None,
        {
            "rows / parameters / held out": "1595 / 97 / 399", "R² or accuracy": "0.563",
            "disparity of the fit": "0.258", "mean leverage": "0.049", "largest leverage": "0.31",
            "median error of parameters, one row": "3.9 %", "the same, with leverage correction": "0 (exact)",
            "Pearson of loss, random rows": "0.965", "Pearson of loss, top rows": "0.996",
            "Pearson of disparity, random rows": "0.987", "gap of leave-one-out loss": "8.0e-3",
            "half-subset rank correlation, loss": "0.93",
            "half-subset rank correlation, disparity": "0.97",
        },
        {0.01: "0.2441 / 0.2426", 0.02: "0.2348 / 0.2305", 0.05: "0.2186 / 0.2042",
         0.10: "0.2038 / 0.1805", 0.20: "0.1894 / 0.1479"},
    ),
    "adult": Setting(
        "logistic", 1e-3, 8000,
        {
            "rows / parameters / held out": "8000 / 102 / 15060", "R² or accuracy": "0.847",
            "disparity of the fit": "0.170", "mean leverage": "0.0054", "largest leverage": "0.061",
            "median error of parameters, one row": "0.24 %", "the same, with leverage correction": "0.03 %",
            "Pearson of loss, random rows": "0.9996", "Pearson of loss, top rows": "0.9985",
            "Pearson of disparity, random rows": "1.0000", "gap of leave-one-out loss": "2.4e-4",
            "half-subset rank correlation, loss": "0.70",
            "half-subset rank correlation, disparity": "0.995",
        },
        {0.01: "0.1542 / 0.1516", 0.02: "0.1426 / 0.1358", 0.05: "0.1150 / 0.0916",
         0.10: "0.0835 / 0.0277", 0.20: "0.0475 / -0.0804"},
    ),
}  # fmt: skip


def fitted(name: str, seed: int | None) -> ax.Fit:
    """The model of a setting on one split, without validation rows; seed None: the reference's split."""
    setting = SETTINGS[name]
    if seed is None:
        data = reference_splits.load(name)
    else:
        data = ax.load_dataset(name, seed=seed, validation=0)
        if setting.rows is not None:
            data = _fewer_rows(data, setting.rows, seed)
    return ax.fit(data, model=setting.model, penalty=ax.Ridge(setting.strength))


def _fewer_rows(data: ax.Dataset, count: int, seed: int) -> ax.Dataset:
    kept = np.sort(np.random.default_rng(seed).choice(len(data.train), count, replace=False))
    full = data.train
    train = dataclasses.replace(
        full, X=full.X[kept], y=full.y[kept], frame=full.frame.iloc[kept],
        sensitive=full.sensitive.iloc[kept], ids=full.ids[kept],
    )  # fmt: skip
    return dataclasses.replace(data, train=train)


def targets_of(fit: ax.Fit) -> list[ax.Target]:
    """The held-out loss and the disparity of mean predictions."""
    return [ax.MeanLoss("test"), ax.MeanPredictionDifference(fit.data.sensitive[0])]


def agreement(fit: ax.Fit, seed: int) -> dict[str, float | str]:
    """The first table's results on one split; first-order effects, as in the reference."""
    targets = targets_of(fit)
    effects = ax.attribute(fit, targets, PLAIN, order=1)
    full = ax.attribute(fit, targets, PLAIN)
    draw = np.random.default_rng(seed)
    random = np.sort(draw.choice(fit.n, LEFT_OUT, replace=False))
    top = np.sort(np.argsort(-np.abs(effects[:, 0]))[:LEFT_OUT])
    truth, truth_top = (ax.retrain_each(fit, fit.ids[rows], targets) for rows in (random, top))
    leverage = ax.diagnostics(fit)["leverage"]
    after = [_half(fit, effects, targets, draw) for _ in range(HALVES)]
    predicted, found = np.array([a for a, _ in after]), np.array([b for _, b in after])
    return {
        "rows / parameters / held out": f"{fit.n} / {len(fit.theta)} / {len(fit.data.test)}",
        "R² or accuracy": fit.metrics.get("r2", fit.metrics.get("accuracy")),
        "disparity of the fit": targets[1].bind(fit).value(fit.parameters),
        "mean leverage": float(leverage.mean()),
        "largest leverage": float(leverage.max()),
        "median error of parameters, one row": _parameter_error(
            fit, truth, leverage_correction=False
        ),
        "the same, with leverage correction": _parameter_error(
            fit, truth, leverage_correction=True
        ),
        "Pearson of loss, random rows": pearson(effects[random, 0], truth.effects[:, 0]),
        "Pearson of loss, top rows": pearson(effects[top, 0], truth_top.effects[:, 0]),
        "the same with second order, random": pearson(full[random, 0], truth.effects[:, 0]),
        "the same with second order, top": pearson(full[top, 0], truth_top.effects[:, 0]),
        "Pearson of disparity, random rows": pearson(effects[random, 1], truth.effects[:, 1]),
        "gap of leave-one-out loss": _loss_gap(fit),
        "half-subset rank correlation, loss": spearman(predicted[:, 0], found[:, 0]),
        "half-subset rank correlation, disparity": spearman(predicted[:, 1], found[:, 1]),
    }


def _parameter_error(fit: ax.Fit, truth, *, leverage_correction: bool) -> float:
    """Median over rows of ``||predicted - refitted|| / ||refitted - before||``."""
    influence = ax.AFIF(leverage_correction=leverage_correction).prepare(
        fit.objective, fit.parameters
    )
    sets = [np.flatnonzero(fit.ids == row) for row in truth.rows]
    moved = influence.parameters_without(sets).numpy() - fit.theta[:, None]
    true = truth.theta - fit.theta[:, None]
    return float(np.median([relative_error(a, b) for a, b in zip(moved.T, true.T, strict=True)]))


def _loss_gap(fit: ax.Fit) -> float:
    """Relative error of the approximate leave-one-out loss; the true one is closed-form for least squares.

    Logistic: the reference is a Newton step for each row, which differs from a refit by 1e-3 of the gap.
    """
    near = ax.cross_validate(fit, PLAIN).mean
    true = ax.cross_validate(fit, ax.NewtonStep()).mean
    return abs(near - true) / true


def _half(fit: ax.Fit, effects: np.ndarray, targets, draw) -> tuple[np.ndarray, np.ndarray]:
    """Summed effects of half of the rows, and the effects of a refit without them."""
    removed = draw.choice(fit.n, fit.n // 2, replace=False)
    return effects[removed].sum(0), np.array(
        list(ax.retrain(fit, fit.ids[removed]).effects(targets).values())
    )


def removal(fit: ax.Fit) -> dict[float, str]:
    """Predicted / retrained disparity after removing each share of the most disparity-raising rows."""
    target = targets_of(fit)[1]
    before = target.bind(fit).value(fit.parameters)
    order = np.argsort(ax.attribute(fit, target, PLAIN, order=1))
    found = {}
    for share in SHARES:
        removed = fit.ids[order[: int(share * fit.n)]]  # counts rounded down, as in the reference
        predicted = before + ax.unlearn(fit, removed, PLAIN, [target]).effects[target]
        retrained = before + ax.retrain(fit, removed).effects([target])[target]
        found[share] = f"{predicted:.4f} / {retrained:.4f}"
    return found


def _summary(values: list[float | str]) -> str:
    if isinstance(values[0], str):
        return values[0]
    if len(values) == 1:
        return f"{values[0]:.4g}"
    low, middle, high = np.quantile(np.array(values, dtype=float), [0, 0.5, 1])
    return f"{middle:.4g} ({low:.4g} to {high:.4g})"


def table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def report(name: str, seeds: int, say: Callable[[str], None] = print) -> None:
    """Both tables of one data set."""
    fits = [fitted(name, seed) for seed in range(seeds)]
    same = fitted(name, None) if name in reference_splits.RULES else None
    setting = SETTINGS[name]
    say(f"\n## {name}: {setting.model}, ridge {setting.strength:g}, {seeds} splits\n")
    found = [agreement(fit, seed) for seed, fit in enumerate(fits)]
    alike = agreement(same, 0) if same else {}
    rows = (
        (
            key,
            setting.agreement.get(key, ""),
            _summary([alike[key]] if alike else [""]),
            _summary([one[key] for one in found]),
        )
        for key in found[0]
    )
    say(table(("figure", "reference", "same split", "ours: median (range)"), rows))
    say(f"\nDisparity, predicted / retrained, after removing the top rows ({name})\n")
    swept = [removal(fit) for fit in ([same] if same else []) + fits]
    heads = (["same split"] if same else []) + [f"split {seed}" for seed in range(seeds)]
    rows = (
        (f"{share:.0%}", setting.removal[share], *(one[share] for one in swept)) for share in SHARES
    )
    say(table(("removed", "reference", *heads), rows))


def main() -> None:
    """Read the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("datasets", nargs="*", metavar="data set", help=", ".join(SETTINGS))
    parser.add_argument("--seeds", type=int, default=3, help="number of splits")
    chosen = parser.parse_args()
    for name in chosen.datasets or SETTINGS:
        report(name, chosen.seeds)


if __name__ == "__main__":
    main()
