"""The measurements of each case: every library with its best settings."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.common.environments import LIBRARIES, OURS, Library

BY_NAME = {library.name: library for library in (*LIBRARIES, OURS)}


@dataclass(frozen=True)
class Run:
    """One measurement.

    Attributes:
        curvature: which matrix the method solves with or approximates, "Fisher" or "Hessian"; "" for neither.
        exact: whether it is exact up to rounding or a tolerance, by construction.
        own: whether it computes each row's effect on itself instead of effects on queries.
        setting: the value used in place of a damping; None for the case's damping.
        rows_power: multiplying scores by the number of rows to this power gives the units of the exact ones.
    """

    library: str
    method: str
    curvature: str = "Hessian"
    exact: bool = False
    own: bool = False
    precision: str = "float32"
    setting: float | None = None
    rows_power: int = 0

    @property
    def of(self) -> Library:
        return BY_NAME[self.library]

    @property
    def name(self) -> str:
        return f"{self.library} {self.method}" + (
            f" {self.precision}" if self.library == OURS.name else ""
        )


def _ours(method: str, precision: str, **choices: bool) -> Run:
    return Run(OURS.name, method, "Fisher", precision=precision, rows_power=1, **choices)


def _direct(*precisions: str) -> tuple[Run, ...]:
    return tuple(_ours("auto", precision, exact=True) for precision in precisions)


BOTH = ("float64", "float32")
TRAK = (
    Run("traker", "trak", "", setting=1.0),
    Run("traker", "trak without projection", "", setting=30.0),
)
DATTRI_TRAK = Run("dattri", "trak", "", setting=1.0)
EKFAC = (Run("kronfluence", "ekfac", "Fisher"), Run("pydvl", "ekfac", "Fisher"))
CURVLINOPS = Run("curvlinops", "ggn", "Fisher", exact=True)
TRACIN = Run("captum", "tracin", "")
NETWORK = (  # any network
    _ours("ekfac", "float32"),
    *EKFAC,
    Run("pydvl", "nystroem"),
    DATTRI_TRAK,
    TRAK[0],
    TRACIN,
    CURVLINOPS,
)
PERCEPTRON = (*_direct(*BOTH), *NETWORK, Run("dattri", "ekfac", "Fisher"))

RUNS: dict[str, tuple[Run, ...]] = {
    "logistic": (
        *_direct(*BOTH),
        *(_ours("attribute by default", x) for x in BOTH),
        *(_ours(method, x) for method in ("lissa", "lissa by default") for x in BOTH),
        *(Run(OURS.name, "self", "Fisher", True, True, x, rows_power=1) for x in BOTH),
        Run("dattri", "explicit", exact=True),
        Run("dattri", "lissa"),
        Run("dattri", "ekfac", "Fisher"),
        Run("dattri", "self", exact=True, own=True),
        Run("pydvl", "direct", exact=True),
        Run("pydvl", "cg", exact=True),
        Run("pydvl", "lissa"),
        Run("pydvl", "self", exact=True, own=True),
        *EKFAC,
        Run("kronfluence", "self", "Fisher", own=True),
        Run("captum", "naive", exact=True),
        Run("captum", "self", exact=True, own=True),
        TRACIN,
        CURVLINOPS,
        DATTRI_TRAK,
        *TRAK,
    ),
    "mlp": PERCEPTRON,
    "digits": (
        *PERCEPTRON,
        Run("dattri", "explicit", exact=True),
        Run("pydvl", "direct", exact=True),
        Run("pydvl", "cg", exact=True),
        Run("pydvl", "arnoldi"),
        Run("captum", "naive"),
    ),
    "transformer": (*_direct("float32"), *NETWORK),
}
