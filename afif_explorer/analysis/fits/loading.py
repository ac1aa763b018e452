"""``load_fit``: a fit from the folder that ``Fit.save`` wrote, and the data it was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from afif_explorer.analysis.fits import folder as files
from afif_explorer.analysis.fits.description import (
    OTHER_MODULE,
    digest_of,
    model_from,
    outputs_of,
    penalty_from,
)
from afif_explorer.analysis.fits.fitting import Fit, Rows, samples_of, samples_of_data
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.errors import AfifError, DataError, InvalidChoice

if TYPE_CHECKING:
    from afif_explorer.datasets import Dataset

SAME = 1e-6  # relative difference of outputs that another machine's rounding may cause


def load_fit(
    folder: str | Path,
    data: Dataset | Mapping[str, tuple[Rows, Rows]] | None = None,
    module: nn.Module | None = None,
) -> Fit:
    """The :class:`Fit` that ``fit.save(folder)`` wrote, with the same effects; nothing is trained.

    The folder does not contain the rows, only their digest, so the same data are needed again.

    Args:
        folder: where the fit was saved.
        data: the data set; for a fit of an objective of your own, or ``from_trained``, the rows of each
            split, such as ``{"train": (X, y), "test": (X, y)}``.
        module: for a module of your own: one of the same architecture, with any values of its trainable
            parameters.

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
        return _loaded(about, arrays, data, module)
    except AfifError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"The fit in '{folder}' is incomplete; save it again.") from error


def _loaded(
    about: dict[str, Any],
    arrays: dict[str, np.ndarray],
    data: Dataset | Mapping[str, tuple[Rows, Rows]] | None,
    module: nn.Module | None,
) -> Fit:
    """The fit, if data and module are those of the saved one."""
    from afif_explorer.datasets import Dataset

    saved = about["data"]
    if data is None:
        raise InvalidChoice(
            f"A saved fit has no rows; pass those of {_name(saved)} again as data=."
        )
    if isinstance(data, Dataset) != saved["is_dataset"]:
        wanted = "a Dataset" if saved["is_dataset"] else "a mapping from splits to (X, y)"
        raise DataError(f"The saved fit was trained on {wanted}, not on {type(data).__name__}.")
    source = data if isinstance(data, Dataset) else None
    if source is not None:
        _check_digest(saved, source.digest)
    pairs = _pairs(data)
    X, y = pairs.pop("train")
    objective = Objective(
        model_from(about["model"], module, X),
        about["loss"],
        penalty_from(about["penalty"]),
        X,
        y,
        penalised=torch.from_numpy(arrays["penalised"]),
    )
    if source is not None:
        samples = samples_of_data(source, objective.device)
    else:
        samples = samples_of(objective, **pairs)
        _check_digest(saved, digest_of(samples))
    theta = arrays["theta"]
    _check_theta(objective, theta, arrays["outputs"])
    return Fit(objective=objective, theta=theta, samples=samples, data=source, **about["fit"])


def _check_digest(saved: Mapping[str, Any], digest: str) -> None:
    if digest != saved["digest"]:
        raise DataError(
            f"These are not the data that the fit was trained on ({_name(saved)}); prepare them as then."
        )


def _pairs(data: Any) -> dict[str, tuple[Rows, Rows]]:
    """The rows of the training split, and for own rows those of the others."""
    if not isinstance(data, Mapping):
        return {"train": (data.train.X, data.train.y)}
    wrong = [
        name for name, pair in data.items() if not isinstance(pair, tuple | list) or len(pair) != 2
    ]
    if wrong or "train" not in data or data.keys() - {"train", "validation", "test"}:
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
