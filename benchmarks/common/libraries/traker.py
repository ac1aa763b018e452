"""traker, the original TRAK: one model, 512 random projections or none."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator

import torch
from torch import Tensor
from trak import TRAKer
from trak.projectors import NoOpProjector

from benchmarks.common.exchange import Task, serve


def projected(task: Task) -> Iterator[tuple[str, Tensor]]:
    for strength in task.dampings:
        yield f"{strength:g}", _scores(task, strength, proj_dim=512)


def unprojected(task: Task) -> Iterator[tuple[str, Tensor]]:
    for strength in task.dampings:
        yield f"{strength:g}", _scores(task, strength, projector=NoOpProjector(device="cpu"))


def _scores(task: Task, strength: float, **options) -> Tensor:
    with tempfile.TemporaryDirectory() as folder:
        traker = TRAKer(
            task.network, "image_classification", len(task.rows), save_dir=folder, device="cpu",
            use_half_precision=False, lambda_reg=strength, logging_level=logging.ERROR, **options,
        )  # fmt: skip
        checkpoint = task.network.state_dict()
        traker.load_checkpoint(checkpoint, model_id=0)
        for X, y in task.batches(250):
            traker.featurize((X, y), num_samples=len(X))
        traker.finalize_features()
        task.fitted()
        traker.start_scoring_checkpoint("lds", checkpoint, 0, num_targets=len(task.query_set))
        traker.score((task.queries, task.answers), num_samples=len(task.query_set))
        return torch.as_tensor(traker.finalize_scores("lds"))


if __name__ == "__main__":
    serve({"trak": projected, "trak without projection": unprojected})
