"""Units in which targets and metrics are measured."""

from __future__ import annotations

from afif_explorer.choices.option import Facts

SHARE = "share of rows"  # of what is counted: decisions, rows of a class


def loss_unit(data: Facts) -> str:
    """The unit of a loss: nats, for squares half the squared unit of what is predicted, or its own."""
    own = {"regression": f"half squared {data.target}", "other": "units of the loss"}
    return own.get(data.task, "nats")


def prediction_unit(data: Facts) -> str:
    """The unit of a mean prediction."""
    return "probability" if data.task == "classification" else data.target
