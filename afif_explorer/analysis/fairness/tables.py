"""The tables of an audit, made of what each measure compares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.engine.targets.comparison import Comparison
from afif_explorer.engine.targets.disparity import GroupDisparity

FORMS = ("soft", "hard")
Found = dict[tuple[str, str], Comparison]  # by measure and form, or by measure and split
_PAIR = ["highest", "lowest", "highest_rows", "lowest_rows", "among"]


def gaps(found: Found, measures: list[str]) -> pd.DataFrame:
    """The gap of each measure in each form; NaN where undefined."""
    values = {measure: [found.get((measure, form)) for form in FORMS] for measure in measures}
    numbers = {
        measure: [np.nan if one is None else one.gap for one in forms]
        for measure, forms in values.items()
    }
    return pd.DataFrame.from_dict(numbers, "index", columns=list(FORMS))


def compared(found: Found) -> pd.DataFrame:
    """The two groups of each measure in each form, and their rows."""
    return _pairs(found, "form").drop(columns="gap")


def by_split(found: Found, measures: list[str], splits: Sequence[str]) -> pd.DataFrame:
    """The gap of each measure in each split, its two groups and their rows; NaN where undefined."""
    return complete(_pairs(found, "split"), measures, splits)


def complete(
    table: pd.DataFrame, measures: list[str], second: Sequence[str] | None = None
) -> pd.DataFrame:
    """The same with a row for every measure and every value of the second level (None: those there are)."""
    second = table.index.unique(1) if second is None else second
    return table.reindex(pd.MultiIndex.from_product([measures, second], names=table.index.names))


def groups(fit: Fit, target: GroupDisparity, means: Mapping[str, float]) -> pd.DataFrame:
    """The rows and the mean prediction of each group that is compared."""
    masks = target.masks(fit.sample(target.split))
    rows = {name: int(mask.sum()) for name, mask in masks.items()}
    return pd.DataFrame({"rows": pd.Series(rows), "mean_prediction": pd.Series(dict(means))})


def _pairs(found: Found, second: str) -> pd.DataFrame:
    index = pd.MultiIndex.from_tuples(found, names=["measure", second])
    rows = [(one.gap, one.highest, one.lowest, *one.rows, one.among) for one in found.values()]
    return pd.DataFrame(rows, index, ["gap", *_PAIR])
