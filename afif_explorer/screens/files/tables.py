"""Tables to take away: all rows with their effects, and what a removal removes, changes and leaves.

Each function raises :class:`InvalidChoice` if a result it needs belongs to earlier settings or is not there.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd

from afif_explorer.datasets.reading.text import distinct
from afif_explorer.figures.solver import unsettled
from afif_explorer.results import Points, Unlearning
from afif_explorer.screens.files.current import current
from afif_explorer.state import Explorer

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
STATES = ("before", "predicted", "retrained")
MEASURES = {
    "effect": "effect if removed",
    "self_influence": "self-influence",
    "leverage": "leverage",
    "loss": "loss",
    "prediction": "prediction",
    "outcome": "observed",
    "group": "group",
}


def rows_csv(explorer: Explorer) -> io.StringIO:
    """Every training row with its effect and raw values, as CSV."""
    points: Points = current(explorer, "points")
    content: dict[str, Any] = {"row": points.ids}
    for name, title in MEASURES.items():
        content[_heading(points) if name == "effect" else title] = getattr(points, name)
    if explorer.fresh("unlearning") and explorer.unlearning is not None:
        content["removed"] = np.isin(points.ids, explorer.unlearning.ids).astype(int)
    table = pd.DataFrame(content, index=points.ids)
    return _csv(_beside_raw(table, current(explorer, "frame")))


def removed_csv(explorer: Explorer) -> io.StringIO:
    """The rows removed in the unlearning view: why, their single effects, and their raw values, as CSV."""
    points: Points = current(explorer, "points")
    unlearning: Unlearning = current(explorer, "unlearning")
    at = np.flatnonzero(np.isin(points.ids, unlearning.ids))
    content = {
        "row": points.ids[at],
        "reason": [unlearning.rule] * len(at),
        _heading(points): points.effect[at],
        "observed": points.outcome[at],
        "group": points.group[at],
    }
    raw = current(explorer, "frame").loc[points.ids[at]]
    return _csv(_beside_raw(pd.DataFrame(content, index=points.ids[at]), raw))


def changes_csv(explorer: Explorer) -> io.StringIO:
    """Every metric before the removal, predicted and retrained, with changes and intervals, as CSV.

    An interval is that of a 95 % bootstrap; what is not defined, or not retrained, is empty.
    """
    found: Unlearning = current(explorer, "unlearning")
    metrics = found.metrics.reindex(columns=list(STATES))
    content: dict[str, Any] = {"metric": metrics.index, "unit": metrics.index.map(found.units)}
    content |= {state: metrics[state].to_numpy() for state in STATES}
    for state in STATES[1:]:
        content[f"change {state}"] = (metrics[state] - metrics[STATES[0]]).to_numpy()
        ends = [_ends(found, str(name), state) for name in metrics.index]
        content[f"change {state}, low"], content[f"change {state}, high"] = zip(*ends, strict=True)
    content["compares"] = [
        found.undefined.get(str(name)) or found.compares.get(str(name), "")
        for name in metrics.index
    ]
    return _csv(pd.DataFrame(content))


def _ends(found: Unlearning, name: str, state: str) -> tuple[float, float]:
    """The interval of a change, where there is one."""
    spread = found.spreads.get(name)
    _, low, high = (spread.changes if spread else {}).get(state, (0.0, np.nan, np.nan))
    return low, high


def _beside_raw(table: pd.DataFrame, raw: pd.DataFrame) -> pd.DataFrame:
    """A table with the raw columns of its rows, each under a name of its own."""
    names = [f"{name} (raw)" if name in table else str(name) for name in raw.columns]
    names = distinct([*table, *names])[table.shape[1] :]
    return table.join(raw.set_axis(names, axis=1))


def _heading(points: Points) -> str:
    """The heading of the effects, with their unit and a warning if the solver did not converge."""
    warning = unsettled(points.solver)
    return f"{MEASURES['effect']} [{points.unit}]" + (f" ({warning})" if warning else "")


def remaining_csv(explorer: Explorer) -> io.StringIO:
    """The raw training rows without those removed in the unlearning view, as CSV."""
    frame, removed = current(explorer, "frame"), current(explorer, "unlearning").ids
    kept = frame[~np.isin(frame.index, removed)]
    *_, heading = distinct([*map(str, frame.columns), "row"])
    return _csv(kept.rename_axis(heading).reset_index())


def harmless(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets a leading apostrophe; numbers are unchanged."""
    if isinstance(value, str) and value.startswith(DANGEROUS):
        return f"'{value}"
    return value


def _csv(table: pd.DataFrame) -> io.StringIO:
    safe = pd.DataFrame(
        {
            name: column if _numeric(column) else column.map(harmless)
            for name, (_, column) in zip(
                distinct(harmless(str(name)) for name in table.columns), table.items(), strict=True
            )
        }
    )
    return io.StringIO(safe.to_csv(index=False, lineterminator="\n"))


def _numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column)
