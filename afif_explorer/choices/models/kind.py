"""The declaration of a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from afif_explorer.choices.option import Asked, Facts, Option


@dataclass(frozen=True, kw_only=True)
class ModelOption(Option):
    """One model.

    Attributes:
        tasks: those that it fits.
        default_for: tasks for which it is the default, if it fits the number of classes.
        most_classes: the maximum number of classes; None: any number.
        loss: its family of losses; empty: that of the task.
    """

    choice: ClassVar[str] = "model"

    tasks: tuple[str, ...]
    default_for: tuple[str, ...] = ()
    most_classes: int | None = None
    loss: str = ""

    def fits(self, data: Facts) -> bool:
        """Whether it can be fitted to a data set."""
        few = self.most_classes is None or len(data.classes) <= self.most_classes
        return data.task in self.tasks and few

    def settings(self, asked: Asked) -> dict[str, Any]:
        """The arguments of ``fit`` that create it, for these settings."""
        return {"model": self.key}


class Automatic(ModelOption):
    """The default model of the task."""
