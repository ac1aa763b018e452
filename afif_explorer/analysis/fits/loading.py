"""``load_fit``: a fit from the folder that ``Fit.save`` wrote, and the data it was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from afif_explorer.analysis.fits import folder as files
from afif_explorer.analysis.fits.description import (
    OTHER_MODULE,
    digest_of,
    loss_from,
    model_from,
    outputs_of,
    penalty_from,
)
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.samples import (
    SPLITS,
    HeldOut,
    samples_of,
    samples_of_data,
    unpacked,
)
from afif_explorer.analysis.fits.sensitive import Sensitive
from afif_explorer.analysis.fits.trainer import Trainer, checked_trainer
from afif_explorer.engine.models.labelled import labelled
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.errors import AfifError, DataError, InvalidChoice

if TYPE_CHECKING:
    from afif_explorer.datasets import Dataset

SAME = 1e-6  # relative difference of outputs that another machine's rounding may cause


def load_fit(
    folder: str | Path,
    data: Dataset | Mapping[str, HeldOut] | None = None,
    module: nn.Module | None = None,
    *,
    sensitive: Sensitive | None = None,
    trainer: Trainer | None = None,
) -> Fit:
    """The :class:`Fit` that ``fit.save(folder)`` wrote, with the same effects; nothing is trained.

    The folder does not contain the rows, only their digest, so the same data are needed again; without
    ``data`` a data set of the catalogue is loaded as ``load_dataset(name)`` does.

    Args:
        folder: where the fit was saved.
        data: the data set; for a fit of an objective of your own, or ``from_trained``, the rows of each
            split, such as ``{"train": (X, y), "test": (X, y)}``, as they were given then. The sample weights
            of the training rows are saved; those of other splits are given again, as
            ``(X, y, sample_weight)``.
        module: for a module of your own: one of the same architecture, with any values of its trainable
            parameters.
        sensitive: attributes of rows of your own, as in :func:`from_trained`; they are not saved.
        trainer: your own training, for refits (see :func:`from_trained`); it is not saved.

    Returns:
        A :class:`Fit` with the saved ``theta`` ``[p]``.

    Raises:
        DataError: no fit in the folder, a damaged file, another format version, or other data.
        InvalidChoice: ``data`` or ``module`` is missing, or the module is another one.

    >>> import tempfile, afif_explorer as ax
    >>> data = ax.load_dataset("hiring")
    >>> fit = ax.fit(data)
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     fit.save(f"{parent}/hiring")
    ...     again = ax.load_fit(f"{parent}/hiring", data)
    >>> bool((again.theta == fit.theta).all())
    True
    """
    about, arrays = files.read(folder)
    try:
        found = _loaded(about, arrays, data, module, sensitive)
        return replace(found, trainer=checked_trainer(trainer))
    except AfifError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"The fit in '{folder}' is incomplete; save it again.") from error


def _loaded(
    about: dict[str, Any],
    arrays: dict[str, np.ndarray],
    data: Dataset | Mapping[str, HeldOut] | None,
    module: nn.Module | None,
    sensitive: Sensitive | None,
) -> Fit:
    """The fit, if data and module are those of the saved one."""
    from afif_explorer.datasets import Dataset

    saved = about["data"]
    if data is None:
        data = _of_catalogue(saved)
    if isinstance(data, Dataset) != saved["is_dataset"]:
        wanted = "a Dataset" if saved["is_dataset"] else "a mapping from splits to (X, y)"
        raise DataError(f"The saved fit was trained on {wanted}, not on {type(data).__name__}.")
    source = data if isinstance(data, Dataset) else None
    if source is not None:
        _check_digest(saved, source.digest)
    pairs = _pairs(data)
    X, y, _ = unpacked("train", pairs.pop("train"))
    X, y = labelled(X, y)
    weight = arrays["sample_weight"]
    objective = Objective(
        model_from(about["model"], module, X),
        loss_from(about["loss"]),
        penalty_from(about["penalty"]),
        X,
        y,
        penalised=torch.from_numpy(arrays["penalised"]),
        sample_weight=weight if weight.size else None,
    )
    if source is not None:
        samples = samples_of_data(source, objective)
    else:
        samples = samples_of(objective, sensitive, **pairs)
        _check_digest(saved, digest_of(samples))
    theta = arrays["theta"]
    _check_theta(objective, theta, arrays["outputs"])
    return Fit(objective=objective, theta=theta, samples=samples, data=source, **about["fit"])


def _of_catalogue(saved: Mapping[str, Any]) -> Dataset:
    """The data set of the catalogue that a fit was trained on, as it is without options."""
    from afif_explorer.datasets import load, names

    if saved["is_dataset"] and saved["name"] in names():
        found = load(saved["name"])
        if found.digest == saved["digest"]:
            return found
    raise InvalidChoice(f"A saved fit has no rows; pass those of {_name(saved)} again as data=.")


def _check_digest(saved: Mapping[str, Any], digest: str) -> None:
    if digest != saved["digest"]:
        raise DataError(
            f"These are not the data that the fit was trained on ({_name(saved)}); prepare them as then."
        )


def _pairs(data: Any) -> dict[str, HeldOut]:
    """The rows of the training split, and for own rows those of the others."""
    if not isinstance(data, Mapping):
        return {"train": (data.train.X, data.train.y)}
    odd = any(isinstance(one, np.ndarray | torch.Tensor) for one in data.values())
    if odd or "train" not in data or data.keys() - set(SPLITS):
        raise DataError(
            'data must map "train", and "validation" and "test" where the fit had them, to pairs (X, y).'
        )
    return dict(data)


def _name(saved: Mapping[str, Any]) -> str:
    """What the fit was trained on, in words."""
    name = f"'{saved['name']}', " if saved["is_dataset"] else ""
    return f"{name}{saved['n']} training rows"


def _check_theta(objective: Objective, theta: np.ndarray, outputs: np.ndarray) -> None:
    """Check the saved parameters, and compare the outputs that they give on some rows."""
    if theta.shape != (objective.p,) or not np.isfinite(theta).all():
        raise DataError(f"The saved parameters must be {objective.p} finite numbers.")
    found = outputs_of(objective.model, objective.vector(theta), objective.X)
    size = max(1.0, float(np.abs(outputs).max(initial=0)))
    if found.shape != outputs.shape or not (np.abs(found - outputs) <= SAME * size).all():
        raise InvalidChoice(f"{OTHER_MODULE} outputs differ with the saved parameters.")
