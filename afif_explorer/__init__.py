"""See what each training row did to a model, and what happens if it is removed.

Everything a notebook needs is here, and loaded when first used:

>>> import afif_explorer as ax
>>> data = ax.load_dataset("hiring")
>>> fit = ax.fit(data, model="logistic", penalty=ax.Ridge(1e-3))
>>> effects = ax.attribute(fit, ax.MeanLoss("test"), method=ax.AFIF())
>>> effects.shape == (len(data.train),)
True
"""

from __future__ import annotations

import logging
import sys
from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# The module of each public name. tools/make_stub.py generates the stub from this table.
_HOMES = {
    "afif_explorer.analysis.rows.attribution": ("attribute",),
    "afif_explorer.analysis.rows.effects": ("Effects",),
    "afif_explorer.analysis.removal.certified": ("CertifiedUnlearning", "certified_unlearn"),
    "afif_explorer.analysis.checks.check": ("check",),
    "afif_explorer.analysis.heldout.crossvalidation": ("cross_validate",),
    "afif_explorer.analysis.heldout.crossvalidation_path": (
        "CrossValidationPath",
        "cross_validation_path",
    ),
    "afif_explorer.analysis.rows.added_variable": ("added_variable",),
    "afif_explorer.analysis.rows.deletion": ("dfbetas", "dffits"),
    "afif_explorer.analysis.rows.diagnostics": ("diagnostics",),
    "afif_explorer.analysis.fairness.audit": ("audit_fairness",),
    "afif_explorer.analysis.fairness.counts": ("group_counts",),
    "afif_explorer.analysis.fairness.intervals": ("bootstrap_disparity",),
    "afif_explorer.analysis.rows.studentised": (
        "covratio",
        "influence_measures",
        "outlier_test",
        "rstandard",
        "rstudent",
    ),
    "afif_explorer.analysis.fragility.flip": ("flip",),
    "afif_explorer.analysis.patterns.search": ("patterns",),
    "afif_explorer.analysis.leave_one_out": ("leave_one_out",),
    "afif_explorer.analysis.heldout.psis": ("psis",),
    "afif_explorer.analysis.fits.fitting": ("Fit", "fit", "fit_objective"),
    "afif_explorer.analysis.fits.loading": ("load_fit",),
    "afif_explorer.analysis.removal.streaming": ("Unlearner",),
    "afif_explorer.analysis.fits.trained": ("from_trained",),
    "afif_explorer.analysis.removal.refits": (
        "bregman_response",
        "bregman_response_each",
        "retrain",
        "retrain_each",
    ),
    "afif_explorer.analysis.removal.unlearning": ("unlearn",),
    "afif_explorer.app": ("serve",),
    "afif_explorer.datasets": ("Dataset",),
    "afif_explorer.datasets.inspection": ("ColumnTable", "inspect"),
    "afif_explorer.datasets.rows.matching": ("rows_where",),
    "afif_explorer.datasets.rows.profile": ("profile",),
    "afif_explorer.engine.curvature.operators": ("EmpiricalFisher", "Fisher", "Hessian"),
    "afif_explorer.engine.runtime.device": ("use_device",),
    "afif_explorer.engine.targets.coefficients": ("Coefficient",),
    "afif_explorer.engine.targets.disparities": (
        "DemographicParityDifference",
        "EqualOpportunityDifference",
        "EqualizedOddsDifference",
        "GroupLossDifference",
        "MeanPredictionDifference",
    ),
    "afif_explorer.engine.influence.methods": (
        "AFIF",
        "EmpiricalFisherInfluence",
        "InfinitesimalJackknife",
        "NewtonStep",
    ),
    "afif_explorer.engine.solvers.block_cg": ("BlockConjugateGradient",),
    "afif_explorer.engine.solvers.dual": ("Dual",),
    "afif_explorer.engine.solvers.ekfac": ("EKFAC",),
    "afif_explorer.engine.solvers.lanczos": ("Lanczos",),
    "afif_explorer.engine.solvers.lissa.solver": ("LiSSA",),
    "afif_explorer.engine.problem.callable_loss": ("CallableLoss",),
    "afif_explorer.engine.problem.losses": (
        "Bernoulli",
        "Categorical",
        "Gaussian",
        "Loss",
        "Poisson",
    ),
    "afif_explorer.engine.runtime.memory": ("memory_limit",),
    "afif_explorer.engine.models.model": ("LinearMap",),
    "afif_explorer.engine.models.module_model": ("MLP", "ModuleModel"),
    "afif_explorer.engine.solvers.landmarks": ("Landmarks",),
    "afif_explorer.engine.solvers.nystroem": ("Nystroem",),
    "afif_explorer.engine.problem.objective": ("Objective",),
    "afif_explorer.engine.problem.group_lasso": ("GroupLasso",),
    "afif_explorer.engine.problem.penalties": (
        "ElasticNet",
        "NonsmoothPenalty",
        "Lasso",
        "Penalty",
        "Ridge",
    ),
    "afif_explorer.engine.solvers.auto": ("Auto", "SolverPlan"),
    "afif_explorer.engine.solvers.base": ("Cholesky", "ConjugateGradient", "Solution", "Status"),
    "afif_explorer.engine.targets.base": ("Target",),
    "afif_explorer.engine.targets.predictive_parity": ("PredictiveParityDifference",),
    "afif_explorer.engine.targets.losses": ("MeanLoss", "PointLoss", "SoftAccuracy"),
    "afif_explorer.engine.targets.tokens": ("TokenLoss",),
    "afif_explorer.engine.problem.token_loss": ("TokenCategorical",),
    "afif_explorer.analysis.rows.tokens": ("TokenEffects", "attribute_tokens"),
    "afif_explorer.engine.targets.predictions": ("Prediction",),
    "afif_explorer.errors": (
        "AfifError",
        "AnotherBasin",
        "InvalidChoice",
        "CurvatureError",
        "DataError",
        "DownloadError",
        "Guessed",
        "HighLeverage",
        "Interrupted",
        "LargeStep",
        "NegativeCurvature",
        "NotAtMinimum",
        "NotConverged",
        "NotReproduced",
        "RowOrder",
        "SolverDiverged",
        "TrainerError",
        "Undefined",
        "UndefinedMeasure",
    ),
    "afif_explorer.progress_bar": ("show_progress",),
    "afif_explorer.spec": ("Spec",),
    "afif_explorer.state": ("Explorer",),
}
_RENAMED = {"load_dataset": ("afif_explorer.datasets", "load")}
_HOME_OF = {name: (home, name) for home, names in _HOMES.items() for name in names} | _RENAMED
_SUBPACKAGES = ("datasets", "engine", "explain", "figures", "notebook", "study")

__all__ = sorted([*_HOME_OF, *_SUBPACKAGES])

logging.getLogger(__name__).addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    """Import names lazily, so that ``import afif_explorer`` is fast."""
    if name in _SUBPACKAGES:
        return import_module(f"afif_explorer.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'afif_explorer' has no attribute {name!r}")
    home, there = _HOME_OF[name]
    value = getattr(import_module(home), there)
    if name == "Explorer" and "IPython" in sys.modules:
        import_module("afif_explorer.notebook").install()  # so that a cell shows an explorer
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
