"""A fake explorer with every result, for tests of the declared views."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from afif_explorer.results import (
    Brush,
    Change,
    Check,
    Checks,
    DataSummary,
    FitSummary,
    Reach,
    Removal,
    Trait,
    Watched,
)
from afif_explorer.spec import Spec
from afif_explorer.state import Status
from tests.helpers.figures import RESULTS


def explorer(words: str | None = None, **more: Any) -> Any:
    """One with all results; ``words`` are put wherever text from data goes, ``more`` in place of the rest."""
    results: dict[str, Any] = {name: make(words) for name, make in RESULTS.items()}
    if words is not None:
        said = {"compares": words, "notes": (words,)}
        results["points"] = replace(results["points"], **said)
        for name in ("cross_validation", "unlearning"):
            results[name] = replace(results[name], notes=(words,))
    ids = results["points"].ids
    names = ["age", words or "job"]
    state = {
        **{name: getattr(Spec(), name) for name in Spec.__dataclass_fields__},
        **results,
        "fitted": fitted(words),
        "frame": pd.DataFrame({names[0]: range(len(ids)), names[1]: words or "clerk"}, index=ids),
        "data": data(words),
        "selected": tuple(sorted(int(row) for row in ids[:2])),
        "primary": int(ids[0]),
        "status": Status("done"),
        "stale": False,
        "can_undo": True,
        "can_redo": True,
        "sentence": lambda: f"Logistic regression on {words or 'Hiring'}",
        "absence": lambda name: "",
        "fresh": lambda name: True,
        "finding": True,
        "known_rows": ids,
        "condition": "effect > 0",
        "column": "age",
        "operator": "=",
        "level": "3",
        "offered": {"target": {"Demographic parity gap": "demographic_parity"}},
        "nearest": lambda: {int(row): 0.5 for row in ids[1:6]},
        "matching": lambda: (1, 2),
        "table": lambda: pd.DataFrame({names[0]: range(9), names[1]: words or "clerk"}),
        "scene": ("#v=1&scene=guess", words or "60 of 300 rows"),
        "selected_cohort": lambda: words or "early rows",
        "cohorts": {words or "early rows": (1, 2)},
        "removal": removal(words, ids[:2]),
        "brush": brush(words, ids),
        "checks": checks(words),
    }
    return SimpleNamespace(**state | more)


def removal(words: str | None, ids: np.ndarray, retrained: float | None = -0.019) -> Removal:
    loss = Watched("target", words or "mean loss of the test rows", "nats", 0.35)
    gap = Watched("gap", "gap by sex on the test rows", "probability", 0.175)
    reach = Reach("fair", 0.1, 0.02, words or "The direction is reliable.")
    changes = (
        Change(loss, 0.0035, 0.003, reach, retrained and 0.004),
        Change(gap, -0.021, -0.02, reach, retrained),
    )
    traits = (Trait(words or "hours <= 40", 0.93, 0.55, False), Trait("age > 3", 0.6, 0.5, True))
    return Removal(ids, 300, changes, traits)


def brush(words: str | None, ids: np.ndarray) -> Brush:
    """Every row lowers the loss by 0.0035 nats and does nothing to the gap, which is undefined."""
    target = Watched("target", words or "group gap", "probability", 0.2)
    loss = Watched("loss", words or "mean loss of the test rows", "nats", 0.35)
    gap = Watched("gap", "gap by sex on the test rows", "probability", 0.175)
    effects = np.array([[0.01], [-0.0035], [np.nan]], dtype=np.float32)
    return Brush(ids, (target, loss, gap), np.repeat(effects, len(ids), axis=1))


def checks(words: str | None = None) -> Checks:
    seen = words or "The largest leverage is 0.9; it is above 0.5 for the rows 3, 4."
    return Checks(
        (
            Check("AX101", "training reached a minimum", "ok", "It did.", "It matters.", ""),
            Check("AX305", "leverages are small", "warning", seen, "It matters.", "Refit."),
            Check("AX306", "no row moves the whole fit", "unknown", "Too expensive.", "Why.", ""),
        )
    )


def fitted(words: str | None = None) -> FitSummary:
    return FitSummary(
        model="Logistic regression",
        n_parameters=1234,
        metrics={words or "accuracy": 0.847},
        gradient_norm=3e-10,
        gradient_threshold=1e-8,
        converged=True,
        steps=7,
        seconds=0.1,
        device=words or "the CPU",
        advice=words or "",
    )


def data(words: str | None = None) -> DataSummary:
    return DataSummary(
        name="hiring", title=words or "Hiring", task="classification", target="hired",
        classes=("no", "yes"), n_train=300, n_validation=1, n_test=1, feature_names=(),
        sensitive=(), groups=(), notes=(),
    )  # fmt: skip


class Reads:
    """An explorer that remembers which of its fields were looked at."""

    def __init__(self, seen: Any) -> None:
        self._seen = seen
        self.names: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.names.add(name)
        return getattr(self._seen, name)
