"""``psis``: leave-one-out losses by importance sampling from the Laplace posterior."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.heldout.crossvalidation import SHOWN, mean_and_error
from afif_explorer.analysis.limits.removable import irremovable
from afif_explorer.analysis.rows.diagnostics import dispersion, row_index
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.engine.influence.pareto import smoothed
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.runtime.memory import block_rows, fits
from afif_explorer.errors import InvalidChoice, NotConverged
from afif_explorer.html_tables import html_table
from afif_explorer.numeric import checked_count, checked_seed
from afif_explorer.progress import report

UNRELIABLE = 0.7  # Pareto k above which the estimate of a row is not to be trusted
COPIES = 8  # arrays of a row's draws that exist at the same time


@dataclass(frozen=True, eq=False, repr=False)
class ParetoSmoothed:
    """Held-out losses and how far to trust each: the result of :func:`psis`.

    Attributes:
        fit: the model with all rows. losses: ``[n_train]``, the negative log predictive density of each row
            given the others; NaN for the only row of a class. plug_in: ``[n_train]``, the loss at the
            weighted mean of the row's outputs instead, which compares with :func:`cross_validate` and a
            refit.
        pareto_k: ``[n_train]``, the shape of the tail of each row's weights: up to 0.5 the estimate is good,
            up to 0.7 usable, above not to be trusted: the posterior without the row is too far from that with
            it.
        mean: of the losses that are defined, weighted by the sample weights. standard_error: of that mean.
        draws: from the posterior. notes: what is not to be trusted, in sentences.
    """

    fit: Fit
    losses: np.ndarray
    plug_in: np.ndarray
    pareto_k: np.ndarray
    mean: float
    standard_error: float
    draws: int
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        return (
            f"<ParetoSmoothed of {len(self.losses)} rows: mean {self.mean:.4g} +- {self.standard_error:.2g}, "
            f"largest k {np.nanmax(self.pareto_k):.2g}>"
        )

    @property
    def ids(self) -> np.ndarray:
        """``[n_train]``, of the rows."""
        return self.fit.ids

    def _repr_html_(self) -> str:
        """The rows with the largest Pareto k."""
        table = self.to_frame().nlargest(SHOWN, "pareto_k")
        told = (f"The {len(table)} largest k.", *self.notes)
        columns = ("id", *table.columns)
        return html_table(repr(self).strip("<>"), columns, table.itertuples(name=None), told)

    def to_frame(self) -> pd.DataFrame:
        """A row per training row, indexed by id: ``loss``, ``plug_in`` and ``pareto_k``."""
        columns = {"loss": self.losses, "plug_in": self.plug_in, "pareto_k": self.pareto_k}
        return pd.DataFrame(columns, index=row_index(self.fit))


def psis(
    fit: Fit,
    method: Method = AFIF(),  # noqa: B008 - a frozen value
    *,
    draws: int = 1000,
    seed: int = 0,
) -> ParetoSmoothed:
    """Leave-one-out losses of all training rows by Pareto-smoothed importance sampling, without refits.

    The posterior is approximated by ``N(theta, phi (n C)^-1)`` around the fit (Laplace), with the method's
    curvature ``C``, penalty included, and ``phi`` the residual variance for Gaussian losses, else 1. Its
    draws are weighted by ``1 / p(y_i | x_i, draw)`` (with a sample weight ``a_i``, its power) as if row ``i``
    had not been seen; the largest weights are smoothed. The loss of a row is
    ``-phi log sum_s w_s exp(-l_i(s) / phi)``, the predictive density's: unlike that of :func:`cross_validate`
    it averages over the parameters' uncertainty. Outputs are linearised in the parameters for networks.

    Args:
        fit: a model and its training rows.
        method: curvature. Its solver and leverage correction play no part.
        draws: number of draws.
        seed: of the draws.

    Returns:
        A ``ParetoSmoothed`` with ``losses`` ``[n_train]`` (nats, or half squared target units), ``pareto_k``
        ``[n_train]``, their ``mean`` and ``standard_error``; ``to_frame()`` is their table.

    Raises:
        InvalidChoice: for a non-smooth penalty, whose posterior is not normal, for a Gaussian loss without a
            degree of freedom, and for fewer than 100 draws.
        CurvatureError: where the curvature has a negative eigenvalue.

    Warns :class:`NotConverged` where some Pareto k are above 0.7.

    Sources: Vehtari, Gelman and Gabry, Practical Bayesian Model Evaluation Using Leave-one-out
    Cross-validation and WAIC (2017); Magnusson et al. (2019) for Laplace draws.

    >>> import numpy as np, afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> held_out = ax.psis(fit)
    >>> bool(np.isclose(held_out.mean, ax.cross_validate(fit).mean, rtol=0.01))
    True
    """
    found = smoothed_losses(prepared(method, fit), fit, draws=draws, seed=seed)
    for note in found.notes:
        warnings.warn(note, NotConverged, stacklevel=2)
    return found


def smoothed_losses(influence: Influence, fit: Fit, *, draws: int, seed: int) -> ParetoSmoothed:
    """:func:`psis` with a prepared method and without warnings."""
    checked_count("The number of draws", draws)
    if draws < 100:
        raise InvalidChoice(f"At least 100 draws are needed to fit a tail, not {draws}.")
    if not fits(max(fit.objective.p, COPIES * fit.objective.model.k) * draws, fit.objective.dtype):
        raise InvalidChoice(
            f"{draws} draws exceed the memory limit; take fewer, or raise it with memory_limit."
        )
    if not fit.objective.smooth:
        raise InvalidChoice(
            "With a non-smooth penalty the posterior is not close to a normal distribution; use a Ridge "
            "penalty, or cross_validate."
        )
    phi = dispersion(influence)
    if math.isnan(phi):
        raise InvalidChoice(
            "There are as many parameters as rows, so no residual variance can be estimated; use "
            "cross_validate."
        )
    moves = _draws(influence, phi, draws, checked_seed(seed))
    losses, plug_in, shapes = _losses(influence, moves, phi).cpu().numpy()
    for found in (losses, plug_in):
        found[irremovable(fit.objective)] = np.nan
    mean, error = mean_and_error(losses, fit.objective.sample_weight)
    return ParetoSmoothed(fit, losses, plug_in, shapes, mean, error, draws, _notes(shapes))


def _notes(shapes: np.ndarray) -> tuple[str, ...]:
    count = int((shapes > UNRELIABLE).sum())
    if not count:
        return ()
    return (
        f"{count} of {len(shapes)} rows have a Pareto k above {UNRELIABLE}: the fit without such a row is "
        "too different for importance sampling; refit without it, or use cross_validate.",
    )


def _draws(influence: Influence, phi: float, draws: int, seed: int) -> Tensor:
    """Parameters minus ``theta``, ``[p, draws]``."""
    whitener, generator = influence.whitener, torch.Generator().manual_seed(seed)
    normal = torch.randn(whitener.shape[1], draws, generator=generator, dtype=torch.float64)
    return whitener @ normal.to(whitener) * math.sqrt(phi / influence.objective.n)


def _losses(influence: Influence, moves: Tensor, phi: float) -> Tensor:
    """Predictive losses, those at the mean output, and Pareto shapes: ``[3, n]``."""
    objective, point, n = influence.objective, influence.point, influence.objective.n
    # Small results that are allocated between the blocks would fragment the memory.
    found = moves.new_empty(3, n)
    size = block_rows(COPIES * objective.model.k * moves.shape[1], moves)
    for rows in torch.arange(n, device=moves.device).split(size):
        report("importance sampling", int(rows[0]), n)
        f = point.outputs[rows][:, :, None] + point.linearization.project(rows, moves)
        own = point.row_losses.take(rows)
        scaled = own.loss.value(f, own.y) / phi  # [rows, draws]
        weights, shape = smoothed(own.weighted(scaled))
        mean = (f * weights.exp()[:, None]).sum(2)
        plug_in = own.loss.value(mean, own.y)
        found[0, rows] = -phi * (weights - scaled).logsumexp(1)
        found[1, rows], found[2, rows] = plug_in, shape
    return found
