"""Which solver for which problem: the cheapest that is exact enough and fits into memory, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from torch import Tensor

from afif_explorer.engine.block_cg import TOGETHER, BlockConjugateGradient
from afif_explorer.engine.curvature import Curvature
from afif_explorer.engine.dual import Dual, obstacle
from afif_explorer.engine.lanczos import Lanczos
from afif_explorer.engine.landmarks import Landmarks
from afif_explorer.engine.lissa import TOLERANCE, LiSSA
from afif_explorer.engine.lissa_rule import BATCH
from afif_explorer.engine.memory import allowed, fits
from afif_explorer.engine.nystroem import Nystroem
from afif_explorer.engine.solvers import (
    Cholesky,
    Prepared,
    Solution,
    Solver,
)

FEW = 3000  # parameters up to which a dense factor is so cheap that nothing else is considered
# Products of a block that an iteration is taken to need for each digit of accuracy: with few, and with
# many right-hand sides; with many and landmarks.
STEPS_A_DIGIT = {False: 12, True: 3}
STEPS_WITH_LANDMARKS = 1.5

FEW_LANDMARKS = 5  # times as many rows as landmarks there have to be
ROUGH = 1e-6  # above this tolerance a direct solve is not refined to rounding
MANY = 32  # right-hand sides that make so large a common space that no preconditioner is needed
SAMPLED = 1000 * 4 * BATCH  # rows that LiSSA is taken to look at, for each right-hand side
FEW_SIDES = 2  # right-hand sides that may have a Lanczos basis each


@dataclass(frozen=True)
class Choice:
    """What was chosen, and why.

    Attributes:
        solver: ready to use. name: its name. why: one sentence for people.
    """

    solver: Solver
    name: str
    why: str


@dataclass(frozen=True)
class Option:
    """A solver that would do, with its price."""

    solver: Solver
    operations: float
    numbers: float  # that it keeps
    words: str


def choose(
    curvature: Curvature, columns: int, *, tolerance: float = 1e-8, dampings: int = 1
) -> Choice:
    """The solver for so many right-hand sides, each to be solved for so many dampings."""
    dtype = curvature.share.dtype
    direct = _direct(curvature, dampings)
    if curvature.p <= FEW and fits(direct.numbers, dtype):
        why = f"{direct.words}: cheap for {curvature.p:,} parameters, and exact."
        return Choice(direct.solver, direct.solver.name, why)
    options = [direct, *_others(curvature, columns, tolerance, dampings)]
    affordable = [one for one in options if fits(one.numbers, dtype)]
    if not affordable:  # an iteration takes blocks of right-hand sides as they come
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
    return Choice(best.solver, best.solver.name, f"{why}.")


def _direct(curvature: Curvature, dampings: int) -> Option:
    p, rank = curvature.p, _rank(curvature)
    once = curvature.point.linearization.work(rank).gram
    return Option(Cholesky(), once + dampings * p**3 / 3, 3.0 * p**2, "A dense factor")


def _others(
    curvature: Curvature, columns: int, tolerance: float, dampings: int
) -> Iterator[Option]:
    """The rest, the one that always fits last."""
    linearization, p = curvature.point.linearization, curvature.p
    rank = _rank(curvature)
    work, rows = linearization.work(rank), linearization.n * rank
    steps = max(2.0, -STEPS_A_DIGIT[columns >= MANY] * math.log10(tolerance))
    if not obstacle(curvature):
        words = f"A factor of the {rows:,} rows times outputs instead of the {p:,} parameters"
        price = dampings * (work.kernel + rows**3 / 3 + 2.0 * rows**2 * columns)
        dual = Dual(tolerance) if tolerance > ROUGH else Dual()
        yield Option(dual, price, 1.2 * rows**2, words)
    if tolerance >= TOLERANCE and steps * linearization.n > SAMPLED:
        words = f"Batches of the {linearization.n:,} rows, for a tolerance of {tolerance:.2g}"
        sampled = SAMPLED / linearization.n * work.product * columns * dampings
        yield Option(LiSSA(), sampled, 4.0 * p * columns, words)
    if dampings > 1 and columns <= FEW_SIDES:
        solver = Lanczos(tolerance=tolerance)
        words = f"One basis for all {dampings} dampings"
        price = steps * columns * (work.product + 4.0 * steps * p)
        yield Option(solver, price, float(solver.size * p), words)
    sides = min(columns, TOGETHER)
    if columns >= MANY:
        iteration = BlockConjugateGradient(tolerance)
        words = f"One search space for {columns:,} right-hand sides"
        price, numbers = steps * columns * dampings * work.product, 8.0 * p * sides
        marks = Landmarks()
        fewer = max(2.0, -STEPS_WITH_LANDMARKS * math.log10(tolerance))
        made = 2 * work.kernel * marks.count / rows + 2.0 * rows * marks.count**2
        total = dampings * (fewer * columns * work.product + made)
        if FEW_LANDMARKS * marks.count < rows and total < price:
            iteration = BlockConjugateGradient(tolerance, preconditioner=marks)
            words += f", preconditioned by {marks.count} rows"
            price, numbers = total, numbers + 2.0 * rows * marks.count
    else:
        sketch = Nystroem()
        iteration = BlockConjugateGradient(tolerance, preconditioner=sketch)
        words = "Few right-hand sides, preconditioned by the curvature's steepest directions"
        price = (steps * columns + sketch.rank) * dampings * work.product
        numbers = 8.0 * p * sides + 3.0 * p * sketch.rank
    yield Option(iteration, price, numbers, words)


def _rank(curvature: Curvature) -> int:
    roots = curvature.roots()
    return curvature.point.linearization.k if roots is None else roots.shape[2]


def _sentence(option: Option) -> str:
    return f"{option.words}: {_count(option.operations)}"


def _count(operations: float) -> str:
    return f"about {operations / 1e9:,.3g} GFLOP"


def _size(count: float) -> str:
    return f"{count / 2**30:,.2g} GB"


@dataclass(frozen=True)
class Auto(Solver):
    """Whichever solver is cheapest for the problem at hand and fits into memory.

    Args:
        tolerance: of ``||C x - c|| / ||c||``, for solvers that iterate; the dual solve is not refined further
            if it is above 1e-6. At 5 % and more LiSSA may be taken.

    Right-hand sides and solutions are ``[p]`` or ``[p, m]``. Up to 3000 parameters that is the direct
    solve. ``stats["solver"]`` and ``stats["why"]`` of a :class:`Solution` tell the choice;
    ``method.plan(fit)`` tells it beforehand.
    """

    tolerance: float = 1e-8
    name = "auto"

    def prepare(self, curvature: Curvature) -> PreparedAuto:
        return PreparedAuto(self, curvature)


@dataclass(eq=False)
class PreparedAuto(Prepared):
    """Chooses when the number of right-hand sides is known; keeps what it made ready.

    Attributes:
        settings, curvature: what it was made from. choice: the last one; None before the first solve.
    """

    settings: Auto
    curvature: Curvature
    choice: Choice | None = None
    _ready: dict[Solver, Prepared] = field(default_factory=dict)

    def for_columns(self, columns: int) -> Prepared:
        """What solves for so many right-hand sides. A factor, once made, serves all that follow."""
        for ready in self._ready.values():
            if ready.exact:
                return ready
        self.choice = choose(self.curvature, columns, tolerance=self.settings.tolerance)
        solver = self.choice.solver
        if solver not in self._ready:
            self._ready[solver] = solver.prepare(self.curvature)
        return self._ready[solver]

    def _solve(self, rhs: Tensor) -> Solution:
        found = self.for_columns(rhs.shape[1])._solve(rhs)
        assert self.choice is not None
        stats = found.stats | {"solver": self.choice.name, "why": self.choice.why}
        return Solution(found.value, found.status, found.advice, stats)

    def row_blocks(self, rows: slice) -> Tensor:
        linearization = self.curvature.point.linearization
        return self.for_columns(linearization.n * linearization.k).row_blocks(rows)
