"""Performance targets, and whether a run meets them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from benchmarks.common.environments import OURS
from benchmarks.peers.measure import Row

MAX_ERROR = 0.01  # relative error up to which an exact method counts as exact
MAX_LDS_GAP = (
    0.2  # an approximation counts if its score is at most this much below the exact Fisher's
)


@dataclasses.dataclass(frozen=True)
class TargetResult:
    """One target; ``measured`` is None if not in this run, ``compared`` says what was compared."""

    target: str
    required: float
    measured: float | None
    compared: str

    @property
    def met(self) -> bool:
        return self.measured is not None and self.measured >= self.required


def target_results(case: str, rows: Sequence[Row], exact_lds: float | None) -> list[TargetResult]:
    """The targets of a case. ``exact_lds``: the exact Fisher's score in float64, if known."""
    return [one(rows, exact_lds) for one in TARGETS.get(case, ())]


def _fastest(rows: Sequence[Row]) -> Row | None:
    return min(rows, key=lambda row: row.seconds, default=None)


def _theirs(rows: Sequence[Row], own: bool = False) -> list[Row]:
    return [row for row in rows if row.library != OURS.name and row.done and row.own == own]


def _ours(rows: Sequence[Row], method: str, precision: str = "") -> list[Row]:
    return [
        row
        for row in rows
        if (row.library, row.method) == (OURS.name, method)
        and row.done
        and precision in ("", row.precision)
    ]


def _ratio(target: str, required: float, theirs: Row | None, ours: Row | None) -> TargetResult:
    """The ratio of their run time to ours."""
    if theirs is None or ours is None:
        return TargetResult(target, required, None, "not measured")
    compared = (
        f"{theirs.library} {theirs.method} {theirs.seconds:.3g} s, "
        f"ours {ours.precision} {ours.seconds:.3g} s"
    )
    return TargetResult(target, required, theirs.seconds / ours.seconds, compared)


def _matrix(
    precision: str, required: float
) -> Callable[[Sequence[Row], float | None], TargetResult]:
    def evaluate(rows: Sequence[Row], _: float | None) -> TargetResult:
        exact = [row for row in _theirs(rows) if row.exact and row.error <= MAX_ERROR]
        target = f"all effects, {precision}, against the fastest exact library"
        return _ratio(target, required, _fastest(exact), _fastest(_ours(rows, "auto", precision)))

    return evaluate


def _by_default(rows: Sequence[Row], _: float | None) -> TargetResult:
    """With the second-order term, which no other library computes."""
    exact = [row for row in _theirs(rows) if row.exact and row.error <= MAX_ERROR]
    target = "ax.attribute with its defaults, float64, against the fastest exact library"
    ours = _ours(rows, "attribute by default", "float64")
    return _ratio(target, 10, _fastest(exact), _fastest(ours))


def _lissa(rows: Sequence[Row], _: float | None) -> TargetResult:
    """Compared with every LiSSA that has a useful result; ours must be at least as accurate as the best."""
    theirs = [row for row in _theirs(rows) if row.method == "lissa" and row.error < 1]
    best = min((row.error for row in theirs), default=float("inf"))
    ours = [row for row in _ours(rows, "lissa") if row.error <= best]
    target = "LiSSA, no less accurate, against the fastest library's"
    return _ratio(target, 50, _fastest(theirs), _fastest(ours))


def _own(rows: Sequence[Row], _: float | None) -> TargetResult:
    target = "self-influence (and every leverage) against the fastest library's self-influence"
    ours = _fastest(_ours(rows, "self", "float64"))
    return _ratio(target, 10, _fastest(_theirs(rows, own=True)), ours)


def _mlp(rows: Sequence[Row], exact_lds: float | None) -> TargetResult:
    exact_lds = float("nan") if exact_lds is None else exact_lds
    useful = [
        row for row in _theirs(rows) if row.lds is not None and row.lds >= exact_lds - MAX_LDS_GAP
    ]
    ours = [row for row in _ours(rows, "auto") if row.lds >= exact_lds - 0.01]
    target = "exact Fisher, score within 0.01, against the fastest useful approximation"
    return _ratio(target, 1, _fastest(useful), _fastest(ours))


def _transformer(rows: Sequence[Row], _: float | None) -> TargetResult:
    scored = [row for row in _theirs(rows) if row.lds is not None]
    best = max(scored, key=lambda row: row.lds, default=None)
    ours = [
        row
        for method in ("auto", "ekfac")
        for row in _ours(rows, method)
        if best is not None and row.lds >= best.lds
    ]
    target = "all parameters, score no lower than any, against the library with the best score"
    return _ratio(target, 2, best, _fastest(ours))


TARGETS: dict[str, tuple[Callable[[Sequence[Row], float | None], TargetResult], ...]] = {
    "logistic": (
        _matrix("float64", 15),
        _matrix("float32", 25),
        _by_default,
        _lissa,
        _own,
    ),
    "mlp": (_mlp,),
    "digits": (_matrix("float64", 5), _matrix("float32", 5)),
    "transformer": (_transformer,),
}
