"""The options of ``Dataset.from_frame`` that ``Dataset.from_arrays`` passes on, by name and type."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypedDict

from afif_explorer.datasets.roles import ColumnOptions
from afif_explorer.datasets.weights import SampleWeight


class Labels(TypedDict, total=False):
    """How a data set is displayed."""

    name: str
    title: str
    source: str
    licence: str
    description: str


class FrameOptions(ColumnOptions, Labels, total=False):
    """See :meth:`~afif_explorer.datasets.Dataset.from_frame` for what each means and its default."""

    sensitive: Sequence[Hashable] | str
    task: str | None
    validation: float
    test: float
    seed: int
    include_sensitive: bool
    standardise: bool
    baseline: bool
    dtype: str
    sample_weight: SampleWeight
    notes: Sequence[str]
