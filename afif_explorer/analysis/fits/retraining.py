"""How a fit is trained again without some rows: by this package's optimiser, or by the owner's trainer."""

from __future__ import annotations

import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from afif_explorer.analysis.fits.basins import Basins, basins_of
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.naming import row_words
from afif_explorer.analysis.fits.trainer import Trainer, checked_trainer
from afif_explorer.engine.problem.weights import leave_out
from afif_explorer.engine.training.convergence import gradient_threshold
from afif_explorer.engine.training.fit import Optimum
from afif_explorer.engine.training.retrain import Refits, refit, refit_each
from afif_explorer.errors import AfifError, InvalidChoice, NotReproduced, TrainerError
from afif_explorer.progress import report

BUILT_IN = "the optimiser of afif_explorer"
SAME = 1e-4  # of the outputs' standard deviation, above which a trainer does not reproduce the fit


class Retraining(ABC):
    """Training again without some rows.

    Attributes:
        trained_by: whose training it is, in words. start: the parameters that it ends at with all rows,
            ``[p]``, from which the effects of removals count.
    """

    trained_by: str
    start: Tensor

    @abstractmethod
    def without(
        self, rows: np.ndarray, *, warm: bool = True, near: Tensor | None = None
    ) -> Optimum:
        """A model trained without some rows (positions); ``near``: parameters close to its minimum."""

    @abstractmethod
    def without_each(self, sets: Sequence[np.ndarray]) -> Refits:
        """One without each of some sets of rows (positions); raises :class:`Interrupted` on Ctrl-C."""

    def basins(self, sets: Sequence[np.ndarray], refits: Tensor) -> Basins:
        """Where warm refits ``[p, m]`` without each of these sets ended: not known of an own trainer."""
        return Basins((None,) * len(sets))


class BuiltIn(Retraining):
    """Minimises the fit's objective again."""

    trained_by = BUILT_IN

    def __init__(self, fit: Fit) -> None:
        self._fit, self.start = fit, fit.parameters

    def without(
        self, rows: np.ndarray, *, warm: bool = True, near: Tensor | None = None
    ) -> Optimum:
        objective, start = self._fit.objective, self.start if near is None else near
        weights = objective.vector(leave_out(objective.n, rows))
        return refit(objective, start, weights, warm=warm, seed=self._fit.seed)

    def without_each(self, sets: Sequence[np.ndarray]) -> Refits:
        return refit_each(self._fit.objective, self.start, sets)

    def basins(self, sets: Sequence[np.ndarray], refits: Tensor) -> Basins:
        return basins_of(self._fit.objective, self.start, sets, refits)


class OwnTraining(Retraining):
    """Calls the owner's trainer, and checks what it returns.

    Attributes:
        apart: the largest difference between its outputs with all rows and those of the fit, relative to
            their standard deviation over the rows.
    """

    def __init__(self, fit: Fit, trainer: Trainer) -> None:
        self._fit, self.trainer = fit, trainer
        self._name = getattr(trainer, "__name__", type(trainer).__name__)
        self.trained_by = f"your trainer {self._name}"

    @cached_property
    def start(self) -> Tensor:  # type: ignore[override]
        """The parameters that the trainer ends at with all rows, ``[p]``; trained once."""
        return self._trained(np.ones(self._fit.n, dtype=bool))

    @cached_property
    def apart(self) -> float:
        objective = self._fit.objective
        with torch.no_grad():
            ours = objective.model.outputs(self._fit.parameters, objective.X)
            theirs = objective.model.outputs(self.start, objective.X)
        spread = float(ours.std(0).max()) if len(ours) > 1 else 0.0
        return float((theirs - ours).abs().max()) / (spread or 1.0)

    def check(self, stacklevel: int) -> None:
        """Warn :class:`NotReproduced` if the trainer, with all rows, does not end at the fit."""
        if self.apart > SAME:
            warnings.warn(
                f"With all rows {self.trained_by} does not end at the fit: outputs differ by up to "
                f"{self.apart:.2g} of their standard deviation. Effects of refits are changes from where it "
                "ends; train it from the same start, in the same order and with the same seed, for as many "
                "steps as the fit.",
                NotReproduced,
                stacklevel=stacklevel + 1,
            )

    def without(
        self, rows: np.ndarray, *, warm: bool = True, near: Tensor | None = None
    ) -> Optimum:
        began = time.perf_counter()
        removal = leave_out(self._fit.n, rows)
        theta, weights = self._trained(removal > 0), self._fit.objective.vector(removal)
        point = self._fit.objective.at(theta)
        norm, threshold = point.optimality(weights), gradient_threshold(point, weights)
        seconds = time.perf_counter() - began
        advice = "" if norm <= threshold else f"{self.trained_by} stopped before a minimum."
        return Optimum(theta, norm, threshold, not advice, 0, seconds, advice)

    def without_each(self, sets: Sequence[np.ndarray]) -> Refits:
        found = Refits.empty(self._fit.parameters, len(sets))
        with found.timed():
            for place, rows in enumerate(sets):
                report("retraining", place, len(sets))
                one = self.without(rows)
                found.put(place, one.theta, one.gradient_norm)
        return found

    def _trained(self, keep: np.ndarray) -> Tensor:
        """The parameters ``[p]`` that the trainer ends at with these rows."""
        gone = np.flatnonzero(~keep)
        which = f"without {row_words(self._fit, gone)}" if len(gone) else "with all rows"
        try:
            found = self.trainer(keep)
        except AfifError:
            raise
        except Exception as error:
            raise TrainerError(
                f"The trainer {self._name} failed {which}: {type(error).__name__}: {error}"
            ) from error
        try:
            return self._theta(found)
        except InvalidChoice as error:
            raise TrainerError(
                f"What the trainer {self._name} returned {which} cannot be used: {error}; return the "
                "trained module, its state_dict or theta."
            ) from error

    def _theta(self, found: object) -> Tensor:
        objective = self._fit.objective
        if isinstance(found, nn.Module | Mapping):
            theta = objective.vector(objective.model.theta_of(found))
        elif isinstance(found, Tensor | np.ndarray):
            theta = objective.vector(torch.as_tensor(found).detach())
        else:
            raise InvalidChoice(f"it is {'None' if found is None else type(found).__name__}")
        if theta.shape != (objective.p,):
            raise InvalidChoice(
                f"theta has the shape {tuple(theta.shape)} instead of ({objective.p},)"
            )
        if not theta.isfinite().all():
            raise InvalidChoice("some of its parameters are not finite")
        return theta


def retraining_of(fit: Fit, trainer: Trainer | None = None, *, stacklevel: int = 2) -> Retraining:
    """The training to use: by ``trainer``, by that of the fit, or built in.

    An own trainer is first called with all rows, once for each fit.

    Raises :class:`TrainerError` if that fails, and warns :class:`NotReproduced` if it does not end at the
    fit.
    """
    own = fit.trainer if trainer is None else checked_trainer(trainer)
    if own is None:
        return BuiltIn(fit)
    found: OwnTraining | None = fit.own_trainings.get(id(own))
    if found is None:
        found = fit.own_trainings[id(own)] = OwnTraining(fit, own)
    found.check(stacklevel + 1)
    return found
