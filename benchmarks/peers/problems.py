"""The four problems, and small versions for smoke tests."""

from __future__ import annotations

import dataclasses
from functools import partial

from benchmarks.common.problems import Problem


@dataclasses.dataclass(frozen=True)
class Case:
    """A problem and the damping that all methods use, which also represents the penalty.

    ``hessian``: whether the exact Hessian, affordable and not equal to the Fisher, is a second reference.
    """

    name: str
    title: str
    problem: Problem
    damping: float = 1e-2
    hessian: bool = False


_evaluated = partial(Problem, tuning=0, judging=30, seeds=0)  # warm retraining only

CASES = (
    Case(
        "logistic",
        "Logistic regression, 30,000 rows of 100 numbers, 200 queries",
        _evaluated("logistic-30000", "logistic", "plane", rows=30_000, strength=1e-3, queries=200),
        damping=1e-3,
    ),
    Case(
        "mlp",
        "Tanh MLP 100-64-64-2, 10,000 rows, 100 queries",
        _evaluated(
            "mlp-10754", "deep perceptron", "teacher", rows=10_000, strength=1e-2,
            steps=300, rate=0.003, polish=1000, warm_steps=100,
        ),
    ),
    Case(
        "digits",
        "Tanh MLP 64-32-10 on digits, 1500 rows, 297 queries",
        _evaluated(
            "digits-2410", "perceptron", "digits", rows=1500, strength=1e-3, queries=297,
            steps=400, rate=0.02, polish=1000, warm_steps=200,
        ),
        hessian=True,
    ),
    Case(
        "transformer",
        "Transformer of two blocks, 5000 sequences of 16 tokens, 50 queries",
        _evaluated(
            "transformer-133380", "encoder", "sentences", rows=5000, strength=1e-3, queries=50,
            steps=240, rate=0.003, batch=250, warm_steps=30, judging=20,
        ),
    ),
)  # fmt: skip


def quick(case: Case) -> Case:
    """The same with a tenth of the rows and few refits: a smoke test, not a measurement."""
    small = dataclasses.replace(
        case.problem, rows=case.problem.rows // 10, judging=4, queries=20,
        steps=min(case.problem.steps, 40), polish=min(case.problem.polish, 10), warm_steps=10,
    )  # fmt: skip
    return dataclasses.replace(case, title=f"{case.title} (a tenth of the rows)", problem=small)
