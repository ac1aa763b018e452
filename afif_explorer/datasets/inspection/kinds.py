"""``ReadColumn``: a column as it was read, and its kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from afif_explorer.datasets.columns import recipe as recipes
from afif_explorer.datasets.columns.column import FEW_LEVELS, MOST_LEVELS

_YES_NO = frozenset(
    ("yes", "no", "y", "n", "true", "false", "t", "f", "0", "1", "ja", "nein", "on", "off")
)


@dataclass(frozen=True, eq=False)
class ReadColumn:
    """A column as it was read; what is counted in it is counted once."""

    series: pd.Series

    @property
    def known(self) -> pd.Series:
        """The values that are not missing."""
        return self.series.dropna() if self.missing else self.series

    @cached_property
    def missing(self) -> int:
        """The number of missing values."""
        return int(self.series.isna().sum())

    @cached_property
    def distinct(self) -> int:
        """The number of distinct values, nested ones as text."""
        known = self.known
        return int((known.astype(str) if known.dtype == object else known).nunique())

    @cached_property
    def kind(self) -> str:
        """Its kind."""
        known, distinct = self.known, self.distinct
        if distinct < 2:
            return recipes.CONSTANT
        if pd.api.types.is_bool_dtype(known):
            return recipes.YES_NO
        if known.dtype.kind in "mM" or isinstance(known.dtype, pd.DatetimeTZDtype):
            return recipes.DATE
        if pd.api.types.is_numeric_dtype(known) and not pd.api.types.is_complex_dtype(known):
            two = distinct == 2 and known.isin((0, 1)).all()
            return recipes.YES_NO if two else recipes.NUMBER
        if distinct == 2 and {str(one).strip().casefold() for one in known.unique()} <= _YES_NO:
            return recipes.YES_NO
        if distinct > MOST_LEVELS or distinct > max(FEW_LEVELS, len(self.series) / 2):
            return recipes.TEXT
        return recipes.CATEGORY
