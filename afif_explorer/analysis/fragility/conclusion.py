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
from afif_explorer.analysis.removal.refits import Retrained, retrain
from afif_explorer.analysis.rows.corrected import corrected
from afif_explorer.engine.influence.methods import Method
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.targets.base import Target
from afif_explorer.engine.targets.bound import Bound
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
            self.text, ("id", *table.columns), table.itertuples(name=None), (self.lower_text,)
        )

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
    rows = fit.ids[search.run(most)]
    again = retrain(fit, rows)
    after = watched.value(fit.objective.vector(again.theta))
    lower, why = lower_bound(fit, target, abs(before - level), len(rows))
    return ConclusionFlip(
        fit=fit,
        target=target,
        level=level,
        before=before,
        after=after,
        rows=rows,
        flipped=search.beyond(after),
        lower=lower,
        lower_text=why,
        path=np.array(search.path),
        refit=again,
        most=most,
        seconds=time.perf_counter() - began,
    )


class _Search:
    """Adaptive removal: rank, remove a part, refit, rank again at the new point."""

    def __init__(self, fit: Fit, watched: Bound, method: Method, level: float, sign: float) -> None:
        self._fit, self._watched, self._method = fit, watched, method
        self._level, self._sign = level, sign
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
            theta, value = self._refit(theta, gone)
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
        pushes[irremovable(rest)] = 0.0
        order = np.argsort(-pushes, kind="stable")
        sums = np.cumsum(np.maximum(pushes[order], 0))
        left = self._sign * (value - self._level)
        useful = int((pushes > 0).sum())
        needed = int((sums < left).sum()) + 1 if sums[-1] > left else useful
        step = min(useful, int(np.ceil(TAKEN * needed)), max(1, int(FASTEST * len(kept))))
        while step > 1 and self._leaves_no_class(kept[order[step:]]):
            step //= 2
        return kept[order[:step]]

    def _leaves_no_class(self, kept: np.ndarray) -> bool:
        gone = np.setdiff1d(np.arange(self._fit.n), kept)
        return bool(loses_a_class(self._fit.objective, [gone])[0])

    def _refit(self, theta: Tensor, gone: np.ndarray) -> tuple[Tensor, float]:
        found = retraining_of(self._fit).without(gone, near=theta).theta
        return found, self._watched.value(found)

    def _shortest(
        self, theta: Tensor, gone: np.ndarray, former: int, value: float
    ) -> tuple[np.ndarray, float]:
        """As few of the last round's rows as bisection finds with which the target has crossed."""
        least, enough = former, len(gone)
        while enough - least > 1:
            middle = (least + enough) // 2
            _, there = self._refit(theta, gone[:middle])
            if self.beyond(there):
                enough, value = middle, there
            else:
                least = middle
        return gone[:enough], value


def remaining(objective: Objective, kept: np.ndarray) -> Objective:
    """The objective of some rows alone, ``n / m`` times as large: it has the same minimum and effects.

    ``L`` averages over all ``n`` rows, the result over its own ``m``; so the penalty is ``n / m`` as strong.
    """
    rows = torch.as_tensor(kept, device=objective.device)
    penalty = objective.penalty
    if penalty is not None:
        penalty = replace(penalty, strength=penalty.strength * objective.n / len(kept))
    return Objective(
        objective.model,
        objective.loss,
        penalty,
        objective.X[rows],
        objective.y[rows],
        penalised=objective.penalised,
        sample_weight=None if objective.sample_weight is None else objective.sample_weight[rows],
    )
