"""What is declared of a method."""

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
        solvers: keys of the solvers that it can be solved with; None: all.
        only: why it has only those, as a sentence.
        downdates: whether it also takes the removed rows' own curvature away.
    """

    choice: ClassVar[str] = "method"

    public: str
    solvers: tuple[str, ...] | None = None
    only: str = ""
    downdates: bool = False

    @property
    def engine_class(self) -> Any:
        """The class of the method; its ``curvature`` is the class of the curvature that it takes."""
        return public(self.public)

    def call(self, asked: Asked, solver: Call) -> Call:
        """The method itself, for the choices and a solver."""
        plain = not asked.leverage_correction and not self.downdates
        settings: dict[str, Any] = {"leverage_correction": False} if plain else {}
        return Call(self.public, solver=solver, damping=asked.damping, **settings)
