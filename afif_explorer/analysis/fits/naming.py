"""Rows in words, for messages."""

from __future__ import annotations

import numpy as np

from afif_explorer.analysis.fits.fitting import Fit

_SHOWN = 5


def row_words(fit: Fit, rows: np.ndarray) -> str:
    """The ids of some rows (positions), the first few of them: ``row 3, 5 and others``."""
    ids = fit.ids[rows]
    more = " and others" if len(ids) > _SHOWN else ""
    return f"row {', '.join(map(str, ids[:_SHOWN]))}{more}"
