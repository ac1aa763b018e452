"""Blocks of a curvature are those of its dense matrix, for every model, also with sparse rows."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
import torch

import afif_explorer as ax
from afif_explorer.engine.curvature.blocks import block_of, dense, filled
from afif_explorer.engine.jacobians.sparse import SparseRows
from tests.helpers.cases import CASES, Case


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("kind", [ax.Fisher, ax.Hessian, ax.EmpiricalFisher])
def test_a_block_is_that_of_the_matrix(case: Case, kind: type) -> None:
    problem = case.make(seed=3)
    curvature = kind(problem.objective, problem.theta, damping=0.2)
    everything = torch.arange(curvature.p)
    for rows, columns in (
        (everything[1::2], everything[::3]),  # some in both
        (everything[:0], everything),
        (everything, everything[:0]),
        (everything[-1:], everything[-2:]),  # the intercept
    ):
        block, matrix = block_of(curvature, rows, columns), curvature.dense()
        torch.testing.assert_close(dense(block), matrix[rows[:, None], columns])


@pytest.mark.parametrize("intercept", [True, False])
def test_sparse_rows_give_sparse_blocks(intercept: bool) -> None:
    draw = np.random.default_rng(0)
    X = scipy.sparse.random_array((60, 25), density=0.1, rng=draw, format="csr")
    y = draw.integers(0, 2, 60).astype(float)
    model, penalty = ax.LinearMap(25, intercept=intercept), ax.ElasticNet(0.1)
    theta = torch.as_tensor(draw.normal(size=model.p))
    thin, thick = (
        ax.Fisher(ax.Objective(model, "bernoulli", penalty, rows, y), theta, damping=0.3)
        for rows in (X, X.toarray())
    )
    everything = torch.arange(model.p)
    for rows, columns in ((everything[::2], everything[::3]), (everything[:0], everything)):
        block = block_of(thin, rows, columns)
        assert isinstance(block, SparseRows)
        torch.testing.assert_close(dense(block), block_of(thick, rows, columns))
    assert isinstance(filled(block_of(thin, everything, everything)), torch.Tensor)
    torch.testing.assert_close(thin.dense(), thick.dense())


def test_the_matrix_of_very_sparse_rows_is_a_sparse_product(monkeypatch) -> None:
    draw = np.random.default_rng(1)
    X = scipy.sparse.random_array((200, 60), density=0.02, rng=draw, format="csr")
    thin, thick = (
        ax.Fisher(
            ax.Objective(
                ax.LinearMap(60, 3), "categorical", ax.Ridge(0.1), rows, np.arange(200) % 3
            ),
            torch.linspace(-1, 1, 183, dtype=torch.float64),
        )
        for rows in (X, X.toarray())
    )
    monkeypatch.setattr(type(thin.point.linearization), "explicit", None)  # no dense rows
    torch.testing.assert_close(thin.dense(), thick.dense())
