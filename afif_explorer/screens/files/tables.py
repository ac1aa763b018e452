"""Tables to take away: all rows with their effects, and the rows that remain after a removal.

Each function raises :class:`InvalidChoice` if a result it needs belongs to earlier settings or is not there.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd

from afif_explorer.datasets.reading.text import distinct
from afif_explorer.figures.solver import unsettled
from afif_explorer.results import Points
from afif_explorer.screens.files.current import current
from afif_explorer.state import Explorer

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
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
    table = pd.DataFrame(content, index=points.ids)
    raw = current(explorer, "frame")
    names = [f"{name} (raw)" if name in table else str(name) for name in raw.columns]
    names = distinct([*table, *names])[table.shape[1] :]
    return _csv(table.join(raw.set_axis(names, axis=1)))


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
