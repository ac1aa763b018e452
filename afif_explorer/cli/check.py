"""``afif-explorer check``: a self-test of this installation against retraining.

It fits small models to data sets that come with the package, on which the estimates are known to be
accurate, predicts the effect of removing rows, refits without each of them, and compares: on the CPU,
and on a GPU if torch finds one.
"""

from __future__ import annotations

import argparse
import platform
import time
from dataclasses import dataclass
from importlib.metadata import version

LIBRARIES = ("torch", "numpy", "pandas", "scikit-learn", "plotly", "panel", "jupyterlab")
CASES = (
    ("hiring", "test loss"),
    ("hiring", "demographic parity"),
    ("diabetes", "test loss"),
)
STRENGTH = 1e-3
ROWS = 40  # half of them at random, half with the largest effects
# Looser than the tests on the large data sets: these tables are small, and the error of the estimate
# grows with the leverage of a row.
LEAST_PEARSON = 0.995
SLOPES = (0.95, 1.05)


@dataclass(frozen=True)
class Finding:
    """The agreement between estimates and refits; ``slope`` is that of refits on estimates."""

    pearson: float | None
    slope: float | None
    gradient_norm: float  # the largest at which a refit stopped

    @property
    def passed(self) -> bool:
        """Whether they agree well enough."""
        if self.pearson is None or self.slope is None:
            return False
        return self.pearson >= LEAST_PEARSON and SLOPES[0] <= self.slope <= SLOPES[1]


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``check``."""
    parser = commands.add_parser(
        "check",
        help="test this installation against retraining",
        description="Print versions and compare estimates with refits; takes less than a minute. "
        "The exit status is 0 if all cases agree and 1 otherwise.",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the installed versions and whether estimates agree with refits."""
    import afif_explorer as ax
    from afif_explorer.engine.runtime.device import described, devices

    print(f"afif_explorer {ax.__version__}, Python {platform.python_version()}")
    print(", ".join(f"{name} {version(name)}" for name in LIBRARIES))
    print(f"Removing each of {ROWS} rows: AFIF's estimates against refits, ridge {STRENGTH}")
    passed = True
    for device in devices():
        print(f"\nOn {described(device)}:")
        with ax.use_device(device):
            passed &= _all_agree()
    print("PASS" if passed else "FAIL: estimates and refits disagree; reinstall the package.")
    return 0 if passed else 1


def _all_agree() -> bool:
    """Compare all cases and print the results; returns whether all passed."""
    head = ("Pearson", "slope", "gradient", "seconds")
    print(f"{'data':<15}{'target':<20}" + "".join(f"{name:>10}" for name in head))
    passed = True
    for dataset, target in CASES:
        start = time.perf_counter()
        found = compare(dataset, target)
        passed &= found.passed
        print(
            f"{dataset:<15}{target:<20}{_number(found.pearson)}{_number(found.slope)}"
            f"{found.gradient_norm:>10.0e}{time.perf_counter() - start:>10.1f}"
            f"  {'pass' if found.passed else 'FAIL'}"
        )
    return passed


def compare(dataset: str, target: str) -> Finding:
    """Estimated and true effects of single rows of ``dataset`` on ``target``."""
    import numpy as np

    import afif_explorer as ax
    from afif_explorer.analysis.rows.compare import pearson, slope

    data = ax.load_dataset(dataset)
    model = "linear" if data.task == "regression" else "logistic"
    fit = ax.fit(data, model=model, penalty=ax.Ridge(STRENGTH))
    measured = (
        ax.MeanLoss("test")
        if target == "test loss"
        else ax.DemographicParityDifference(data.sensitive[0], split="test")
    )
    effects = ax.attribute(fit, measured, method=ax.AFIF())
    top = np.argsort(-np.abs(effects))[: ROWS // 2]
    others = np.setdiff1d(np.arange(len(effects)), top)
    rows = np.concatenate([top, np.random.default_rng(0).choice(others, ROWS // 2, replace=False)])
    truth = ax.retrain_each(fit, data.train.ids[rows], measured)
    return Finding(
        pearson=pearson(effects[rows], truth.effects),
        slope=slope(effects[rows], truth.effects),
        gradient_norm=float(truth.gradient_norm.max()),
    )


def _number(value: float | None) -> str:
    return f"{'-':>10}" if value is None else f"{value:>10.4f}"
