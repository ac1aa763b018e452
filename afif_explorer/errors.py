"""Errors and warnings; each message says what was wrong, where, and what to do."""

from __future__ import annotations

from typing import Any


class AfifError(Exception):
    """Base class of all errors raised by this package; the message can be shown to a user.

    >>> import afif_explorer as ax
    >>> try:
    ...     ax.load_dataset("no such data")
    ... except ax.AfifError as error:
    ...     print(type(error).__name__)
    InvalidChoice
    """


class DataError(AfifError, ValueError):
    """The data cannot be used as they are (empty, a single class, not finite, ...).

    >>> import numpy as np, afif_explorer as ax
    >>> ax.Dataset.from_arrays(np.empty((0, 2)), np.empty(0))
    Traceback (most recent call last):
        ...
    afif_explorer.errors.DataError: ...
    """


class DownloadError(DataError):
    """A data set could not be downloaded, or its checksum is wrong.

    >>> import afif_explorer as ax
    >>> issubclass(ax.DownloadError, ax.DataError)
    True
    """


class InvalidChoice(AfifError, ValueError):
    """An unknown name, an invalid value, or an invalid combination of settings.

    >>> import afif_explorer as ax
    >>> ax.Ridge(-1.0)
    Traceback (most recent call last):
        ...
    afif_explorer.errors.InvalidChoice: ...
    """


class DoesNotApply(InvalidChoice):
    """A result that does not exist for the current settings; the message names settings that have it."""


class UndefinedMeasure(DoesNotApply, DataError):
    """A measure is undefined for the given rows; the message says which rows are missing.

    >>> import pandas as pd, afif_explorer as ax
    >>> frame = pd.DataFrame({"x": range(40), "y": [0, 1] * 20, "group": ["a", "b"] * 20})
    >>> data = ax.Dataset.from_frame(frame, target="y", sensitive="group")
    >>> fit = ax.fit(data)
    >>> ax.attribute(fit, ax.EqualOpportunityDifference("group"))  # nobody of group "a" has the outcome
    Traceback (most recent call last):
        ...
    afif_explorer.errors.UndefinedMeasure: ...
    """


class SolverDiverged(AfifError, ArithmeticError):
    """An iteration diverged; the message names a setting that would work.

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> ax.attribute(fit, ax.MeanLoss("test"), ax.AFIF(solver=ax.LiSSA(scale=1e-3)))
    Traceback (most recent call last):
        ...
    afif_explorer.errors.SolverDiverged: ...
    """


class CurvatureError(AfifError, ArithmeticError):
    """The curvature is not positive definite; the message names a damping that would suffice.

    >>> import numpy as np, afif_explorer as ax
    >>> X = np.random.default_rng(0).normal(size=(40, 3))
    >>> fit = ax.fit(ax.Dataset.from_arrays(X, np.sin(3 * X[:, 0])), model="mlp", max_steps=1)
    >>> ax.attribute(fit, ax.MeanLoss("test"), ax.InfinitesimalJackknife())
    Traceback (most recent call last):
        ...
    afif_explorer.errors.CurvatureError: ...
    """


class OutOfMemory(AfifError, MemoryError):
    """The computation needs more memory than its device has; the message says what to do."""


class Cancelled(AfifError):
    """The computation was cancelled. Raised by :func:`afif_explorer.progress.report`."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C stopped a loop of refits; ``result`` holds what was finished, NaN elsewhere.

    It is what the function would have returned: of :func:`retrain_each` a ``LeftOut``, of
    :func:`leave_one_out` a ``LeaveOneOut``, and so on. A handler of ``KeyboardInterrupt`` catches it too; in
    a notebook it is ``sys.last_value`` in the next cell.

    Args:
        message: how much was finished. result: what the function would have returned; None if it keeps
            nothing.

    >>> import afif_explorer as ax
    >>> def stop(done, total, what):
    ...     raise KeyboardInterrupt  # as Ctrl-C does
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> try:
    ...     with ax.show_progress(stop):
    ...         ax.retrain_each(fit, [3, 5], ax.MeanLoss("test"))
    ... except ax.Interrupted as interrupted:
    ...     print(interrupted.result.effects)
    [nan nan]
    """

    def __init__(self, message: str, result: Any) -> None:
        super().__init__(message)
        self.result = result


class NotConverged(UserWarning):
    """A result is usable, but an iteration stopped early; the message gives the residual.

    >>> import warnings, afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     method = ax.AFIF(solver=ax.ConjugateGradient(max_steps=1))
    ...     effects = ax.attribute(fit, ax.MeanLoss("test"), method)
    >>> caught[0].category is ax.NotConverged
    True
    """


class Undefined(UserWarning):
    """Some values of a result are undefined, or leave out groups; the message says which and why.

    >>> import warnings, numpy as np, afif_explorer as ax
    >>> X, y = np.arange(8.0)[:, None], np.array([0, 0, 0, 0, 0, 0, 0, 1])
    >>> objective = ax.Objective(ax.LinearMap(1), "bernoulli", ax.Ridge(0.1), X, y)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     effects = ax.attribute(ax.fit_objective(objective), ax.MeanLoss("train"))
    >>> ax.Undefined in {one.category for one in caught}, bool(np.isnan(effects[-1]))
    (True, True)
    """


class Guessed(UserWarning):
    """A result depends on something that was guessed; the message says what, why, and how to set it.

    >>> import warnings, afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     effects = ax.attribute(fit, ax.EqualOpportunityDifference("group"))
    >>> [one.category.__name__ for one in caught]
    ['Guessed']
    """


class HighLeverage(UserWarning):
    """Uncorrected effects of high-leverage rows are underestimated; the message says by how much.

    >>> import warnings, numpy as np, afif_explorer as ax
    >>> X, y = np.array([0.0, 0.1, 0.2, 0.3, 9.0])[:, None], np.array([1.0, 2.0, 1.0, 2.0, 5.0])
    >>> fit = ax.fit_objective(ax.Objective(ax.LinearMap(1), "gaussian", ax.Ridge(1e-3), X, y))
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     effects = ax.attribute(fit, ax.MeanLoss("train"), ax.AFIF(leverage_correction=False))
    >>> [one.category.__name__ for one in caught]
    ['HighLeverage']
    """


class NotAtMinimum(UserWarning):
    """The fit is not at a minimum, which effects assume; the message says how far from it.

    >>> import warnings, afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"), max_steps=1)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     effects = ax.attribute(fit, ax.MeanLoss("test"))
    >>> [one.category.__name__ for one in caught]
    ['NotAtMinimum']
    """


class NegativeCurvature(UserWarning):
    """The Hessian at the fit has a negative eigenvalue: it is a saddle; the message gives the smallest.

    >>> import warnings, numpy as np, afif_explorer as ax
    >>> X = np.random.default_rng(0).normal(size=(40, 3))
    >>> fit = ax.fit(ax.Dataset.from_arrays(X, np.sin(3 * X[:, 0])), model="mlp", max_steps=1)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     effects = ax.attribute(fit, ax.MeanLoss("test"))
    >>> ax.NegativeCurvature in {one.category for one in caught}
    True
    """


class LargeStep(UserWarning):
    """Removing some rows changes the curvature too much for one step; the message says which rows.

    >>> import warnings, numpy as np, afif_explorer as ax
    >>> X, y = np.array([[-2.0], [-1.0], [0.0], [1.0], [9.0]]), np.array([0.0, 0.0, 1.0, 1.0, 0.0])
    >>> fit = ax.fit_objective(ax.Objective(ax.LinearMap(1), "bernoulli", ax.Ridge(0.01), X, y))
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     effects = ax.attribute(fit, ax.MeanLoss("train"), refine=False)
    >>> [one.category.__name__ for one in caught]
    ['LargeStep']
    """


class TrainerError(AfifError, RuntimeError):
    """The owner's trainer failed, or returned no parameters of the fit's model; the message names the rows.

    >>> import torch, afif_explorer as ax
    >>> X, module = torch.randn(20, 3), torch.nn.Linear(3, 1)
    >>> fit = ax.from_trained(module, X, X[:, 0], "gaussian", ax.Ridge(1e-2))
    >>> ax.retrain(fit, [2], trainer=lambda keep: None)
    Traceback (most recent call last):
        ...
    afif_explorer.errors.TrainerError: ...
    """


class NotReproduced(UserWarning):
    """The owner's trainer, with all rows, ends at another model than the fit; the message says how far.

    >>> import afif_explorer as ax
    >>> issubclass(ax.NotReproduced, UserWarning)
    True
    """


class AnotherBasin(UserWarning):
    """A refit of a network ended in another minimum than the one next to the fit, or far from it.

    >>> import afif_explorer as ax
    >>> issubclass(ax.AnotherBasin, UserWarning)
    True
    """


class RowOrder(UserWarning):
    """A loader's rows are read in the order of its data set; the message says what the loader does.

    >>> import warnings, torch, afif_explorer as ax
    >>> rows = torch.utils.data.TensorDataset(torch.randn(20, 3), torch.randn(20))
    >>> loader = torch.utils.data.DataLoader(rows, batch_size=8, shuffle=True)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     fit = ax.from_trained(torch.nn.Linear(3, 1), loader, None, "gaussian")
    >>> [one.category.__name__ for one in caught]
    ['RowOrder']
    """
