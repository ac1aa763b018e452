"""A neural network."""

from __future__ import annotations

from typing import Any

from afif_explorer.choices.models.kind import ModelOption
from afif_explorer.choices.option import Asked


class NetworkOption(ModelOption):
    """A network with one hidden layer."""

    def settings(self, asked: Asked) -> dict[str, Any]:
        return {"model": self.key, "hidden": (asked.hidden,)}


OPTION = NetworkOption(
    key="mlp",
    label="Neural network, one hidden layer",
    order=60,
    needs=("hidden",),
    tasks=("regression", "classification", "count"),
)
