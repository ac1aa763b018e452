"""The training rows with inputs most like those of one of them."""

from __future__ import annotations

from afif_explorer.datasets.rows.nearest import nearest as nearest_of
from afif_explorer.spec import Spec
from afif_explorer.study.data import data, positions
from afif_explorer.study.store import stage

COUNT = 5


def nearest(spec: Spec, row: int) -> dict[int, float]:
    """Ids of the five nearest training rows and their distances in the model's inputs, nearest first."""

    def work() -> dict[int, float]:
        train = data(spec).train
        places, distances = nearest_of(train.X, int(positions(train, [row])[0]), COUNT)
        return dict(zip(train.ids[places].tolist(), distances.tolist(), strict=True))

    return stage("nearest", spec, work, row)
