"""The owner's training as a function: which rows to keep, to the trained model."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from torch import Tensor, nn

from afif_explorer.errors import InvalidChoice
from afif_explorer.wording import quoted

Trained = nn.Module | Mapping[str, Tensor] | Tensor | np.ndarray
Trainer = Callable[[np.ndarray], Trained]
"""The training rows to keep, a mask ``[n]`` bool in their order, to the model trained on these rows alone."""


def checked_trainer(trainer: Trainer | None) -> Trainer | None:
    """The trainer; raises :class:`InvalidChoice` for what cannot be called."""
    if trainer is not None and not callable(trainer):
        raise InvalidChoice(
            "trainer must be a function of the mask of the rows to keep that returns the trained module, "
            f"its state_dict or theta, not {quoted(trainer)}."
        )
    return trainer
