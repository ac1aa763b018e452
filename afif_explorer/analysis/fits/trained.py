"""``from_trained``: a fit from a model that was trained elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.metrics import measure
from afif_explorer.analysis.fits.samples import HeldOut, samples_of
from afif_explorer.analysis.fits.sensitive import Sensitive
from afif_explorer.analysis.fits.trainer import Trainer, checked_trainer
from afif_explorer.engine.models.module_parameters import Penalised
from afif_explorer.engine.problem.callable_loss import RowFunction
from afif_explorer.engine.problem.losses import Loss
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.penalties import Penalty
from afif_explorer.engine.training.convergence import gradient_threshold

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from afif_explorer.engine.problem.objective import RowsLike


def from_trained(
    module: nn.Module,
    X: RowsLike,
    y: Tensor | np.ndarray | str | None,
    loss: Loss | str | RowFunction,
    penalty: Penalty | None = None,
    *,
    penalised: Penalised | None = None,
    sample_weight: Tensor | np.ndarray | None = None,
    sensitive: Sensitive | None = None,
    trainer: Trainer | None = None,
    validation: HeldOut | None = None,
    test: HeldOut | None = None,
) -> Fit:
    """A :class:`Fit` at the parameters that ``module`` has; nothing is trained.

    ``L(theta) = (1/n) sum_i a_i l_i(theta) + strength * pi(theta)`` should be the objective that it was
    trained on. The fit reports how close the parameters are to its minimum (``gradient_norm``,
    ``converged``), because influence functions assume a minimum. The module itself is left unchanged.

    Args:
        module: maps rows to natural parameters ``[n, k]`` (logits; no softmax at the end), with its trained
            parameters; it may return them as ``logits`` in a mapping or an object.
        X: the training rows ``[n, ...]``; for several inputs a mapping by argument name, or a tuple of
            arrays; or a ``torch.utils.data.Dataset`` or ``DataLoader``: see :class:`Objective`.
        y: their targets ``[n]``, or ``[n, k]`` for several labels or numbers; None, or their name, if ``X``
            holds them.
        loss: a :class:`Loss` or its name, or a function of outputs and targets to the loss of each row
            (:class:`CallableLoss`).
        penalty: that of its training, such as ``Ridge(weight_decay)``.
        penalised: the parameters that the penalty applied to: names, or a mask ``[p]``; None: all but the
            intercept.
        sample_weight: ``a`` ``[n]``, those of its training, not normalised; None: ones.
        sensitive: attributes of the training rows, for disparities: an array ``[n]`` (named "group"), a
            Series, or a DataFrame with a column for each; or a mapping from splits to these, such as
            ``{"test": frame}``. A number with many values is cut into two groups at its training median.
        trainer: your own training, which all refits then use. It is called with the rows to keep, a mask
            ``[n]`` of bool for ``X[keep]``, ``y[keep]`` and any sample weights, and returns the module
            trained on them, its ``state_dict`` or ``theta`` ``[p]``: a new module each time, from the same
            start, with the same order and seeds. Its penalty should keep its weight against each row, as if
            the mean loss were still divided by ``n``. None: the optimiser of this package.
        validation, test: ``(X, y)`` or ``(X, y, sample_weight)``, a data set or a loader, for targets and
            metrics.

    Returns:
        A :class:`Fit` with ``steps`` 0.

    Raises:
        InvalidChoice, DataError: as Objective, and for rows that the module cannot take.

    Source: Koh and Liang, Understanding Black-box Predictions via Influence Functions (2017), section 4.

    >>> import torch, afif_explorer as ax
    >>> X, module = torch.randn(50, 3), torch.nn.Linear(3, 1)
    >>> fit = ax.from_trained(module, X, (X[:, 0] > 0).double(), "bernoulli", ax.Ridge(1e-2))
    >>> fit.converged
    False
    """
    objective = Objective(
        module, loss, penalty, X, y, penalised=penalised, sample_weight=sample_weight
    )
    theta = objective.vector(objective.model.initial(0))
    weights, point = objective.weights(None), objective.at(theta)
    norm, threshold = point.optimality(), gradient_threshold(point, weights)
    samples = samples_of(objective, sensitive, validation=validation, test=test)
    advice = ""
    if norm > threshold:
        advice = (
            f"The gradient norm is {norm:.1g}, above {threshold:.1g}: the parameters are not at a minimum of "
            "this loss and penalty, which estimates assume. Check the penalty, or add damping."
        )
    return Fit(
        objective=objective,
        theta=theta.cpu().numpy(),
        gradient_norm=norm,
        gradient_threshold=threshold,
        converged=not advice,
        advice=advice,
        steps=0,
        seconds=0.0,
        samples=samples,
        metrics=measure(objective, theta, samples.get("test", samples["train"])),
        trainer=checked_trainer(trainer),
    )
