"""What reading a file gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True, eq=False)
class Reading:
    """The table of a file, notes about it, and how the file was understood: a phrase for each property."""

    frame: pd.DataFrame
    notes: tuple[str, ...]
    found: Mapping[str, str] = field(default_factory=dict)
