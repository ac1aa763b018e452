"""Effects of the rows that took further steps towards the refit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from torch import Tensor

from afif_explorer.engine.influence.row_refinement import RowRefinement
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.targets.base import Group
from afif_explorer.errors import InvalidChoice
from afif_explorer.wording import quoted

Refine = bool | Literal["auto"]


def refinement_of(influence: Influence, order: int | None, refine: Refine) -> RowRefinement | None:
    """The rows of a method that are refined, and their steps; None where none are.

    Raises :class:`InvalidChoice` where rows are to be refined that cannot be.
    """
    if refine not in (True, False, "auto"):
        raise InvalidChoice(f"refine is True, False or 'auto', not {quoted(refine)}.")
    if refine is False:
        return None
    if refine == "auto":
        return None if order == 1 else influence.row_refinement
    found = None if order == 1 else influence.full_row_refinement
    if found is None:
        raise InvalidChoice(
            "refine=True needs effects of second order, outputs that are linear in at most 3000 parameters "
            "and a smooth penalty; use retrain_each for single rows of other models."
        )
    return found


def put_refined(
    groups: Sequence[Group], refinement: RowRefinement, theta: Tensor, effects: np.ndarray
) -> None:
    """Replaces the effects ``[n, m]`` of the refined rows by ``T(theta + D_i) - T(theta)``, in place."""
    rows = refinement.rows.cpu().numpy()
    for group in groups:
        before = group.bound.values(theta).cpu().numpy()
        for row, step in zip(rows, refinement.steps.T, strict=True):
            after = group.bound.values(theta + step).cpu().numpy()
            effects[row, group.places] = after - before
