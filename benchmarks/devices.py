"""Results and run times on all available devices, with or without a GPU.

For each problem: effects of all rows on 200 targets, and all leverages, in float64 on the CPU (the
reference), then in float64 and float32 on every device that torch finds. Prints the relative difference
from the reference (Frobenius norm) and the run time (median of five, after one warm-up).

    python -m benchmarks.devices
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from afif_explorer.engine.influence.methods import AFIF
from afif_explorer.engine.models.model import LinearMap, Model
from afif_explorer.engine.models.module_model import MLP
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.penalties import Ridge
from afif_explorer.engine.runtime.device import described, devices
from afif_explorer.engine.training.fit import minimise

TARGETS = 200


def problems() -> dict[str, Callable[[], tuple[Model, str, Tensor, Tensor, float]]]:
    """Name -> model, loss, rows, targets, damping."""

    def rows(n: int, d: int) -> Tensor:
        return torch.randn(n, d, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def logistic() -> tuple[Model, str, Tensor, Tensor, float]:
        X = rows(30_000, 100)
        return LinearMap(100), "bernoulli", X, (X[:, :5].sum(1) > 0).double(), 0.0

    def softmax() -> tuple[Model, str, Tensor, Tensor, float]:
        X = rows(5_000, 64)
        return LinearMap(64, 10), "categorical", X, X[:, :10].argmax(1), 0.0

    def perceptron() -> tuple[Model, str, Tensor, Tensor, float]:
        X = rows(1_500, 64)
        return MLP(64, (32,), 10), "categorical", X, X[:, :10].argmax(1), 1e-2

    return {
        "logistic 30000 x 100": logistic,
        "softmax 5000 x 64, 10 classes": softmax,
        "perceptron 64-32-10, 1500 rows": perceptron,
    }


def results(objective: Objective, theta: Tensor, damping: float, c: Tensor) -> list[Tensor]:
    influence = AFIF(damping=damping).prepare(objective, objective.vector(theta))
    return [influence.effects(c), influence.leverage()]


def timed(work: Callable[[], list[Tensor]]) -> tuple[list[Tensor], float]:
    def once() -> float:
        began = time.perf_counter()
        found.append(work())
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        return time.perf_counter() - began

    found: list[list[Tensor]] = []
    once()
    seconds = statistics.median(once() for _ in range(5))
    return found[-1], seconds


def main() -> None:
    found = " and ".join(described(device) for device in devices())
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, on {found}")
    for title, make in problems().items():
        model, loss, X, y, damping = make()
        fitted = minimise(Objective(model, loss, Ridge(1e-3), X, y), max_steps=200)
        # Targets in the span of the gradients: random combinations of the rows' gradients.
        point = Objective(model, loss, Ridge(1e-3), X, y).at(fitted.theta)
        generator = torch.Generator().manual_seed(1)
        draw = torch.randn(len(X), TARGETS, dtype=torch.float64, generator=generator)
        targets = point.gradient_sums(draw)
        print(f"\n{title}: p = {model.p}, gradient norm {fitted.gradient_norm:.1g}")
        reference: list[Tensor] | None = None
        for device in devices():
            for dtype in (torch.float64, torch.float32):
                objective = Objective(model, loss, Ridge(1e-3), X.to(device, dtype), y.to(device))
                c = targets.to(device, dtype)
                found, seconds = timed(partial(results, objective, fitted.theta, damping, c))
                found = [value.double().cpu() for value in found]
                reference = reference or found
                differences = [
                    float((value - true).norm() / true.norm())
                    for value, true in zip(found, reference, strict=True)
                ]
                print(
                    f"  {device.type:5s} {str(dtype)[6:]:8s} effects {differences[0]:.1e}  "
                    f"leverages {differences[1]:.1e}  {1000 * seconds:9.1f} ms"
                )


if __name__ == "__main__":
    main()
