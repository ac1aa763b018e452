"""A brute-force reference for the engine: every quantity from explicit Jacobians and Hessians.

Slow and plain on purpose. It sees a model and a loss only as the plain functions of
:mod:`tests.helpers.cases`.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.func import grad, hessian, jacrev, vmap

from tests.helpers.cases import Problem


class Twin:
    """A problem at one ``theta`` and one weighting of its rows."""

    def __init__(
        self, problem: Problem, theta: Tensor | None = None, weights: Tensor | None = None
    ) -> None:
        self.problem, objective = problem, problem.objective
        self.theta = problem.theta if theta is None else theta
        self.X, self.y, self.n = objective.X, objective.y, objective.n
        self.w = torch.ones(self.n, dtype=self.X.dtype) if weights is None else weights
        self.f = problem.outputs(self.theta, self.X)  # [n, k]
        self.J = jacrev(problem.outputs)(self.theta, self.X)  # [n, k, p]
        self.k, self.p = self.J.shape[1:]
        self.free = torch.arange(self.p) < self.p - self.k * self._has_intercept()
        self.residual = vmap(grad(problem.nll))(self.f, self.y)  # [n, k]
        self.variance = vmap(hessian(problem.nll))(self.f, self.y)  # [n, k, k]

    def _has_intercept(self) -> bool:
        return getattr(self.problem.objective.model, "intercept", True)

    @property
    def gradients(self) -> Tensor:
        """Loss gradients of all rows, ``[n, p]``, by differentiating each row's loss as it stands."""

        def one(theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
            return self.problem.nll(self.problem.outputs(theta, x[None])[0], y)

        return vmap(grad(one), in_dims=(None, 0, 0))(self.theta, self.X, self.y)

    def value(self, theta: Tensor) -> Tensor:
        """``L(theta; w)``."""
        losses = vmap(self.problem.nll)(self.problem.outputs(theta, self.X), self.y)
        penalty = 0.5 * self.problem.ridge * (theta[self.free] ** 2).sum()
        return (self.w * losses).sum() / self.n + penalty

    def _penalty(self) -> Tensor:
        return torch.diag(self.problem.ridge * self.free.to(self.X.dtype))

    def fisher(self) -> Tensor:
        data = torch.einsum("n,nkp,nkl,nlq->pq", self.w, self.J, self.variance, self.J) / self.n
        return data + self._penalty()

    def hessian(self) -> Tensor:
        return hessian(self.value)(self.theta)

    def empirical_fisher(self) -> Tensor:
        g = self.gradients
        return torch.einsum("n,np,nq->pq", self.w, g, g) / self.n + self._penalty()

    def matrix(self, name: str) -> Tensor:
        """The matrix of a curvature of the engine, by its class name."""
        return {
            "Fisher": self.fisher,
            "Hessian": self.hessian,
            "EmpiricalFisher": self.empirical_fisher,
        }[name]()
