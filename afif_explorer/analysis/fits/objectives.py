"""The objective for a data set: its model by name, the loss of its task, the groups of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from afif_explorer.choices.models import MODELS, TRAINABLE, chosen_model, default_model
from afif_explorer.engine.models.model import LinearMap, Model
from afif_explorer.engine.models.module_model import MLP, model_of
from afif_explorer.engine.models.module_parameters import Penalised
from afif_explorer.engine.problem.group_lasso import GroupLasso
from afif_explorer.engine.problem.losses import LOSSES, Loss
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.penalties import Penalty
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import is_name
from afif_explorer.wording import quoted

if TYPE_CHECKING:
    from afif_explorer.datasets import Dataset


def objective_for(
    data: Dataset,
    model: str | nn.Module,
    penalty: Penalty | None,
    *,
    hidden: Sequence[int],
    penalised: Penalised | None = None,
    sample_weight: Tensor | np.ndarray | None = None,
) -> Objective:
    """The objective that ``fit`` minimises for these arguments."""
    from afif_explorer.datasets import Dataset

    if not isinstance(data, Dataset):
        raise InvalidChoice(
            f"Expected a Dataset, got {type(data).__name__}; create one with Dataset.from_frame, or use "
            "Objective and fit_objective for a module and rows of your own."
        )
    built, loss = _model_for(data, model, hidden)
    if penalised is None:
        penalty = grouped(penalty, data, built)
    elif isinstance(penalty, GroupLasso) and penalty.groups is None:
        raise InvalidChoice("With penalised, a GroupLasso needs explicit groups.")
    X, y = data.train.X, data.train.y
    weight = data.train.sample_weight if sample_weight is None else sample_weight
    return Objective(built, loss, penalty, X, y, penalised=penalised, sample_weight=weight)


def grouped(penalty: Penalty | None, data: Dataset, model: Model) -> Penalty | None:
    """Default groups of a group lasso: the columns of ``X`` encoded from the same raw column.

    A group holds those columns' weights to all outputs (of a perceptron: to the first hidden layer); every
    other penalised parameter is a group of its own.
    """
    if not isinstance(penalty, GroupLasso) or penalty.groups is not None:
        return penalty
    if not isinstance(model, LinearMap | MLP):
        raise InvalidChoice("A GroupLasso for a module of your own needs explicit groups.")
    d = data.train.X.shape[1]
    rows = model.k if isinstance(model, LinearMap) else model.hidden[0]
    groups = [
        tuple(row * d + column for row in range(rows) for column in columns)
        for columns in data.feature_groups
    ]
    groups += [(place,) for place in range(rows * d, int(model.penalised.sum()))]
    return replace(penalty, groups=tuple(groups))


def _model_for(
    data: Dataset, model: str | nn.Module, hidden: Sequence[int]
) -> tuple[Model, Loss | str]:
    d, classes = data.train.X.shape[1], len(data.classes)
    if isinstance(model, nn.Module):
        built = model_of(model, torch.as_tensor(np.array(data.train.X[:4])))
        return built, _loss_of(data, built.k)
    if not is_name(model, MODELS):
        raise InvalidChoice(
            f"There is no model {quoted(model)}; choose one of: {', '.join(TRAINABLE)}."
        )
    named = chosen_model(model, data)
    if not named.fits(data):
        raise InvalidChoice(
            f"A {named.key} model does not fit {data.task} data with target {data.target!r}"
            f"{f' and {classes} classes' if classes else ''}; use "
            f"{default_model(data).key!r} or 'mlp'."
        )
    if not named.loss:
        k = classes if classes > 2 else 1
        return MLP(d, hidden, k), _loss_of(data, k)
    several = LOSSES[named.loss].canonical_outputs is None
    return LinearMap(d, classes if several else 1), named.loss


def _loss_of(data: Dataset, k: int) -> str:
    """The loss of a data set's task for a model with ``k`` outputs."""
    wanted = len(data.classes)
    if data.task != "classification":
        if k != 1:
            raise InvalidChoice(
                f"A model of one number must have one output, but this one has {k}."
            )
        return "gaussian" if data.task == "regression" else "poisson"
    if k == 1 and wanted == 2:
        return "bernoulli"
    if k != wanted:
        raise InvalidChoice(
            f"The target has {wanted} classes but the model has {k} outputs; give it "
            f"{'1 or 2' if wanted == 2 else wanted}."
        )
    return "categorical"
