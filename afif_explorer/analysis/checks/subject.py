"""What a check looks at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.rows.attribution import effects_of
from afif_explorer.analysis.rows.curvatures import is_affordable
from afif_explorer.engine.influence.methods import Method
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.targets.base import Target


@dataclass(frozen=True, eq=False)
class Subject:
    """A fit, a target, a method, and what several checks need of them.

    Attributes:
        refits: number of rows to refit without. seed: of their choice. seeds: number of trainings to compare.
    """

    fit: Fit
    target: Target
    method: Method
    refits: int
    seed: int
    seeds: int = 0

    @cached_property
    def influence(self) -> Influence:
        """The method, ready."""
        return prepared(self.method, self.fit)

    @cached_property
    def affordable(self) -> bool:
        """Whether passes over all rows and parameters cost little."""
        return is_affordable(self.fit.objective)

    @cached_property
    def effects(self) -> np.ndarray:
        """The effects of all rows on the target, ``[n]``."""
        return effects_of(self.influence, self.fit, self.target)

    def ids(self, rows: np.ndarray) -> str:
        """The ids of some rows (positions) for a sentence."""
        named = self.fit.ids[rows]
        return ", ".join(map(str, named[:5])) + (" and others" if len(named) > 5 else "")
