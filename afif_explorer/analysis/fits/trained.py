"""``from_trained``: a fit from a model that was trained elsewhere."""

from __future__ import annotations

from torch import nn

from afif_explorer.analysis.fits.fitting import Fit, Rows, samples_of
from afif_explorer.analysis.fits.metrics import measure
from afif_explorer.engine.problem.losses import Loss
from afif_explorer.engine.problem.module_parameters import Penalised
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.penalties import Penalty
from afif_explorer.engine.training.convergence import gradient_threshold


def from_trained(
    module: nn.Module,
    X: Rows,
    y: Rows,
    loss: Loss | str,
    penalty: Penalty | None = None,
    *,
    penalised: Penalised | None = None,
    validation: tuple[Rows, Rows] | None = None,
    test: tuple[Rows, Rows] | None = None,
) -> Fit:
    """A :class:`Fit` at the parameters that ``module`` has; nothing is trained.

    ``L(theta) = (1/n) sum_i l_i(theta) + strength * pi(theta)`` should be the objective that it was trained
    on. The fit reports how close the parameters are to its minimum (``gradient_norm``, ``converged``),
    because influence functions assume a minimum. The module itself is left unchanged.

    Args:
        module: maps rows to natural parameters ``[n, k]`` (logits; no softmax at the end), with its trained
            parameters.
        X: the training rows ``[n, ...]``.
        y: their targets ``[n]``.
        loss: a :class:`Loss` or its name.
        penalty: that of its training, such as ``Ridge(weight_decay)``.
        penalised: the parameters that the penalty applied to: names, or a mask ``[p]``; None: all but the
            intercept.
        validation, test: ``(X, y)`` for targets and metrics.

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
    objective = Objective(module, loss, penalty, X, y, penalised=penalised)
    theta = objective.vector(objective.model.initial(0))
    weights, point = objective.weights(None), objective.at(theta)
    norm, threshold = point.optimality(), gradient_threshold(point, weights)
    samples = samples_of(objective, validation=validation, test=test)
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
    )
