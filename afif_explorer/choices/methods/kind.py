"""The declaration of a method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from afif_explorer.choices.call import Call, public
from afif_explorer.choices.option import Asked, Option


@dataclass(frozen=True, kw_only=True)
class MethodOption(Option):
    """One method.

    Attributes:
        public: its class, among the public names of the package.
        solvers: keys of the available solvers; None: all.
        only: the reason for the restriction, as a sentence.
        downdates: whether it also removes the removed rows' curvature.
    """

    choice: ClassVar[str] = "method"

    public: str
    solvers: tuple[str, ...] | None = None
    only: str = ""
    downdates: bool = False

    @property
    def engine_class(self) -> Any:
        """The class of the method; its ``curvature`` is the class of its curvature."""
        return public(self.public)

    def call(self, asked: Asked, solver: Call) -> Call:
        """The method, for these settings and a solver."""
        settings: dict[str, Any] = {"rescale": True} if asked.rescale else {}
        return Call(self.public, solver=solver, damping=asked.damping, **settings)
