"""The first stage: data sets of the catalogue and uploaded tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from secrets import token_hex
from typing import Any

import numpy as np
import pandas as pd

from afif_explorer import datasets
from afif_explorer.cache import digest
from afif_explorer.choices.option import sensitive_columns
from afif_explorer.datasets import Dataset, Split
from afif_explorer.datasets.inspection import ColumnTable, inspect
from afif_explorer.datasets.reading.text import clean
from afif_explorer.engine.targets.groups import group_name
from afif_explorer.results import DataSummary
from afif_explorer.spec import Spec
from afif_explorer.study.given import given
from afif_explorer.study.given_rows import TITLE
from afif_explorer.study.keys import is_given, is_upload, upload_name
from afif_explorer.study.store import UPLOADS, Upload, stage

_LONGEST_TITLE = 40


def data(spec: Spec) -> Dataset:
    """The data set of ``spec``, split by its seed."""

    def load() -> Dataset:
        known = given(spec.dataset)
        if known is not None:
            return known.dataset
        if is_upload(spec.dataset):
            return UPLOADS.make(spec.dataset, spec.seed)
        return datasets.load(spec.dataset, seed=spec.seed)

    return stage("data", spec, load)


def add_dataset(dataset: Dataset) -> str:
    """Register a data set under a name for a :class:`~afif_explorer.spec.Spec`.

    Its splits are fixed; the seed of a spec then only affects the initial parameters.
    """
    name = upload_name(dataset.digest, _label(dataset))
    UPLOADS.add(name, Upload(lambda seed: dataset, dataset, dataset.title))
    return name


def add_upload(
    content: bytes,
    filename: str,
    target: str,
    sensitive: Sequence[str] = (),
    task: str | None = None,
) -> str:
    """Read a CSV or Parquet file and register its data set; returns its name for a spec.

    The seed of a spec splits it. ``filename`` is the title, visible only to this session. The table is kept
    in memory only. Raises :class:`DataError` with a message for the user.
    """
    table = inspect(content, target=target, sensitive=sensitive)
    return add_table(table, filename, task=task)


def add_table(
    table: ColumnTable,
    filename: str,
    *,
    task: str | None = None,
    path: str = "",
    how: Mapping[str, Any] | None = None,
) -> str:
    """The same for a file already read, with what was chosen for its columns.

    ``path`` is where code finds it, by default its name; ``how``: the options of ``inspect`` that read it.
    """
    title = re.split(r"[/\\]", filename)[-1]
    file = path or title
    options = table.options()

    def make(seed: int) -> Dataset:
        return Dataset.from_frame(
            table.frame,
            task=task,
            seed=seed,
            name=clean(title, _LONGEST_TITLE),
            **options,
        )

    made = make(0)
    # Not the name of the same data set with splits that stay as they are.
    # Its second half is nobody else's, also if another person brings the same file.
    name = upload_name(digest("table", made.digest), token_hex(16))
    UPLOADS.add(name, Upload(make, table.frame, made.title, file, dict(how or {}), table, task))
    return name


def held(name: str) -> Upload | None:
    """The uploaded table of that name with its columns, if it is still held; for whoever has its link."""
    found = UPLOADS.get(name)
    return found if found is not None and found.table is not None else None


def _label(dataset: Dataset) -> str:
    """A digest of a data set's name and notes."""
    about = (dataset.source, dataset.licence, dataset.description)
    return digest(dataset.name, dataset.title, dataset.notes, *about)


def title(name: str) -> str:
    """The title of a data set before it is loaded."""
    if is_upload(name):
        found = UPLOADS.get(name)
        return found.title if found is not None else "Your file"
    if is_given(name):
        return TITLE
    return datasets.describe(name).title if name in datasets.names() else name


def frame(spec: Spec) -> pd.DataFrame:
    """The raw training rows; the index holds the row ids."""
    return data(spec).train.frame


def describe(spec: Spec) -> DataSummary:
    """A summary of the data set for display."""
    found, upload, known = data(spec), UPLOADS.get(spec.dataset), given(spec.dataset)
    return DataSummary(
        name=spec.dataset,
        title=found.title,
        task=found.task,
        target=found.target,
        classes=found.classes,
        n_train=len(found.train),
        n_validation=len(found.validation),
        n_test=len(found.test),
        feature_names=found.feature_names,
        sensitive=found.sensitive,
        groups=tuple(_sizes(found, column) for column in found.sensitive),
        notes=found.notes,
        source=found.source,
        licence=found.licence,
        file=upload.file if upload is not None else "",
        how=upload.how if upload is not None else {},
        made=found.made,
        group_names=found.group_names,
        row_ids=found.row_ids,
        picture=datasets.describe(spec.dataset).picture
        if spec.dataset in datasets.names()
        else None,
        planted=found.planted,
        given=None if known is None else known.summary,
    )


def _sizes(dataset: Dataset, column: str) -> dict[str, int]:
    counts = dataset.train.sensitive[column].astype(str).value_counts(sort=False)
    return {str(group): int(rows) for group, rows in counts.sort_index().items()}


def positions(split: Split, ids: Any) -> np.ndarray:
    """Positions of row ids in a split, in the order of the split; ids of other rows are skipped."""
    return np.flatnonzero(np.isin(split.ids, np.asarray(list(ids), dtype=np.int64)))


def groups(spec: Spec, split: str) -> np.ndarray:
    """The group of each row of a split, as text; empty text without a sensitive column."""

    def read() -> np.ndarray:
        part: Split = getattr(data(spec), split)
        columns = sensitive_columns(data(spec), spec)
        if not columns:
            return np.full(len(part), "", dtype=object)
        levels = part.sensitive[list(columns)].astype(str)
        place = levels.groupby(list(columns), sort=False).ngroup().to_numpy()
        each = levels.drop_duplicates().itertuples(index=False, name=None)
        return np.array([group_name(columns, row) for row in each], dtype=object)[place]

    return stage("groups", spec, read, split)
