"""What was promised, beside what this run gave."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from benchmarks.common.environments import OURS
from benchmarks.peers.measure import Row

RIGHT = 0.01  # relative error up to which an exact method counts as such
NEAR = 0.2  # an approximation counts if its score is at most so far below the exact Fisher's


@dataclasses.dataclass(frozen=True)
class Verdict:
    """One promise. ``found`` is None if the run could not tell; ``words`` say what was compared."""

    promise: str
    wanted: float
    found: float | None
    words: str

    @property
    def kept(self) -> bool:
        return self.found is not None and self.found >= self.wanted


def verdicts(case: str, rows: Sequence[Row], exact_lds: float | None) -> list[Verdict]:
    """The promises about a case. ``exact_lds``: the exact Fisher's score in float64, if known."""
    return [one(rows, exact_lds) for one in PROMISES.get(case, ())]


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


def _ratio(promise: str, wanted: float, theirs: Row | None, ours: Row | None) -> Verdict:
    """How many times longer the other one takes."""
    if theirs is None or ours is None:
        return Verdict(promise, wanted, None, "not measured")
    words = (
        f"{theirs.library} {theirs.method} {theirs.seconds:.3g} s, "
        f"ours {ours.precision} {ours.seconds:.3g} s"
    )
    return Verdict(promise, wanted, theirs.seconds / ours.seconds, words)


def _matrix(precision: str, wanted: float) -> Callable[[Sequence[Row], float | None], Verdict]:
    def judge(rows: Sequence[Row], _: float | None) -> Verdict:
        right = [row for row in _theirs(rows) if row.exact and row.error <= RIGHT]
        promise = f"all effects, {precision}, against the fastest exact library"
        return _ratio(promise, wanted, _fastest(right), _fastest(_ours(rows, "auto", precision)))

    return judge


def _by_default(rows: Sequence[Row], _: float | None) -> Verdict:
    """With the second-order term, which no other library gives."""
    right = [row for row in _theirs(rows) if row.exact and row.error <= RIGHT]
    promise = "ax.attribute with its defaults, float64, against the fastest exact library"
    ours = _ours(rows, "attribute by default", "float64")
    return _ratio(promise, 10, _fastest(right), _fastest(ours))


def _lissa(rows: Sequence[Row], _: float | None) -> Verdict:
    """Against each library's LiSSA whose answer is finite; ours must be at least as accurate as the best."""
    theirs = [row for row in _theirs(rows) if row.method == "lissa" and row.error < 1]
    best = min((row.error for row in theirs), default=float("inf"))
    ours = [row for row in _ours(rows, "lissa") if row.error <= best]
    promise = "LiSSA, no less accurate, against the fastest library's"
    return _ratio(promise, 50, _fastest(theirs), _fastest(ours))


def _own(rows: Sequence[Row], _: float | None) -> Verdict:
    promise = "self-influence (and every leverage) against the fastest library's self-influence"
    ours = _fastest(_ours(rows, "self", "float64"))
    return _ratio(promise, 10, _fastest(_theirs(rows, own=True)), ours)


def _mlp(rows: Sequence[Row], exact_lds: float | None) -> Verdict:
    exact_lds = float("nan") if exact_lds is None else exact_lds
    near = [row for row in _theirs(rows) if row.lds is not None and row.lds >= exact_lds - NEAR]
    ours = [row for row in _ours(rows, "auto") if row.lds >= exact_lds - 0.01]
    promise = "exact Fisher, score within 0.01, against the fastest useful approximation"
    return _ratio(promise, 1, _fastest(near), _fastest(ours))


def _transformer(rows: Sequence[Row], _: float | None) -> Verdict:
    scored = [row for row in _theirs(rows) if row.lds is not None]
    best = max(scored, key=lambda row: row.lds, default=None)
    ours = [
        row
        for method in ("auto", "ekfac")
        for row in _ours(rows, method)
        if best is not None and row.lds >= best.lds
    ]
    promise = "all parameters, score no lower than any, against the library with the best score"
    return _ratio(promise, 2, best, _fastest(ours))


PROMISES: dict[str, tuple[Callable[[Sequence[Row], float | None], Verdict], ...]] = {
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
