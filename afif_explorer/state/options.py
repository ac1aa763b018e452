"""The settings that ``Explorer`` takes by name, with their types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict


class ExplorerOptions(TypedDict, total=False):
    """The fields of :class:`~afif_explorer.spec.Spec` but for the data set, where each is explained."""

    seed: int
    model: str
    hidden: int
    penalty: str
    strength: float
    method: str
    solver: str
    scale: float | None
    depth: int | None
    repeats: int
    batch_size: int | None
    damping: float
    rescale: bool
    target: str
    split: str
    sensitive: int
    favourable: int
    pair: int
    row: int
    rule: str
    count: int
    selected: Iterable[int]
    view: str
