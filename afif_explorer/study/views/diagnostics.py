"""The classical regression diagnostics, and what each row does to a coefficient."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch

from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.rows.added_variable import added_variable
from afif_explorer.analysis.rows.attribution import attribute
from afif_explorer.analysis.rows.deletion import dfbetas
from afif_explorer.analysis.rows.diagnostics import diagnostics as table_of
from afif_explorer.analysis.rows.studentised import influence_measures, outlier_test, rstandard
from afif_explorer.choices.methods import METHODS
from afif_explorer.engine.influence.methods import Method
from afif_explorer.engine.models.model import LinearMap
from afif_explorer.engine.runtime.memory import fits
from afif_explorer.engine.targets.coefficients import Coefficient
from afif_explorer.errors import InvalidChoice
from afif_explorer.results import CoefficientRows, Diagnostics
from afif_explorer.spec import Spec
from afif_explorer.study.fitting import fit
from afif_explorer.study.solving import curvature_of, influence
from afif_explorer.study.store import stage

MOST = 1000  # coefficients with a line of their own
LIMITS = "beyond R's limits for DFFITS, covariance ratio, Cook's distance or leverage (influence.measures)"
COOKS_LIMIT = "with a Cook's distance above 4 / n"


def diagnostics(spec: Spec) -> Diagnostics:
    """As from ``ax.diagnostics``, ``ax.rstandard``, ``ax.influence_measures`` and ``ax.dfbetas``."""
    influence(spec, curvature_of(spec))
    found, method = fit(spec), _method(spec)
    table = stage("row diagnostics", spec, lambda: table_of(found, method))
    residual, influential, outliers, rule, notes = stage(
        "standardised", spec, lambda: _standardised(spec, method, table)
    )
    why = _without_coefficients(spec)
    changes = None if why else stage("dfbetas", spec, lambda: dfbetas(found, method))
    size = np.zeros(0) if changes is None else changes.abs().to_numpy()
    some = np.nan_to_num(size) if size.ndim == 2 else np.zeros((found.n, 0))
    return Diagnostics(
        ids=found.ids,
        leverage=table["leverage"].to_numpy(),
        residual=residual,
        cooks_distance=table["cooks_distance"].to_numpy(),
        rank=prepared(method, found).rank,
        influential=influential,
        rule=rule,
        outliers=outliers,
        names=() if changes is None else tuple(changes.columns),
        values=found.theta if changes is not None else np.zeros(0),
        largest=some.max(0, initial=0.0),
        largest_row=found.ids[some.argmax(0)],
        beyond=(some > 2 / np.sqrt(found.n)).sum(0),
        coefficient=None if changes is None else _coefficient(spec, method, changes),
        no_coefficients=why,
        notes=notes,
    )


def _method(spec: Spec) -> Method:
    """The chosen curvature, solved directly: diagnostics need all leverages."""
    method: Method = METHODS[spec.method].engine_class(damping=spec.damping)
    return method


Standardised = tuple[np.ndarray | None, np.ndarray, np.ndarray, str, tuple[str, ...]]


def _standardised(spec: Spec, method: Method, table: pd.DataFrame) -> Standardised:
    """Residuals, which rows are influential, outliers, the rule that says so, and notes."""
    found = fit(spec)
    try:
        residual = rstandard(found, method, kind="pearson").to_numpy()
    except InvalidChoice:
        beyond = (table["cooks_distance"] > 4 / found.n).to_numpy()
        note = (
            "The model has several outputs, so a row has no single standardised residual; choose data with "
            "two classes, counts or numbers. Cook's distance is shown against leverage."
        )
        return None, beyond, found.ids[:0], COOKS_LIMIT, (note,)
    influential = influence_measures(found, method)["influential"].to_numpy(dtype=bool)
    test = outlier_test(found, method)
    return residual, influential, test.index[test["bonferroni_p"] <= 0.05].to_numpy(), LIMITS, ()


def _without_coefficients(spec: Spec) -> str:
    """Why coefficients are not shown; "" if they are."""
    objective = fit(spec).objective
    if not isinstance(objective.model, LinearMap):
        return (
            "The parameters of a neural network have no meaning one by one; choose a linear, logistic, "
            "softmax or Poisson model to see coefficients."
        )
    if objective.p > MOST or not fits(objective.n * objective.p, torch.float64):
        return (
            "The model has too many coefficients to show what each row does to each; use ax.attribute with "
            "ax.Coefficient for one of them."
        )
    return ""


def _coefficient(spec: Spec, method: Method, changes: pd.DataFrame) -> CoefficientRows:
    found, place = fit(spec), min(spec.coefficient, changes.shape[1] - 1)
    try:
        plot, why = added_variable(found, place, method), ""
    except InvalidChoice as error:
        plot, why = None, str(error)
    return CoefficientRows(
        name=str(changes.columns[place]),
        value=float(found.theta[place]),
        effect=np.asarray(attribute(found, Coefficient(place), method)),
        dfbetas=changes.iloc[:, place].to_numpy(),
        added=None if plot is None else (plot["input"].to_numpy(), plot["response"].to_numpy()),
        no_plot=why,
    )
