"""Objectives and their rows as plain JSON, and back; what a saved fit consists of besides its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from hashlib import blake2b
from typing import Any

import numpy as np
import torch
from torch import nn

from afif_explorer.engine.jacobians.sparse import sparse
from afif_explorer.engine.models.inputs import Name, inputs
from afif_explorer.engine.models.model import LinearMap, LinearModule, Model
from afif_explorer.engine.models.module_model import MLP, ModuleModel, model_of
from afif_explorer.engine.models.rows import as_rows
from afif_explorer.engine.problem.group_lasso import GroupLasso
from afif_explorer.engine.problem.losses import LOSSES, Loss
from afif_explorer.engine.problem.objective import loss_named
from afif_explorer.engine.problem.penalties import ElasticNet, Lasso, Penalty, Ridge
from afif_explorer.engine.problem.token_loss import TokenCategorical
from afif_explorer.engine.targets.bound import Sample
from afif_explorer.errors import InvalidChoice

OTHER_MODULE = "This is not the module of the saved fit: its"
TOKEN_SETTINGS = ("classes", "reduction", "ignore_index")
PENALTIES = {kind.__name__: kind for kind in (Ridge, Lasso, ElasticNet, GroupLasso)}


def describe_model(model: Model) -> dict[str, Any]:
    """The model's kind and sizes; of a module the names and sizes of its parameters."""
    if type(model) is LinearMap:
        return {"kind": "linear map", "d": model.d, "k": model.k, "intercept": model.intercept}
    if type(model) is MLP:
        d = model.parameters.shapes[0][1]
        return {"kind": "perceptron", "d": d, "hidden": list(model.hidden), "k": model.k}
    if isinstance(model, LinearModule | ModuleModel):
        sizes = {name: place.stop - place.start for name, place in model.slices().items()}
        return {"kind": "module", "parameters": sizes}
    raise InvalidChoice(
        f"A model of type {type(model).__name__} cannot be saved; use a built-in model or a torch.nn.Module."
    )


def model_from(about: Mapping[str, Any], module: nn.Module | None, X: object) -> Model:
    """A new model of the described kind; for one of the user's own, of the given module on rows ``X``."""
    if about["kind"] == "module":
        return _own(about, module, X)
    if module is not None:
        raise InvalidChoice("The saved fit has a built-in model; leave out module=.")
    if about["kind"] == "linear map":
        return LinearMap(about["d"], about["k"], intercept=about["intercept"])
    return MLP(about["d"], about["hidden"], about["k"])


def _own(about: Mapping[str, Any], module: nn.Module | None, X: object) -> Model:
    if module is None:
        raise InvalidChoice(
            "The saved fit has a module of your own; pass such a module as module=."
        )
    example = as_rows(X)[:4]
    few = sparse(example)
    model = model_of(module, example if few is None else few.dense())
    if describe_model(model) != about:
        raise InvalidChoice(f"{OTHER_MODULE} parameters have other names or sizes.")
    return model


def describe_loss(loss: Loss) -> str | dict[str, Any]:
    """The loss's key in ``LOSSES``, or the settings of a language model's."""
    if type(loss) is TokenCategorical:
        return {name: getattr(loss, name) for name in TOKEN_SETTINGS}
    for key, kind in LOSSES.items():
        if type(loss) is kind:
            return key
    raise InvalidChoice(
        f"A loss of type {type(loss).__name__} cannot be saved; the built-in ones are: {', '.join(LOSSES)} "
        "and TokenCategorical."
    )


def loss_from(about: str | Mapping[str, Any]) -> Loss:
    """The described loss."""
    return loss_named(about) if isinstance(about, str) else TokenCategorical(**about)


def describe_penalty(penalty: Penalty | None) -> dict[str, Any] | None:
    """The penalty's name and fields."""
    if penalty is None:
        return None
    if type(penalty) not in PENALTIES.values():
        raise InvalidChoice(
            f"A penalty of type {type(penalty).__name__} cannot be saved; the built-in ones are: "
            f"{', '.join(PENALTIES)}."
        )
    return {"name": type(penalty).__name__, **asdict(penalty)}


def penalty_from(about: Mapping[str, Any] | None) -> Penalty | None:
    """The described penalty."""
    if about is None:
        return None
    fields = dict(about)
    kind = PENALTIES[fields.pop("name")]
    if fields.get("groups") is not None:
        fields["groups"] = tuple(tuple(group) for group in fields["groups"])
    return kind(**fields)


def digest_of(samples: Mapping[str, Sample]) -> str:
    """Content digest (hex) of the rows and targets of each split."""
    content = blake2b(digest_size=16)
    for name, sample in sorted(samples.items()):
        for array in _arrays(sample):
            content.update(f"{name}{array.dtype}{array.shape}".encode())
            content.update(np.ascontiguousarray(array).data if array.size else b"")
    return content.hexdigest()


def _arrays(sample: Sample) -> Iterator[np.ndarray]:
    rows, several = sparse(sample.X), inputs(sample.X)
    if rows is not None:
        yield from (rows.matrix.data, rows.matrix.indices, rows.matrix.indptr)
    else:
        parts: dict[Name, torch.Tensor] = {0: sample.X} if several is None else several.parts
        for part in (parts[name] for name in sorted(parts, key=str)):
            half = part.dtype == torch.bfloat16  # NumPy has none
            yield (part.float() if half else part).detach().cpu().numpy()
    yield sample.y.detach().cpu().numpy()
    if sample.weight is not None:
        yield sample.weight.detach().cpu().numpy()


def outputs_of(model: Model, theta: torch.Tensor, X: torch.Tensor) -> np.ndarray:
    """Outputs ``[at most 8, k]`` of the first rows, by which a module is recognised."""
    with torch.no_grad():
        return model.outputs(theta, X[:8]).cpu().numpy()
