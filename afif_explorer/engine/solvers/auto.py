"""Automatic choice of the cheapest solver that is accurate enough and fits into memory."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from torch import Tensor

from afif_explorer import wording
from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.jacobians.base import Work
from afif_explorer.engine.runtime.memory import allowed, fits
from afif_explorer.engine.solvers.base import (
    Cholesky,
    Prepared,
    Solution,
    Solver,
)
from afif_explorer.engine.solvers.block_cg import TOGETHER, BlockConjugateGradient
from afif_explorer.engine.solvers.dual import Dual, obstacle
from afif_explorer.engine.solvers.lanczos import Lanczos
from afif_explorer.engine.solvers.landmarks import Landmarks
from afif_explorer.engine.solvers.lissa.rule import BATCH, TOLERANCE
from afif_explorer.engine.solvers.lissa.solver import LiSSA
from afif_explorer.engine.solvers.nystroem import Nystroem

log = logging.getLogger(__name__)

FEW = 3000  # parameters up to which a dense factorisation is always chosen
# Estimated block products per digit of accuracy: with few right-hand sides, with many, with many and
# landmarks.
STEPS_FEW, STEPS_MANY, STEPS_MARKED = 12, 3, 1.5
FEW_LANDMARKS = 5  # minimum number of rows per landmark
ROUGH = 1e-6  # above this tolerance a direct solve is not refined
MANY = 32  # right-hand sides from which the common space replaces a preconditioner
SAMPLED = 1000 * 4 * BATCH  # estimated rows that LiSSA reads per right-hand side
FEW_SIDES = 2  # maximum number of right-hand sides with a Lanczos basis each


@dataclass(frozen=True)
class SolverPlan:
    """The chosen solver, and why: the result of ``method.plan(fit)``.

    Attributes:
        solver: ready to use. name: its name. why: the reason, one sentence.

    >>> import afif_explorer as ax
    >>> plan = ax.AFIF().plan(ax.fit(ax.load_dataset("hiring")), columns=10)
    >>> plan.solver == ax.Cholesky(), plan.name
    (True, 'Cholesky')
    """

    solver: Solver
    name: str
    why: str


@dataclass(frozen=True)
class Option:
    """A candidate solver with its estimated cost."""

    solver: Solver
    operations: float
    numbers: float  # kept in memory
    words: str


@dataclass(frozen=True)
class Task:
    """``columns`` right-hand sides, each to be solved to ``tolerance`` for the given number of dampings."""

    curvature: Curvature
    columns: int
    tolerance: float
    dampings: int

    @cached_property
    def rank(self) -> int:
        """The rank of one row's part of the Fisher."""
        roots = self.curvature.roots()
        return self.curvature.point.linearization.k if roots is None else roots.shape[2]

    @cached_property
    def rows(self) -> int:
        """The number of rows times their rank."""
        return self.curvature.point.linearization.n * self.rank

    @cached_property
    def work(self) -> Work:
        """The operation counts of the curvature's products."""
        return self.curvature.point.linearization.work(self.rank)

    def steps(self, a_digit: float) -> float:
        """The number of iterations, given those per digit of accuracy."""
        return max(2.0, -a_digit * math.log10(self.tolerance))


def choose(
    curvature: Curvature, columns: int, *, tolerance: float = 1e-8, dampings: int = 1
) -> SolverPlan:
    """The solver for the given number of right-hand sides and dampings."""
    dtype = curvature.mean_weights.dtype
    task = Task(curvature, columns, tolerance, dampings)
    direct = _direct(task)
    if curvature.p <= FEW and fits(direct.numbers, dtype):
        why = f"{direct.words}: cheap for {wording.count(curvature.p)} parameters, and exact."
        return SolverPlan(direct.solver, direct.solver.name, why)
    options = [direct, *_others(task)]
    affordable = [one for one in options if fits(one.numbers, dtype)]
    if not affordable:  # an iteration handles right-hand sides in blocks
        affordable = options[-1:]
    best = min(affordable, key=lambda one: one.operations)
    too_large = [one for one in options if one not in affordable]
    beaten = [one for one in affordable if one is not best]
    why = ". ".join(
        [
            _sentence(best),
            *(
                f"{one.solver.name} would keep {_size(one.numbers * dtype.itemsize)}, more than the "
                f"limit of {_size(allowed())}"
                for one in too_large
            ),
            *(f"{one.solver.name} would take {_count(one.operations)}" for one in beaten),
        ]
    )
    return SolverPlan(best.solver, best.solver.name, f"{why}.")


def cheap_per_row(curvature: Curvature, solver: Solver) -> bool:
    """Whether the leverages of all rows cost at most a small multiple of one solve by this solver.

    A direct solver's factor answers for all rows by about as many operations as building it takes; up to
    3000 parameters a factor always costs little.
    """
    if isinstance(solver, Auto):
        solver = choose(curvature, 1, tolerance=solver.tolerance).solver
    few = curvature.p <= FEW and fits(3.0 * curvature.p**2, curvature.mean_weights.dtype)
    return solver.direct or few


def _direct(task: Task) -> Option:
    p = task.curvature.p
    price = task.work.gram + task.dampings * p**3 / 3
    return Option(Cholesky(), price, 3.0 * p**2, "A dense factor")


def _others(task: Task) -> Iterator[Option]:
    """The other candidates; the last one always fits."""
    if not obstacle(task.curvature):
        yield _dual(task)
    few = task.columns < MANY
    steps = task.steps(STEPS_FEW if few else STEPS_MANY)
    if task.tolerance >= TOLERANCE and steps * task.curvature.point.linearization.n > SAMPLED:
        yield _lissa(task)
    if task.dampings > 1 and task.columns <= FEW_SIDES:
        yield _lanczos(task)
    yield _few_together(task) if few else _many_together(task)


def _dual(task: Task) -> Option:
    rows, p = task.rows, task.curvature.p
    instead = f"instead of the {wording.count(p)} parameters"
    words = f"A factor of the {wording.count(rows)} rows times outputs {instead}"
    price = task.dampings * (task.work.kernel + rows**3 / 3 + 2.0 * rows**2 * task.columns)
    solver = Dual(task.tolerance) if task.tolerance > ROUGH else Dual()
    return Option(solver, price, 1.2 * rows**2, words)


def _lissa(task: Task) -> Option:
    n = task.curvature.point.linearization.n
    words = f"Batches of the {wording.count(n)} rows, for a tolerance of {task.tolerance:.2g}"
    price = SAMPLED / n * task.work.product * task.columns * task.dampings
    return Option(LiSSA(), price, 4.0 * task.curvature.p * task.columns, words)


def _lanczos(task: Task) -> Option:
    solver, p = Lanczos(tolerance=task.tolerance), task.curvature.p
    words = f"One basis for all {task.dampings} dampings"
    steps = task.steps(STEPS_FEW)
    price = steps * task.columns * (task.work.product + 4.0 * steps * p)
    return Option(solver, price, float(solver.size * p), words)


def _few_together(task: Task) -> Option:
    sketch, p = Nystroem(), task.curvature.p
    words = "Few right-hand sides, preconditioned by the curvature's steepest directions"
    products = task.steps(STEPS_FEW) * task.columns + sketch.rank
    return Option(
        BlockConjugateGradient(task.tolerance, preconditioner=sketch),
        products * task.dampings * task.work.product,
        8.0 * p * task.columns + 3.0 * p * sketch.rank,
        words,
    )


def _many_together(task: Task) -> Option:
    """Block conjugate gradients, with landmarks if they pay off."""
    words = f"One search space for {wording.count(task.columns)} right-hand sides"
    block = task.columns * task.dampings * task.work.product
    numbers = 8.0 * task.curvature.p * min(task.columns, TOGETHER)
    plain = Option(
        BlockConjugateGradient(task.tolerance), task.steps(STEPS_MANY) * block, numbers, words
    )
    marks = Landmarks()
    made = 2 * task.work.kernel * marks.count / task.rows + 2.0 * task.rows * marks.count**2
    marked = Option(
        BlockConjugateGradient(task.tolerance, preconditioner=marks),
        task.steps(STEPS_MARKED) * block + task.dampings * made,
        numbers + 2.0 * task.rows * marks.count,
        f"{words}, preconditioned by {marks.count} rows",
    )
    enough = FEW_LANDMARKS * marks.count < task.rows
    return marked if enough and marked.operations < plain.operations else plain


def _sentence(option: Option) -> str:
    return f"{option.words}: {_count(option.operations)}"


def _count(operations: float) -> str:
    return f"about {operations / 1e9:,.3g} GFLOP"


def _size(count: float) -> str:
    return f"{count / 2**30:,.2g} GB"


@dataclass(frozen=True)
class Auto(Solver):
    """Selects the cheapest solver that is accurate enough and fits into memory.

    Right-hand sides and solutions are ``[p]`` or ``[p, m]``. Up to 3000 parameters it is the direct solver.
    ``stats["solver"]`` and ``stats["why"]`` of a :class:`Solution` give the choice and the reason, and so
    does the log (INFO); ``method.plan(fit)`` gives them in advance.

    Args:
        tolerance: for ``||C x - c|| / ||c||`` of iterative solvers; the dual solve is not refined further
            if it is above 1e-6. From 5 % upwards LiSSA may be chosen.

    Raises:
        InvalidChoice: for a tolerance that is not in [0, 1).

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> prepared = ax.Auto().prepare(ax.Fisher(fit.objective, fit.parameters))
    >>> prepared.solve(fit.parameters).stats["solver"]
    'Cholesky'
    """

    tolerance: float = 1e-8
    name = "auto"

    def prepare(self, curvature: Curvature) -> PreparedAuto:
        return PreparedAuto(self, curvature)


@dataclass(eq=False)
class PreparedAuto(Prepared):
    """Chooses when the number of right-hand sides is known; keeps prepared solvers.

    Attributes:
        settings, curvature: as given. choice: the last one; None before the first solve.
    """

    settings: Auto
    curvature: Curvature
    choice: SolverPlan | None = None
    _ready: dict[Solver, Prepared] = field(default_factory=dict)

    def for_columns(self, columns: int) -> Prepared:
        """The prepared solver for the given number of right-hand sides. A factor is always reused."""
        for ready in self._ready.values():
            if ready.exact:
                return ready
        self.choice = choose(self.curvature, columns, tolerance=self.settings.tolerance)
        solver = self.choice.solver
        if solver not in self._ready:
            log.info("Solver %r for %d right-hand sides: %s", solver.name, columns, self.choice.why)
            self._ready[solver] = solver.prepare(self.curvature)
        return self._ready[solver]

    def _solve(self, rhs: Tensor) -> Solution:
        found = self.for_columns(rhs.shape[1])._solve(rhs)
        assert self.choice is not None
        stats = found.stats | {"solver": self.choice.name, "why": self.choice.why}
        return Solution(found.value, found.status, found.advice, stats)

    def inner_products(self, blocks: Tensor) -> Tensor:
        return self.for_columns(blocks.shape[0] * blocks.shape[1]).inner_products(blocks)

    def row_blocks(self, rows: Tensor) -> Tensor:
        return self.for_columns(len(rows) * self.curvature.point.linearization.k).row_blocks(rows)
