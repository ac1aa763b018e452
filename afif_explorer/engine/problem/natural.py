"""Whether a module returns natural parameters, as losses need them, or probabilities."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from afif_explorer.engine.models.model import Model
from afif_explorer.engine.models.module_model import ModuleModel
from afif_explorer.engine.models.module_parameters import moved_start
from afif_explorer.engine.problem.losses import Bernoulli, Categorical, Loss
from afif_explorer.errors import InvalidChoice

ROWS = 16  # that are looked at
SCALES = (1.0, 10.0, 100.0)  # of the parameters: natural parameters do not stay between 0 and 1
SAME = 1e-6


def check_natural(model: Model, loss: Loss, outputs_at: Callable[[Tensor], Tensor]) -> None:
    """Raise :class:`InvalidChoice` if a module for classes ends in a softmax or a sigmoid.

    Its outputs then are probabilities for all parameters, and a second softmax or sigmoid would be fitted.
    ``outputs_at``: the outputs of some rows at any ``theta`` ``[p]``.
    """
    if not isinstance(model, ModuleModel) or not isinstance(loss, Bernoulli | Categorical):
        return
    start = model.initial(0)
    thetas = [start, *(scale * moved_start(start) for scale in SCALES)]
    with torch.no_grad():
        outputs = torch.cat([outputs_at(theta) for theta in thetas])
    within = bool(((outputs >= 0) & (outputs <= 1)).all())
    if within and isinstance(loss, Categorical) and model.k > 1:
        within = bool(((outputs.sum(1) - 1).abs() <= SAME).all())
    if within:
        last = "softmax" if isinstance(loss, Categorical) else "sigmoid"
        raise InvalidChoice(
            f"The module returns probabilities, but the {loss.name} loss needs natural parameters (logits); "
            f"remove the {last} at its end."
        )
