"""The three problems of this benchmark."""

from __future__ import annotations

import dataclasses

from benchmarks.common.problems import Problem

PROBLEMS = (
    Problem("logistic", "logistic", "adult", rows=4000, strength=1e-3),
    Problem(
        "perceptron",
        "perceptron",
        "digits",
        rows=1200,
        strength=1e-3,
        steps=400,
        rate=0.02,
        polish=1000,
    ),
    Problem(
        "transformer",
        "transformer",
        "digits",
        rows=500,
        strength=3e-3,
        steps=400,
        rate=0.02,
        polish=3000,
        seeds=2,
    ),
)
QUICK = tuple(
    dataclasses.replace(problem, tuning=10, judging=20, seeds=1, queries=50) for problem in PROBLEMS
)
