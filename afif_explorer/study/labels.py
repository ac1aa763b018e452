"""The names that people read for the values of each choice."""

from __future__ import annotations

LABELS: dict[str, dict[str, str]] = {
    "model": {
        "auto": "The plain model of the task",
        "linear": "Linear regression",
        "logistic": "Logistic regression",
        "softmax": "Softmax regression",
        "poisson": "Poisson regression",
        "mlp": "Neural network, one hidden layer",
    },
    "penalty": {
        "none": "No penalty",
        "ridge": "Ridge",
        "lasso": "Lasso",
        "elastic_net": "Elastic net",
        "group_lasso": "Group lasso",
    },
    "method": {
        "afif": "AFIF (Fisher)",
        "infinitesimal_jackknife": "Infinitesimal jackknife (Hessian)",
        "newton_step": "Newton step (curvature without the removed rows)",
    },
    "solver": {
        "cholesky": "Direct (Cholesky)",
        "conjugate_gradient": "Conjugate gradients",
        "lissa": "LiSSA",
    },
    "target": {
        "mean_loss": "Mean loss",
        "demographic_parity": "Demographic parity gap",
        "equal_opportunity": "Equal opportunity gap",
        "equalized_odds": "Equalised odds gap",
        "group_loss": "Gap of mean losses",
        "mean_prediction_difference": "Difference of mean predictions",
        "point_loss": "Loss of one row",
        "prediction": "Prediction for one row",
    },
    "split": {"train": "Training rows", "validation": "Validation rows", "test": "Test rows"},
    "rule": {
        "raise_target": "Rows that raise the target most",
        "lower_target": "Rows that lower the target most",
        "harmful": "Rows that raise the mean loss most",
        "helpful": "Rows that lower the mean loss most",
        "random": "Random rows",
        "selection": "The selected rows",
    },
    "view": {
        "points": "Influential points",
        "agreement": "Fisher vs Hessian",
        "lissa": "LiSSA lab",
        "cross_validation": "Cross-validation",
        "unlearning": "Unlearning and fairness",
    },
}


def label(field: str, value: str) -> str:
    """What people read for ``value`` of the choice ``field``; the value if it has no label."""
    return LABELS.get(field, {}).get(value, value)
