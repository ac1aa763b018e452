"""The three problems of this benchmark."""

from __future__ import annotations

import dataclasses
from functools import partial

from benchmarks.common.problems import Problem

_digits = partial(Problem, source="digits", steps=400, rate=0.02)

PROBLEMS = (
    Problem("logistic", "logistic", "adult", rows=4000, strength=1e-3),
    _digits("perceptron", "perceptron", rows=1200, strength=1e-3, polish=1000),
    _digits("transformer", "transformer", rows=500, strength=3e-3, polish=3000, seeds=2),
)
QUICK = tuple(
    dataclasses.replace(problem, tuning=10, judging=20, seeds=1, queries=50) for problem in PROBLEMS
)
