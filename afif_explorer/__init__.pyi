"""The public names of the package. Written by tools/make_stub.py."""

from afif_explorer import datasets, engine, explain, figures, notebook, study
from afif_explorer.analysis.checks.check import check
from afif_explorer.analysis.fairness.audit import audit_fairness
from afif_explorer.analysis.fairness.counts import group_counts
from afif_explorer.analysis.fairness.intervals import bootstrap_disparity
from afif_explorer.analysis.fits.fitting import Fit, fit, fit_objective
from afif_explorer.analysis.fits.loading import load_fit
from afif_explorer.analysis.fits.trained import from_trained
from afif_explorer.analysis.fragility.flip import flip
from afif_explorer.analysis.heldout.crossvalidation import cross_validate
from afif_explorer.analysis.heldout.crossvalidation_path import (
    CrossValidationPath,
    cross_validation_path,
)
from afif_explorer.analysis.heldout.psis import psis
from afif_explorer.analysis.leave_one_out import leave_one_out
from afif_explorer.analysis.patterns.search import patterns
from afif_explorer.analysis.removal.certified import CertifiedUnlearning, certified_unlearn
from afif_explorer.analysis.removal.refits import (
    bregman_response,
    bregman_response_each,
    retrain,
    retrain_each,
)
from afif_explorer.analysis.removal.streaming import Unlearner
from afif_explorer.analysis.removal.unlearning import unlearn
from afif_explorer.analysis.rows.added_variable import added_variable
from afif_explorer.analysis.rows.attribution import attribute
from afif_explorer.analysis.rows.deletion import dfbetas, dffits
from afif_explorer.analysis.rows.diagnostics import diagnostics
from afif_explorer.analysis.rows.effects import Effects
from afif_explorer.analysis.rows.studentised import (
    covratio,
    influence_measures,
    outlier_test,
    rstandard,
    rstudent,
)
from afif_explorer.analysis.rows.tokens import TokenEffects, attribute_tokens
from afif_explorer.app import serve
from afif_explorer.datasets import Dataset
from afif_explorer.datasets import load as load_dataset
from afif_explorer.datasets.inspection import ColumnTable, inspect
from afif_explorer.datasets.rows.matching import rows_where
from afif_explorer.datasets.rows.profile import profile
from afif_explorer.engine.curvature.operators import EmpiricalFisher, Fisher, Hessian
from afif_explorer.engine.influence.methods import (
    AFIF,
    EmpiricalFisherInfluence,
    InfinitesimalJackknife,
    NewtonStep,
)
from afif_explorer.engine.models.model import LinearMap
from afif_explorer.engine.models.module_model import MLP, ModuleModel
from afif_explorer.engine.problem.callable_loss import CallableLoss
from afif_explorer.engine.problem.group_lasso import GroupLasso
from afif_explorer.engine.problem.losses import Bernoulli, Categorical, Gaussian, Loss, Poisson
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.penalties import (
    ElasticNet,
    Lasso,
    NonsmoothPenalty,
    Penalty,
    Ridge,
)
from afif_explorer.engine.problem.token_loss import TokenCategorical
from afif_explorer.engine.runtime.device import use_device
from afif_explorer.engine.runtime.memory import memory_limit
from afif_explorer.engine.solvers.auto import Auto, SolverPlan
from afif_explorer.engine.solvers.base import Cholesky, ConjugateGradient, Solution, Status
from afif_explorer.engine.solvers.block_cg import BlockConjugateGradient
from afif_explorer.engine.solvers.dual import Dual
from afif_explorer.engine.solvers.ekfac import EKFAC
from afif_explorer.engine.solvers.lanczos import Lanczos
from afif_explorer.engine.solvers.landmarks import Landmarks
from afif_explorer.engine.solvers.lissa.solver import LiSSA
from afif_explorer.engine.solvers.nystroem import Nystroem
from afif_explorer.engine.targets.base import Target
from afif_explorer.engine.targets.coefficients import Coefficient
from afif_explorer.engine.targets.disparities import (
    DemographicParityDifference,
    EqualizedOddsDifference,
    EqualOpportunityDifference,
    GroupLossDifference,
    MeanPredictionDifference,
)
from afif_explorer.engine.targets.losses import MeanLoss, PointLoss, SoftAccuracy
from afif_explorer.engine.targets.predictions import Prediction
from afif_explorer.engine.targets.predictive_parity import PredictiveParityDifference
from afif_explorer.engine.targets.tokens import TokenLoss
from afif_explorer.errors import (
    AfifError,
    AnotherBasin,
    CurvatureError,
    DataError,
    DownloadError,
    Guessed,
    HighLeverage,
    Interrupted,
    InvalidChoice,
    LargeStep,
    NegativeCurvature,
    NotAtMinimum,
    NotConverged,
    NotReproduced,
    RowOrder,
    SolverDiverged,
    TrainerError,
    Undefined,
    UndefinedMeasure,
)
from afif_explorer.progress_bar import show_progress
from afif_explorer.spec import Spec
from afif_explorer.state import Explorer

__version__: str
__all__ = [
    "AFIF",
    "EKFAC",
    "MLP",
    "AfifError",
    "AnotherBasin",
    "Auto",
    "Bernoulli",
    "BlockConjugateGradient",
    "CallableLoss",
    "Categorical",
    "CertifiedUnlearning",
    "Cholesky",
    "Coefficient",
    "ColumnTable",
    "ConjugateGradient",
    "CrossValidationPath",
    "CurvatureError",
    "DataError",
    "Dataset",
    "DemographicParityDifference",
    "DownloadError",
    "Dual",
    "Effects",
    "ElasticNet",
    "EmpiricalFisher",
    "EmpiricalFisherInfluence",
    "EqualOpportunityDifference",
    "EqualizedOddsDifference",
    "Explorer",
    "Fisher",
    "Fit",
    "Gaussian",
    "GroupLasso",
    "GroupLossDifference",
    "Guessed",
    "Hessian",
    "HighLeverage",
    "InfinitesimalJackknife",
    "Interrupted",
    "InvalidChoice",
    "Lanczos",
    "Landmarks",
    "LargeStep",
    "Lasso",
    "LiSSA",
    "LinearMap",
    "Loss",
    "MeanLoss",
    "MeanPredictionDifference",
    "ModuleModel",
    "NegativeCurvature",
    "NewtonStep",
    "NonsmoothPenalty",
    "NotAtMinimum",
    "NotConverged",
    "NotReproduced",
    "Nystroem",
    "Objective",
    "Penalty",
    "PointLoss",
    "Poisson",
    "Prediction",
    "PredictiveParityDifference",
    "Ridge",
    "RowOrder",
    "SoftAccuracy",
    "Solution",
    "SolverDiverged",
    "SolverPlan",
    "Spec",
    "Status",
    "Target",
    "TokenCategorical",
    "TokenEffects",
    "TokenLoss",
    "TrainerError",
    "Undefined",
    "UndefinedMeasure",
    "Unlearner",
    "added_variable",
    "attribute",
    "attribute_tokens",
    "audit_fairness",
    "bootstrap_disparity",
    "bregman_response",
    "bregman_response_each",
    "certified_unlearn",
    "check",
    "covratio",
    "cross_validate",
    "cross_validation_path",
    "datasets",
    "dfbetas",
    "dffits",
    "diagnostics",
    "engine",
    "explain",
    "figures",
    "fit",
    "fit_objective",
    "flip",
    "from_trained",
    "group_counts",
    "influence_measures",
    "inspect",
    "leave_one_out",
    "load_dataset",
    "load_fit",
    "memory_limit",
    "notebook",
    "outlier_test",
    "patterns",
    "profile",
    "psis",
    "retrain",
    "retrain_each",
    "rows_where",
    "rstandard",
    "rstudent",
    "serve",
    "show_progress",
    "study",
    "unlearn",
    "use_device",
]
