"""Leverage-corrected proximal steps where removals change zeros: of quadratic losses they are the refits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import afif_explorer as ax
from afif_explorer.engine.training.proximal import ProximalProblem, ProximalSolution
from tests.helpers.cases import KINKED

TARGET = ax.MeanLoss("test")
PENALTIES = [
    ax.Lasso(0.1),
    ax.ElasticNet(0.1, 0.7),
    ax.GroupLasso(0.1, groups=tuple((i, i + 1) for i in range(0, 60, 2))),
]


def fitted(penalty: ax.Penalty, outputs: int = 1, seed: int = 0) -> ax.Fit:
    """More inputs than rows: most removals change which parameters are zero."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(44, 60 // outputs))
    Y = X[:, :outputs] + X[:, 1 : 1 + outputs] + rng.normal(size=(44, outputs))
    Y = Y[:, 0] if outputs == 1 else Y
    model = ax.LinearMap(60 // outputs, outputs)
    objective = ax.Objective(model, "gaussian", penalty, X[:32], Y[:32])
    return ax.fit_objective(objective, test=(X[32:], Y[32:]))


def changing(fit: ax.Fit) -> list[int]:
    """Some rows whose removal changes which parameters are zero."""
    zeros = fit.theta == 0
    found = [row for row in range(fit.n) if ((ax.retrain(fit, [row]).theta == 0) != zeros).any()]
    return found[:6]


@pytest.mark.parametrize("penalty", PENALTIES, ids=lambda one: type(one).__name__)
def test_effects_are_those_of_refits_where_zeros_change(penalty: ax.Penalty) -> None:
    fit = fitted(penalty)
    rows = changing(fit)
    assert len(rows) == 6
    truth = [ax.retrain(fit, [row]).effects(TARGET)[TARGET] for row in rows]
    effects = np.asarray(ax.attribute(fit, TARGET))
    np.testing.assert_allclose(effects[rows], truth, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("penalty", PENALTIES[:2], ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("outputs", [1, 3])
def test_sets_and_several_outputs_too(penalty: ax.Penalty, outputs: int) -> None:
    fit = fitted(penalty, outputs)
    for rows in ([0], [1, 2], [3, 5, 8, 13]):
        found = ax.unlearn(fit, rows)
        np.testing.assert_allclose(found.theta, ax.retrain(fit, rows).theta, atol=1e-7)
        if len(rows) == 1:
            alone = ax.attribute(fit, TARGET)[rows[0]]
            moved = TARGET.bind(fit)
            change = moved.value(fit.objective.vector(found.theta)) - moved.value(fit.parameters)
            assert alone == pytest.approx(change, rel=1e-6)


def test_a_step_that_diverges_is_followed_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative curvature, along which the penalty does not hold the step of some rows."""
    [case] = [case for case in KINKED if case.name == "MLP with groups"]
    problem, solved = case.make(), []
    solve = ProximalProblem.solve

    def watched(self: ProximalProblem, b: Tensor, **options: Any) -> ProximalSolution:
        solved.append(solve(self, b, **options))
        return solved[-1]

    monkeypatch.setattr(ProximalProblem, "solve", watched)
    influence = ax.NewtonStep(damping=0.3).prepare(problem.objective, problem.theta)
    with pytest.raises(ax.SolverDiverged, match="Set damping to at least"):
        influence.effects(torch.ones(problem.objective.p, 1, dtype=torch.float64))
    assert [one.bounded for one in solved].count(False) == 1
    assert not solved[-1].bounded
