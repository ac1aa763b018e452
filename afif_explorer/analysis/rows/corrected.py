"""A method with leverage correction, also where some rows have no corrected effect."""

from __future__ import annotations

import warnings

import torch

from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.errors import Undefined


def corrected(influence: Influence) -> Influence:
    """The method with leverage correction; rows with a leverage of 1 or more count as without effect."""
    found = influence.corrected()
    if len(without_effect(found)):
        found.residual = found.corrected_residual.nan_to_num(nan=0.0)
    return found


def without_effect(influence: Influence) -> torch.Tensor:
    """Positions of the rows with a leverage of 1 or more, whose removal leaves no fit."""
    return torch.isnan(influence.corrected_residual).any(1).nonzero().flatten()


def warn_without_effect(influence: Influence, stacklevel: int = 3) -> None:
    """Warn :class:`Undefined` that rows with a leverage of 1 or more count as without effect."""
    count = len(without_effect(influence))
    if count:
        warnings.warn(
            f"{count} training row{'s' if count > 1 else ''} with a leverage of 1 or more count as without "
            "effect: the curvature is singular without one of them. Add damping, or use a stronger penalty.",
            Undefined,
            stacklevel=stacklevel,
        )
