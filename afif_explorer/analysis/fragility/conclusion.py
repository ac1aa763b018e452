"""How few training rows carry the sign of a target: adaptive removal, with refits on the way."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from afif_explorer import wording
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import bound
from afif_explorer.analysis.fits.retraining import retraining_of
from afif_explorer.analysis.fragility.lower import lower_bound
from afif_explorer.analysis.limits.removable import irremovable, loses_a_class
from afif_explorer.analysis.removal.refits import Retrained, retrain, retrained
from afif_explorer.analysis.rows.corrected import corrected
from afif_explorer.engine.influence.methods import Method
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.targets.base import Target
from afif_explorer.engine.targets.bound import Bound
from afif_explorer.engine.training.fit import Optimum
from afif_explorer.errors import Interrupted
from afif_explorer.html_tables import html_table
from afif_explorer.progress import report

SHOWN = 10  # rows of a table in a notebook
TAKEN = (
    0.5  # of the rows that are predicted to be needed, removed before effects are computed again
)
FASTEST = 0.05  # of the rows that are left, at most


@dataclass(frozen=True, eq=False, repr=False)
class ConclusionFlip:
    """How few training rows carry the sign of a target: the result of :func:`flip` with a target.

    Attributes:
        fit: the model with all rows. target: and level: ``T - level`` is what changes its sign.
        before, after: ``T`` at the fit, and refitted without ``rows``, in its units.
        rows: ids of the removed rows, in the order of removal. flipped: whether the refit has the other
            sign; if not, no set of up to ``most`` rows was found, and ``rows`` is the one that came closest.
        lower: a proven lower bound on the number of rows; None if none is known, as ``lower_text`` explains.
        path: number of removed rows and ``T`` after each round's refit, ``[rounds, 2]``.
        refit: the model refitted without ``rows``. most: rows up to which was searched.
        seconds: wall time.
    """

    fit: Fit
    target: Target
    level: float
    before: float
    after: float
    rows: np.ndarray
    flipped: bool
    lower: int | None
    lower_text: str
    path: np.ndarray
    refit: Retrained
    most: int
    seconds: float

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def upper(self) -> int | None:
        """The number of rows whose removal changes the sign, attained by a refit; None if none was found."""
        return len(self.rows) if self.flipped else None

    @property
    def text(self) -> str:
        """The result in one sentence."""
        change = f"from {self.before:.4g} to {self.after:.4g}"
        if not self.flipped:
            return (
                f"No set of at most {wording.count(self.most)} rows was found whose removal moves the "
                f"target beyond {self.level:g}: without {wording.count(len(self.rows))} rows it moves "
                f"{change}."
            )
        share = 100 * len(self.rows) / self.fit.n
        least = "" if self.lower is None else f"at least {wording.count(self.lower)} and "
        return (
            f"The sign depends on {least}at most {wording.count(len(self.rows))} training rows "
            f"({share:.2g} %): refitted without them, the target moves {change}."
        )

    def __repr__(self) -> str:
        return f"<ConclusionFlip of {type(self.target).__name__}: {self.text}>"

    def _repr_html_(self) -> str:
        """The removed rows in order of removal, the first of them."""
        table = self.to_frame().head(SHOWN)
        return html_table(
            self.text,
            ("id", *table.columns),
            table.itertuples(name=None),
            (self.lower_text, self._elsewhere),
        )

    @property
    def _elsewhere(self) -> str:
        if not self.refit.another_basin:
            return ""
        return "The refit ended in another minimum than the one next to the fit, or far from it."

    def to_frame(self) -> pd.DataFrame:
        """The removed rows in order of removal, indexed by id, with their columns if there is a data set."""
        index = pd.Index(self.rows, name="id")
        table = pd.DataFrame({"order": np.arange(1, len(self.rows) + 1)}, index=index)
        data = self.fit.data
        return table if data is None else table.join(data.train.frame)


def conclusion_flip(
    fit: Fit, target: Target, method: Method, *, level: float, most: int
) -> ConclusionFlip:
    """:func:`~afif_explorer.analysis.fragility.flip.flip` for a target."""
    began = time.perf_counter()
    watched = bound(target, fit)
    before = watched.value(fit.parameters)
    search = _Search(fit, watched, method, level, 1.0 if before > level else -1.0)

    def found(gone: np.ndarray, again: Retrained, most: int) -> ConclusionFlip:
        after = watched.value(fit.objective.vector(again.theta))
        lower, why = lower_bound(fit, target, abs(before - level), len(gone))
        return ConclusionFlip(
            fit=fit,
            target=target,
            level=level,
            before=before,
            after=after,
            rows=fit.ids[gone],
            flipped=search.beyond(after),
            lower=lower,
            lower_text=why,
            path=np.array(search.path),
            refit=again,
            most=most,
            seconds=time.perf_counter() - began,
        )

    try:
        gone = search.run(most)
    except KeyboardInterrupt as stop:
        last = search.stopped()
        done = 0 if last is None else len(last[0])
        told = f"Interrupted after the removal of {wording.count(done)} rows."
        raise Interrupted(told, None if last is None else found(*last, done)) from stop
    return found(gone, retrain(fit, fit.ids[gone]), most)


class _Search:
    """Adaptive removal: rank, remove a part, refit, rank again at the new point."""

    def __init__(self, fit: Fit, watched: Bound, method: Method, level: float, sign: float) -> None:
        self._fit, self._watched, self._method = fit, watched, method
        self._level, self._sign = level, sign
        self._training = retraining_of(fit, stacklevel=5)
        self._last: tuple[np.ndarray, Optimum] | None = None  # the best set that was refitted
        self.path: list[tuple[float, float]] = []

    def beyond(self, value: float) -> bool:
        """Whether the target has crossed the level."""
        return self._sign * (value - self._level) < 0

    def run(self, most: int) -> np.ndarray:
        """The positions of the removed rows, in order."""
        theta, gone = self._fit.parameters, np.empty(0, dtype=np.int64)
        value = self._watched.value(theta)
        while len(gone) < most and not self.beyond(value):
            report("removing rows", len(gone), most)
            self.path.append((len(gone), value))
            fresh = self._next(theta, gone, value)[: most - len(gone)]
            if not len(fresh):
                break
            former, gone = len(gone), np.concatenate([gone, fresh])
            theta, value = self._refit(theta, gone, keep=True)
            if self.beyond(value):
                gone, value = self._shortest(theta, gone, former, value)
        self.path.append((len(gone), value))
        return gone

    def _next(self, theta: Tensor, gone: np.ndarray, value: float) -> np.ndarray:
        """The rows to remove next, the most effective first; empty if no row moves the target there."""
        kept = np.setdiff1d(np.arange(self._fit.n), gone)
        rest = remaining(self._fit.objective, kept)
        here = replace(self._fit, objective=rest, theta=theta.cpu().numpy())
        influence = corrected(self._method.prepare(rest, theta))
        effects = influence.effects(self._watched.at(here).gradients())[:, 0]
        pushes = -self._sign * effects.cpu().numpy()
        pushes[irremovable(rest)] = pushes[gone] = 0.0
        order = np.argsort(-pushes, kind="stable")
        sums = np.cumsum(np.maximum(pushes[order], 0))
        left = self._sign * (value - self._level)
        useful = int((pushes > 0).sum())
        needed = int((sums < left).sum()) + 1 if sums[-1] > left else useful
        step = min(useful, int(np.ceil(TAKEN * needed)), max(1, int(FASTEST * len(kept))))
        while step > 1 and self._leaves_no_class(np.concatenate([gone, order[:step]])):
            step //= 2
        return order[:step]

    def _leaves_no_class(self, gone: np.ndarray) -> bool:
        return bool(loses_a_class(self._fit.objective, [gone])[0])

    def _refit(self, theta: Tensor, gone: np.ndarray, *, keep: bool) -> tuple[Tensor, float]:
        """Parameters and target without some rows; ``keep``: also if the target has not crossed."""
        found = self._training.without(gone, near=theta)
        value = self._watched.value(found.theta)
        if keep or self.beyond(value):
            self._last = gone, found
        return found.theta, value

    def stopped(self) -> tuple[np.ndarray, Retrained] | None:
        """The best set so far, in order of removal, and its refit, after Ctrl-C; None before the first."""
        if self._last is None:
            return None
        gone, found = self._last
        if self.path[-1][0] != len(gone):
            self.path.append((len(gone), self._watched.value(found.theta)))
        training = self._training
        by = (training.trained_by, training.start)
        return gone, retrained(self._fit, found, np.sort(gone), *by)

    def _shortest(
        self, theta: Tensor, gone: np.ndarray, former: int, value: float
    ) -> tuple[np.ndarray, float]:
        """As few of the last round's rows as bisection finds with which the target has crossed."""
        least, enough = former, len(gone)
        while enough - least > 1:
            middle = (least + enough) // 2
            _, there = self._refit(theta, gone[:middle], keep=False)
            if self.beyond(there):
                enough, value = middle, there
            else:
                least = middle
        return gone[:enough], value


def remaining(objective: Objective, kept: np.ndarray) -> Objective:
    """The objective of some rows alone: the others weigh 0, so that the rows need not be copied."""
    weights = objective.weights(None).zero_()
    weights[torch.as_tensor(kept, device=objective.device)] = 1
    given = objective.sample_weight
    return Objective(
        objective.model,
        objective.loss,
        objective.penalty,
        objective.X,
        objective.y,
        penalised=objective.penalised,
        sample_weight=weights if given is None else weights * given,
    )
