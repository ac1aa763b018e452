"""Whether LiSSA's "converged" can be trusted: effects against dense float64 matrices, on random problems.

``python -m benchmarks.lissa_verdicts`` draws 300 problems: linear maps and networks (perceptrons, a
convolution and transformers), four losses, a ridge of 1e-5 to 1e-1, fits at their minimum and fits stopped
early, LiSSA with its own settings and with random ones, the Fisher and the Hessian, effects with the defaults
(leverage correction, second order) and of the plain step. A run has converged if ``attribute`` does not warn
``NotConverged``. Its error is ``||e - e*|| / ||e*||`` over all rows, the worst of three targets, with ``e*``
from matrices that autograd makes of the module itself. It prints for each kind how many runs converged, their
median and largest error, and every run that converged beyond 5 %. ``--seeds 0 40`` selects problems.
"""

from __future__ import annotations

import argparse
import warnings
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel

import afif_explorer as ax

PROBLEMS = 300
BOUND = 0.05
NEW = 30  # test rows
TARGETS = (ax.MeanLoss("test"), ax.PointLoss("test", 0), ax.Prediction("test", 1))
KINDS = (
    ("linear map", "gaussian"),
    ("linear map", "bernoulli"),
    ("linear map", "categorical"),
    ("linear map", "poisson"),
    ("perceptron", "gaussian"),
    ("perceptron", "bernoulli"),
    ("perceptron", "categorical"),
    ("perceptron", "poisson"),
    ("convolutions", "categorical"),
    ("transformer", "categorical"),
)


class Encoder(nn.Module):
    """Token ids to classes."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0, batch_first=True)
        self.table, self.body = nn.Embedding(9, 4), nn.TransformerEncoder(layer, 1)
        self.head = nn.Linear(4, 3)

    def forward(self, ids: Tensor) -> Tensor:
        return self.head(self.body(self.table(ids)).mean(1))


@dataclass(frozen=True)
class Run:
    """One problem: the relative error of the effects; None: not converged."""

    kind: str
    seed: int
    error: float | None


def main() -> None:
    """Print the table and the runs that are off."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs=2, default=(0, PROBLEMS))
    by_kind: dict[str, list[Run]] = defaultdict(list)
    for seed in range(*parser.parse_args().seeds):
        run = measure(seed)
        by_kind[run.kind].append(run)
        by_kind["all"].append(run)
        if run.error is not None and not run.error <= BOUND:
            print(f"seed {seed} ({run.kind}) converged and is off by {run.error:.3f}", flush=True)
    print(f"{'':<24} {'problems':>9} {'converged':>9} {'median':>8} {'largest':>8}")
    for kind, runs in by_kind.items():
        errors = [run.error for run in runs if run.error is not None]
        shown = f"{np.median(errors):>8.4f} {max(errors):>8.4f}" if errors else ""
        print(f"{kind:<24} {len(runs):>9} {len(errors):>9} {shown}")


def measure(seed: int) -> Run:
    """LiSSA on one problem, against dense matrices."""
    drawn, draw = problem(seed), np.random.default_rng([seed, 1])
    hessian, plain = draw.random() < 0.25, draw.random() < 0.3
    quick = hessian and not drawn.fit.objective.canonical
    method = ax.InfinitesimalJackknife if hessian else ax.AFIF
    solver = settings(draw, drawn.fit.n, seed, quick=quick)
    found = attributed(drawn.fit, method(solver, leverage_correction=False if plain else "auto"))
    if found is None:
        return Run(drawn.kind, seed, None)
    with sdpa_kernel(SDPBackend.MATH):  # attention with second derivatives
        truth = dense_effects(drawn, hessian=hessian, corrected=not plain)
    apart = np.linalg.norm(found - truth, axis=0) / np.linalg.norm(truth, axis=0)
    return Run(drawn.kind, seed, float(apart.max()))


def attributed(fit: ax.Fit, method: ax.Method) -> np.ndarray | None:
    """The effects ``[n, 3]``; None if the solver did not converge."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            found = ax.attribute(fit, list(TARGETS), method, refine=False)
        except (ax.SolverDiverged, ax.CurvatureError):
            return None
    approximate = any(issubclass(one.category, ax.NotConverged) for one in told)
    return None if approximate else np.asarray(found)


def settings(draw: np.random.Generator, n: int, seed: int, *, quick: bool) -> ax.LiSSA:
    """LiSSA with its own settings, or with any of them drawn. ``quick``: always a depth of at most 300."""
    if draw.random() < 0.4 and not quick:
        return ax.LiSSA(seed=seed)
    depth = int(10 ** draw.uniform(1, 2.5 if quick else 3.5))
    return ax.LiSSA(
        depth=depth if draw.random() < 0.7 or quick else None,
        repeats=int(draw.integers(1, 6)),
        batch_size=int(draw.integers(8, 2 * n)) if draw.random() < 0.7 else None,
        average=float(draw.random()) if draw.random() < 0.3 else None,
        seed=seed,
    )


@dataclass(frozen=True, eq=False)
class Problem:
    """A fit of some kind, its training rows and its test rows as tensors."""

    kind: str
    fit: ax.Fit
    X: Tensor
    new: Tensor


def problem(seed: int) -> Problem:
    """One of the kind whose turn it is."""
    draw = np.random.default_rng(seed)
    torch.manual_seed(seed)
    name, loss = KINDS[seed % len(KINDS)]
    n, d = int(draw.integers(60, 300)), int(draw.integers(2, 8))
    k = 3 if loss == "categorical" else 1
    scales = 10 ** draw.uniform(-1, 1, d)  # columns of different sizes
    X: np.ndarray = draw.normal(size=(n + NEW, d)) * scales
    model: nn.Module | ax.LinearMap = ax.LinearMap(d, k)
    if name == "perceptron":
        h = int(draw.integers(2, 9))
        model = nn.Sequential(nn.Linear(d, h), nn.Tanh(), nn.Linear(h, k))
    elif name == "convolutions":
        X = draw.normal(size=(n + NEW, 1, 6, 6))
        last = nn.Linear(8, k)
        model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), last)
    elif name == "transformer":
        X = draw.integers(0, 9, size=(n + NEW, 5))
        model = Encoder()
    y = targets(draw, loss, X.reshape(len(X), -1), k)
    penalty = ax.Ridge(float(10 ** draw.uniform(-5, -1)))
    objective = ax.Objective(model, loss, penalty, X[:n], y[:n])
    steps = None if draw.random() < 0.5 else int(draw.integers(20, 200))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = ax.fit_objective(objective, test=(X[n:], y[n:]), seed=seed, max_steps=steps)
    return Problem(f"{name}, {loss}", fit, *torch.as_tensor(X).split((n, NEW)))


def targets(draw: np.random.Generator, loss: str, X: np.ndarray, k: int) -> np.ndarray:
    """Answers that depend on the rows, with noise."""
    spread = np.maximum(X.std(0), 1e-9)
    score = (X - X.mean(0)) / spread @ draw.normal(size=(X.shape[1], k)) / np.sqrt(X.shape[1])
    if loss == "gaussian":
        return score[:, 0] + 0.5 * draw.normal(size=len(X))
    if loss == "bernoulli":
        return (draw.random(len(X)) < 1 / (1 + np.exp(-2 * score[:, 0]))).astype(float)
    if loss == "poisson":
        return draw.poisson(np.exp(np.clip(score[:, 0], -3, 2))).astype(float)
    classes = (2 * score + draw.gumbel(size=score.shape)).argmax(1)
    classes[[*range(k), *range(-k, 0)]] = [*range(k), *range(k)]  # every class occurs
    return classes


# The truth: matrices that autograd makes of the module, and dense solves.


def dense_effects(drawn: Problem, *, hessian: bool, corrected: bool) -> np.ndarray:
    """The effects ``[n, 3]`` of the default order, with leverage correction or without."""
    objective, module = drawn.fit.objective, drawn.fit.to_module()
    loss = objective.loss.name.lower()
    theta = torch.cat([value.detach().reshape(-1) for value in module.parameters()])
    shapes = [(name, value.shape) for name, value in module.named_parameters()]

    def outputs(at: Tensor, X: Tensor) -> Tensor:
        parts = at.split([shape.numel() for _, shape in shapes])
        named = {
            name: part.reshape(shape) for (name, shape), part in zip(shapes, parts, strict=True)
        }
        return functional_call(module, named, (X,))

    X, y, n = drawn.X, objective.y, objective.n
    logits = outputs(theta, X)
    jacobian = jacobian_of(lambda at: outputs(at, X), theta)  # [n, k, p]
    residual, inner = derivatives(loss, logits.detach(), y)
    ridge = objective.penalty.strength * objective.penalised.double()
    if hessian:
        matrix = hessian_of(lambda at: NLL[loss](outputs(at, X), y).mean(), theta)
    else:
        matrix = torch.einsum("nka,nkl,nlb->ab", jacobian, inner, jacobian) / n
    inverse = torch.linalg.pinv(matrix + torch.diag(ridge), hermitian=True, rtol=1e-13)
    new, answers = drawn.new, drawn.fit.sample("test").y
    tests = [
        lambda at: NLL[loss](outputs(at, new), answers).mean(),
        lambda at: NLL[loss](outputs(at, new[:1]), answers[:1]).mean(),
        lambda at: mean_of(loss, outputs(at, new[1:2]))[0],
    ]
    slopes = torch.stack([gradient_of(one, theta) for one in tests], dim=1)
    if corrected:
        moves = torch.einsum("nka,ab,nlb->nkl", jacobian, inverse, jacobian) / n
        eye = torch.eye(inner.shape[1], dtype=theta.dtype)
        residual = torch.linalg.solve(eye - inner @ moves, residual[:, :, None])[:, :, 0]
    steps = torch.einsum("nka,nk->na", jacobian, residual) @ inverse / n
    effects = steps @ slopes
    if objective.canonical:
        bends = [hessian_of(one, theta) for one in tests]
        effects += torch.stack([((steps @ one) * steps).sum(1) for one in bends], dim=1) / 2
    return effects.numpy()


def gradient_of(function, theta: Tensor) -> Tensor:
    at = theta.clone().requires_grad_()
    return torch.autograd.grad(function(at), at)[0]


def jacobian_of(function, theta: Tensor) -> Tensor:
    """One backward pass for each output."""
    at = theta.clone().requires_grad_()
    found = function(at)
    rows = [torch.autograd.grad(one, at, retain_graph=True)[0] for one in found.reshape(-1)]
    return torch.stack(rows).reshape(*found.shape, len(theta))


def hessian_of(function, theta: Tensor) -> Tensor:
    """One backward pass for each parameter."""
    at = theta.clone().requires_grad_()
    [slope] = torch.autograd.grad(function(at), at, create_graph=True)
    if not slope.requires_grad:
        return torch.zeros(len(theta), len(theta), dtype=theta.dtype)
    rows = [
        torch.autograd.grad(one, at, retain_graph=True, materialize_grads=True)[0] for one in slope
    ]
    return torch.stack(rows)


NLL = {
    "gaussian": lambda f, y: (f[:, 0] - y) ** 2 / 2,
    "bernoulli": lambda f, y: nn.functional.softplus(f[:, 0]) - y * f[:, 0],
    "poisson": lambda f, y: torch.exp(f[:, 0]) - y * f[:, 0],
    "categorical": lambda f, y: nn.functional.cross_entropy(f, y.long(), reduction="none"),
}


def mean_of(loss: str, f: Tensor) -> Tensor:
    """The mean prediction of rows; of several classes the probability of the last."""
    if loss == "categorical":
        return torch.softmax(f, 1)[:, -1]
    inverse = {"gaussian": lambda v: v, "bernoulli": torch.sigmoid, "poisson": torch.exp}
    return inverse[loss](f[:, 0])


def derivatives(loss: str, f: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """``A'(f) - y`` ``[n, k]`` and ``A''(f)`` ``[n, k, k]``."""
    if loss == "categorical":
        p = torch.softmax(f, 1)
        inner = torch.diag_embed(p) - p[:, :, None] * p[:, None]
        return p - nn.functional.one_hot(y.long(), f.shape[1]), inner
    mean = mean_of(loss, f)
    variance = {"gaussian": torch.ones_like(mean), "bernoulli": mean * (1 - mean), "poisson": mean}
    return (mean - y)[:, None], variance[loss][:, None, None]


if __name__ == "__main__":
    main()
