"""How results were computed, in words."""

from __future__ import annotations

from afif_explorer.engine.influence.row_refinement import RowRefinement
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.wording import count


def method_words(influence: Influence, *more: str, corrected: bool | None = None) -> str:
    """The method, whether it is leverage-corrected (None: as by default for single rows), and ``more``."""
    corrected = influence.leverage_corrected if corrected is None else corrected
    correction = "leverage-corrected" if corrected else "without leverage correction"
    return ", ".join((type(influence.method).__name__, correction, *more))


def effect_words(influence: Influence, order: int | None, refinement: RowRefinement | None) -> str:
    """How effects on targets were computed."""
    second = order == 2 or (order is None and influence.affords_second_order)
    order_words = "second order" if second else "first order"
    return method_words(influence, order_words, *refined_words(refinement))


def refined_words(refinement: RowRefinement | None) -> list[str]:
    """How many rows took further steps, if any did."""
    if refinement is None or not len(refinement.rows):
        return []
    return [f"{count(len(refinement.rows))} rows refined"]
