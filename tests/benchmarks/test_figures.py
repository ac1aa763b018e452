"""Results on the page of checks that are quick enough to reproduce in every build."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import afif_explorer as ax
from afif_explorer.analysis.rows.compare import pearson
from benchmarks import lasso_support, product_costs, reference_splits


@pytest.mark.parametrize("name", product_costs.SHAPES)
def test_a_fisher_product_takes_about_half_the_operations_of_a_hessian_product(name: str) -> None:
    problem = product_costs.objective(*product_costs.SHAPES[name])
    theta = problem.vector(problem.model.initial(0))
    v = torch.ones(problem.p, 1, dtype=theta.dtype)
    fisher, hessian = (
        product_costs.operations(product_costs.product(kind, problem, theta, v))
        for kind in (ax.Fisher, ax.Hessian)
    )
    assert fisher <= 10 * problem.p * problem.n
    assert 1.5 <= hessian / fisher <= 2.2


def test_one_proximal_step_keeps_the_features_that_a_refit_keeps(data_home) -> None:
    data = reference_splits.load("crime")
    fit = ax.fit(data, model="linear", penalty=ax.Lasso(2e-3))
    fisher = ax.Fisher(fit.objective, fit.parameters).dense()
    still = lasso_support.fixed_zeros(fit, fisher, fit.objective.weights(None))
    torch.testing.assert_close(still, fit.parameters, atol=1e-9, rtol=0)  # a fair comparison
    draw = np.random.default_rng(0)
    alone = lasso_support.compare(fit, draw.choice(fit.n, 40, replace=False)[:, None])
    assert alone["prox support"].mean() >= 0.9 > alone["fixed zeros support"].mean()
    assert alone["corrected support"].all()  # a squared loss: the refit itself
    assert alone["corrected error"].max() < 1e-6
    assert np.median(alone["prox error"]) < 0.03 < np.median(alone["fixed zeros error"])
    many = [draw.choice(fit.n, fit.n // 20, replace=False) for _ in range(160)]
    sets = lasso_support.compare(fit, many)
    assert sets["prox support"].mean() >= 0.6 > 0.1 > sets["fixed zeros support"].mean()
    assert np.median(sets["prox error"]) < 0.12 < 0.4 < np.median(sets["fixed zeros error"])
    assert pearson(sets["predicted"], sets["true"]) > 0.99
