"""``Solving``: what the parts of this package need of a prepared method."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.problem.objective import Objective, Point
from afif_explorer.engine.solvers.base import Prepared


class Stepping(Protocol):
    """The rows' steps of a method at one fit: ``D_i = Z Z' J_i' r_i / n``."""

    @property
    def objective(self) -> Objective: ...

    @property
    def point(self) -> Point: ...

    @property
    def curvature(self) -> Curvature: ...

    @property
    def residual(self) -> Tensor: ...

    @property
    def leverage_corrected(self) -> bool: ...

    @property
    def whitener(self) -> Tensor: ...


class Solving(Stepping, Protocol):
    """A method at one fit (see :class:`~afif_explorer.engine.influence.smooth.Influence`)."""

    @property
    def solves_cheaply(self) -> bool: ...

    @property
    def prepared(self) -> Prepared: ...

    @property
    def reliable(self) -> Prepared: ...

    @property
    def row_blocks(self) -> Tensor: ...

    def curvature_changes(self) -> Tensor: ...

    def row_blocks_of(self, rows: Tensor) -> Tensor: ...

    def inner_products(self, blocks: Tensor) -> Tensor: ...
