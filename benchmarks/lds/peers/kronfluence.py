"""kronfluence: EK-FAC and K-FAC on all linear layers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import torch
from kronfluence.analyzer import Analyzer, prepare_model
from kronfluence.arguments import FactorArguments, ScoreArguments
from kronfluence.task import Task as KronfluenceTask
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from benchmarks.lds.peers.exchange import Task, serve


class Classes(KronfluenceTask):
    """Cross-entropy, with labels drawn from the model where the true Fisher asks for them."""

    def compute_train_loss(self, batch, model: nn.Module, sample: bool = False) -> Tensor:
        X, y = batch
        logits = model(X)
        if sample:
            y = torch.multinomial(logits.detach().softmax(-1), 1).flatten()
        return cross_entropy(logits, y, reduction="sum")

    def compute_measurement(self, batch, model: nn.Module) -> Tensor:
        X, y = batch
        return cross_entropy(model(X), y, reduction="sum")


def _kronecker(strategy: str):
    def method(task: Task) -> Iterator[tuple[str, Tensor]]:
        with tempfile.TemporaryDirectory() as folder:
            model = prepare_model(task.network, Classes())
            analyzer = Analyzer(
                "lds", model, Classes(), cpu=True, output_dir=folder, disable_tqdm=True
            )
            analyzer.fit_all_factors(
                "factors", task.rows, per_device_batch_size=250,
                factor_args=FactorArguments(strategy=strategy),
            )  # fmt: skip
            for damping in (*task.dampings, None):  # None: its own heuristic
                setting = "its own" if damping is None else f"{damping:g}"
                analyzer.compute_pairwise_scores(
                    f"scores {setting}", "factors", task.asked, task.rows,
                    per_device_query_batch_size=100, per_device_train_batch_size=250,
                    score_args=ScoreArguments(damping_factor=damping),
                )  # fmt: skip
                scores = analyzer.load_pairwise_scores(f"scores {setting}")
                yield setting, scores["all_modules"].T

    return method


if __name__ == "__main__":
    serve({"ekfac": _kronecker("ekfac"), "kfac": _kronecker("kfac")})
