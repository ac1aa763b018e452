"""Random results of the views of groups, decisions and single rows."""

from __future__ import annotations

import numpy as np

from afif_explorer.results import (
    Closeness,
    CoefficientRows,
    ComparedRows,
    Comparison,
    CurvatureTruth,
    Decisions,
    Diagnostics,
    FlipProof,
    PatternRows,
    Patterns,
    Person,
    PersonDecision,
    Side,
    SolverSummary,
)


def patterns(words: str | None = None) -> Patterns:
    rng = np.random.default_rng(7)
    return Patterns(
        found=tuple(
            PatternRows(
                words=words or f"relationship = wife and income <= {place}",
                ids=np.sort(rng.choice(3000, 40 + place, replace=False)),
                share=0.023,
                p_value=0.01 if place < 2 else 0.3,
                chosen=-0.02,
                summed=-0.024 / (place + 1),
                newton=np.nan if place == 2 else -0.043 / (place + 1),
                retrained=-0.051 / (place + 1),
            )
            for place in range(3)
        ),
        n_train=3000,
        depth=3,
        searched=33_472,
        permutations=99,
        direction="lower",
        chosen_on="validation rows",
        told_on="test rows",
        target_label=words or "mean loss on the test rows",
        target_value=0.2,
        unit=words or "nats",
        seconds=4.5,
        notes=(words or "Two groups are small.",),
    )


def decisions(words: str | None = None, n: int = 400) -> Decisions:
    rng = np.random.default_rng(8)
    margin = rng.exponential(1.5, n)
    counts = np.ceil(80 * margin**1.4)
    counts[counts > 300] = np.nan
    group = np.where(rng.random(n) < 0.67, words or "Male", "Female").astype(object)
    return Decisions(
        split="test",
        rows_label="test rows",
        ids=rng.permutation(10 * n)[:n],
        decision=np.where(rng.random(n) < 0.3, words or ">50K", "<=50K").astype(object),
        margin=margin,
        counts=counts,
        verified=counts <= 20,
        group=group,
        n_train=3000,
        most=300,
        refitted=20,
        seconds=3.1,
    )


def person(words: str | None = None) -> Person:
    rng = np.random.default_rng(9)
    rows = rng.permutation(3000)[:12]
    return Person(
        split="test",
        rows_label="test rows",
        place=0,
        id=41,
        values={"age": 43, words or "job": words or "clerk"},
        outcome=words or ">50K",
        prediction=0.52,
        predicted=words or ">50K",
        shown=rows[:10],
        effects=-rng.exponential(1e-3, 10),
        outcomes=np.full(10, words or ">50K", dtype=object),
        unit="probability",
        decision=PersonDecision(words or ">50K", "<=50K", 0.08, rows, True, 300),
        proof=FlipProof("<=50K", -0.01, True, 1e-10),
    )


def diagnostics(words: str | None = None, n: int = 300) -> Diagnostics:
    rng = np.random.default_rng(10)
    leverage, residual = rng.beta(1, 100, n), rng.normal(0, 1, n)
    rank = 4
    cooks = residual**2 * leverage / ((1 - leverage) * rank)
    names = (words or "age", "hours", "intercept")
    ids = rng.permutation(10 * n)[:n]
    moved = rng.normal(0, 0.05, n)
    return Diagnostics(
        ids=ids,
        leverage=leverage,
        residual=residual,
        cooks_distance=cooks,
        rank=rank,
        influential=cooks > 4 / n,
        rule=words or "beyond a limit",
        outliers=ids[:2],
        names=names,
        values=np.array([0.5, -0.2, 1.0]),
        largest=np.array([0.2, 0.4, 0.1]),
        largest_row=ids[:3],
        beyond=np.array([3, 7, 0]),
        coefficient=CoefficientRows(
            names[0], 0.5, -0.1 * moved, moved, (rng.normal(0, 1, n), rng.normal(0, 1, n))
        ),
    )


def comparison(words: str | None = None, n: int = 300) -> Comparison:
    rng = np.random.default_rng(11)
    before = rng.standard_t(3, n) * 1e-5
    now = 0.8 * before + rng.normal(0, 1e-6, n)
    ids = rng.permutation(10 * n)[:n]
    solver = SolverSummary("Cholesky", "converged", "", 1e-14, 0.0, 0.02)
    if words is not None:
        solver = SolverSummary(words, "max_steps", words, 1e-2, 0.1, 0.02)
    name = words or "Logistic regression, ridge 0.001"
    sides = [Side(name, {words or "Accuracy": value}, 0.3, solver) for value in (0.84, 0.85)]
    some = np.array([words or ">50K", "<=50K"], dtype=object)
    rows = ComparedRows(
        ids=ids,
        before=before,
        now=now,
        pearson=0.99,
        spearman=0.98,
        top_k=30,
        overlap=0.9,
        turned=ids[np.argsort(np.abs(before))[:3]],
        split="test rows",
        difference=0.02,
        changed=np.array([3, 8]),
        decisions=(some, some[::-1]),
        n_split=100,
    )
    return Comparison(
        sides[1], sides[0], rows, words or "mean loss on the test rows", words or "nats"
    )


def curvature_truth(words: str | None = None) -> CurvatureTruth:
    rng = np.random.default_rng(12)
    truth = rng.standard_t(3, 40) * 1e-5
    near = {name: truth + rng.normal(0, 1e-6, 40) for name in ("Fisher", "Hessian")}
    truths = {"retrained": truth, "Bregman response": 0.9 * truth}
    close = {(name, one): Closeness(0.99, 1.02, 0.1) for name in near for one in truths}
    label, unit = words or "mean loss on the test rows", words or "nats"
    notes = (words,) if words else ()
    return CurvatureTruth(np.arange(40) * 3, near, truths, close, 3e-11, label, unit, notes)
