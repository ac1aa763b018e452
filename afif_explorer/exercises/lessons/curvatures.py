"""Lesson 03, Fisher and Hessian: second derivatives by automatic differentiation of a plain function."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

from afif_explorer.analysis.fits.fitting import Fit, fit
from afif_explorer.analysis.rows.attribution import attribute
from afif_explorer.datasets import load
from afif_explorer.engine.influence.methods import AFIF, InfinitesimalJackknife
from afif_explorer.engine.problem.penalties import Ridge
from afif_explorer.engine.targets.losses import MeanLoss
from afif_explorer.exercises.exercise import Exercise, Mistake
from afif_explorer.exercises.kinds import Number, Rows

_STRENGTH = 1e-2


@cache
def _fit() -> Fit:
    return fit(load("breast_cancer"), model="mlp", hidden=(3,), penalty=Ridge(_STRENGTH))


@cache
def _matrices() -> tuple[Tensor, Tensor]:
    """Fisher information and Hessian of the mean loss, without the penalty."""
    train, net = load("breast_cancer").train, _fit().to_module()
    X, y = torch.tensor(train.X), torch.tensor(train.y, dtype=torch.float64)
    shapes = {name: value.detach() for name, value in net.named_parameters()}
    theta = torch.cat([value.reshape(-1) for value in shapes.values()])

    def outputs(flat: Tensor) -> Tensor:
        parts = flat.split([value.numel() for value in shapes.values()])
        named = {
            name: part.reshape(value.shape)
            for (name, value), part in zip(shapes.items(), parts, strict=True)
        }
        found: Tensor = torch.func.functional_call(net, named, (X,))
        return found.reshape(-1)

    def loss(flat: Tensor) -> Tensor:
        z = outputs(flat)
        return (torch.nn.functional.softplus(z) - y * z).mean()

    J = torch.func.jacfwd(outputs)(theta)
    p = outputs(theta).sigmoid()
    return (J * (p * (1 - p))[:, None]).T @ J / len(y), torch.func.jacfwd(torch.func.jacrev(loss))(
        theta
    )


def _share(numerator: Tensor, denominator: Tensor) -> float:
    return float(numerator.norm() / denominator.norm())


def _right() -> float:
    fisher, hessian = _matrices()
    return _share(hessian - fisher, hessian)


def _with_penalty() -> float:
    fisher, hessian = _matrices()
    weights = torch.cat(
        [
            torch.full((value.numel(),), float(value.ndim == 2), dtype=torch.float64)
            for _, value in _fit().to_module().named_parameters()
        ]
    )
    return _share(hessian - fisher, hessian + _STRENGTH * torch.diag(weights))


@cache
def _effects() -> tuple[np.ndarray, np.ndarray]:
    target = MeanLoss("test")
    methods = (AFIF(), InfinitesimalJackknife())
    by_fisher, by_hessian = (
        np.asarray(attribute(_fit(), target, method=method)) for method in methods
    )
    return by_fisher, by_hessian


def _differences() -> np.ndarray:
    by_fisher, by_hessian = _effects()
    found: np.ndarray = np.abs(by_fisher - by_hessian)
    return found


def _row(values: np.ndarray) -> int:
    return int(_fit().ids[np.argmax(values)])


EXERCISES = (
    Exercise(
        "03.1",
        Number(tolerance=0.01),
        solution=_right,
        praise=lambda: (
            f"{_right():.1%}: the penalty's part is in both matrices and makes them look more "
            "alike than the losses' own curvatures are."
        ),
        hints=(
            "Does the penalty appear in the difference H - F? And in the denominator?",
            "Make an `ax.Objective` with the network's model and loss, and without a penalty.",
            "Take both matrices at `network.theta` (don't fit again), then the same ratio as `apart`.",
        ),
        mistakes=(
            Mistake(
                "with the penalty",
                _with_penalty,
                "That is the value of section 1, with the penalty in both matrices.",
            ),
            Mistake(
                "divided by the Fisher information",
                lambda: _share(_matrices()[1] - _matrices()[0], _matrices()[0]),
                "You divided by the size of the Fisher information; the Hessian's is wanted.",
            ),
            Mistake(
                "as a percentage",
                lambda: 100 * _right(),
                "That is 100 times too large: give a share, not a percentage.",
            ),
            Mistake(
                "not divided",
                lambda: float((_matrices()[1] - _matrices()[0]).norm()),
                "That is the size of the difference itself; divide by that of the Hessian.",
            ),
            Mistake(
                "spectral norm",
                lambda: float(
                    torch.linalg.matrix_norm(_matrices()[1] - _matrices()[0], 2)
                    / torch.linalg.matrix_norm(_matrices()[1], 2)
                ),
                "You used the spectral norm; `.norm()` of a matrix is the root of its summed squares.",
            ),
            Mistake(
                "difference of the norms",
                lambda: float(
                    (_matrices()[1].norm() - _matrices()[0].norm()).abs() / _matrices()[1].norm()
                ),
                "You subtracted the norms. Subtract the matrices first, then take the norm.",
            ),
        ),
    ),
    Exercise(
        "03.2",
        Rows(lambda: _fit().ids, single=True),
        solution=lambda: [_row(_differences())],
        praise=lambda: (
            f"Row {_row(_differences())}: its effects differ by {_differences().max():.4f} nats."
        ),
        hints=(
            "Does it matter which of the two effects is the larger one?",
            "Take the difference of two arrays, without its sign.",
            "Find the position of the largest value, then the id at that position.",
        ),
        mistakes=(
            Mistake(
                "the position",
                lambda: int(np.argmax(_differences())),
                "That is the position of the row; its id is in `data.train.ids`.",
            ),
            Mistake(
                "the smallest difference",
                lambda: _row(-_differences()),
                "There the two agree best.",
            ),
            Mistake(
                "the largest effect",
                lambda: _row(_effects()[0]),
                "That row has the largest effect by AFIF; how much the two differ is another matter.",
            ),
            Mistake(
                "the most negative effect",
                lambda: _row(-_effects()[0]),
                "That row has the most negative effect by AFIF.",
            ),
            Mistake(
                "the largest ratio",
                lambda: _row(_differences() / np.abs(_effects()[1])),
                "You divided by the effect: that finds rows with hardly any effect. The plain difference "
                "is wanted.",
            ),
            Mistake(
                "the third",
                lambda: int(_fit().ids[np.argsort(_differences())[-3]]),
                "Close: for a few other rows they differ more.",
            ),
        ),
    ),
)
