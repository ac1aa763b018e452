"""``afif-explorer check``: does this installation tell the truth?

It fits small models on data that come with the package, predicts what removing rows would do, fits
again without each of them, and compares.
"""

from __future__ import annotations

import argparse
import platform
import time
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from afif_explorer.results import Verification

LIBRARIES = ("torch", "numpy", "pandas", "scikit-learn", "plotly", "panel", "jupyterlab")
RANDOM_ROWS = 20
TOP_ROWS = 20
# Looser than what the tests ask of the big data sets: the small tables used here have few rows, and
# the error of the estimate falls with the square of their number.
LEAST_PEARSON = 0.995
SLOPES = (0.95, 1.05)


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``check``."""
    parser = verbs.add_parser(
        "check",
        help="test this installation against real retraining",
        description="Print versions and compare estimates with real refits, within a minute. "
        "The exit status is 0 if all agree and 1 if not.",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what is installed and whether it tells the truth."""
    from afif_explorer import study
    from afif_explorer.spec import Spec

    print(f"Python {platform.python_version()} on {platform.platform()}")
    print(", ".join(f"{name} {version(name)}" for name in LIBRARIES))
    print(f"{'data':<12}{'target':<44}{'Pearson':>8}{'slope':>8}{'seconds':>9}")
    passed = True
    for dataset, target in (
        ("hiring", "mean_loss"),
        ("hiring", "demographic_parity"),
        ("diabetes", "mean_loss"),
    ):
        start = time.perf_counter()
        spec = Spec(dataset=dataset, target=target)
        found = study.verify(spec, random=RANDOM_ROWS, top=TOP_ROWS)
        agrees = tells_the_truth(found)
        passed &= agrees
        print(
            f"{dataset:<12}{found.target_label:<44}{_number(found.pearson)}{_number(found.slope)}"
            f"{time.perf_counter() - start:>9.1f}  {'PASS' if agrees else 'FAIL'}"
        )
    print("PASS" if passed else "FAIL: estimates and refits disagree; install the package again.")
    return 0 if passed else 1


def tells_the_truth(found: Verification) -> bool:
    """Whether predicted effects agree with those of real refits."""
    if found.pearson is None or found.slope is None:
        return False
    return found.pearson >= LEAST_PEARSON and SLOPES[0] <= found.slope <= SLOPES[1]


def _number(value: float | None) -> str:
    return f"{'-':>8}" if value is None else f"{value:>8.4f}"
