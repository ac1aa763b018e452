"""kronfluence: EK-FAC and K-FAC on all linear layers."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator

import torch
from kronfluence.analyzer import Analyzer, prepare_model
from kronfluence.arguments import FactorArguments, ScoreArguments
from kronfluence.task import Task as KronfluenceTask
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from benchmarks.common.exchange import Task, serve

BATCH = 250


class Classification(KronfluenceTask):
    """Cross-entropy, with labels sampled from the model for the true Fisher."""

    def compute_train_loss(self, batch, model: nn.Module, sample: bool = False) -> Tensor:
        X, y = batch
        logits = model(X)
        if sample:
            y = torch.multinomial(logits.detach().softmax(-1), 1).flatten()
        return cross_entropy(logits, y, reduction="sum")

    def compute_measurement(self, batch, model: nn.Module) -> Tensor:
        X, y = batch
        return cross_entropy(model(X), y, reduction="sum")


def _analyzed(task: Task, strategy: str, folder: str) -> Analyzer:
    """An analyzer with the factors of a task, stored in a folder."""
    model = prepare_model(task.network, Classification())
    analyzer = Analyzer(
        "lds", model, Classification(), cpu=True, output_dir=folder, disable_tqdm=True
    )
    analyzer.fit_all_factors(
        "factors", task.rows, per_device_batch_size=BATCH,
        factor_args=FactorArguments(strategy=strategy),
    )  # fmt: skip
    task.fitted()
    return analyzer


def _settings(task: Task) -> Iterator[tuple[str, ScoreArguments]]:
    for damping in task.dampings:
        own = math.isnan(damping)  # the library's heuristic
        setting = "its own" if own else f"{damping:g}"
        yield setting, ScoreArguments(damping_factor=None if own else damping)


def _kronecker(strategy: str):
    def method(task: Task) -> Iterator[tuple[str, Tensor]]:
        with tempfile.TemporaryDirectory() as folder:
            analyzer = _analyzed(task, strategy, folder)
            for setting, arguments in _settings(task):
                analyzer.compute_pairwise_scores(
                    f"scores {setting}", "factors", task.query_set, task.rows, score_args=arguments,
                    per_device_query_batch_size=100, per_device_train_batch_size=BATCH,
                )  # fmt: skip
                scores = analyzer.load_pairwise_scores(f"scores {setting}")
                yield setting, scores["all_modules"].T

    return method


def self_influence(task: Task) -> Iterator[tuple[str, Tensor]]:
    with tempfile.TemporaryDirectory() as folder:
        analyzer = _analyzed(task, "ekfac", folder)
        for setting, arguments in _settings(task):
            analyzer.compute_self_scores(
                f"own {setting}", "factors", task.rows, score_args=arguments,
                per_device_train_batch_size=BATCH,
            )  # fmt: skip
            yield setting, analyzer.load_self_scores(f"own {setting}")["all_modules"]


if __name__ == "__main__":
    serve({"ekfac": _kronecker("ekfac"), "kfac": _kronecker("kfac"), "self": self_influence})
