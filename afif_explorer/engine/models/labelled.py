"""Rows and targets that are given together: mappings with their targets, data sets and loaders of torch.

A data set is read once, in its own order, so that row ``i`` of every result is its item ``i``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    TensorDataset,
    default_collate,
)

from afif_explorer.engine.models.inputs import Name, label
from afif_explorer.engine.runtime.memory import free_memory
from afif_explorer.errors import DataError, OutOfMemory, RowOrder
from afif_explorer.progress import report

TARGETS = ("labels", "label")  # the usual names of the targets of items that are mappings
BATCH = 256  # items that are collated together
COPIES = 2  # of a column while its blocks are joined
Collate = Callable[[list[Any]], Any]
Pair = tuple[Any, Any]


def is_labelled(X: object) -> bool:
    """Whether it is a data set or a loader of torch."""
    return isinstance(X, Dataset | DataLoader)


def labelled(X: Any, y: Any) -> Pair:
    """Rows and targets, separated if ``X`` holds both.

    ``y``: the targets, their name in ``X``, or None for the last of a pair, "labels" or "label".

    Raises :class:`DataError` for items without targets, or a loader whose rows have no fixed order.
    """
    if isinstance(X, TensorDataset) and y is None:
        return _divided(X.tensors, y)
    if isinstance(X, DataLoader):
        return _read(_loaded(X), X.collate_fn, X.batch_size or BATCH, y)
    if isinstance(X, Dataset):
        return _read(_items(X), default_collate, BATCH, y)
    if isinstance(X, Mapping) and (y is None or isinstance(y, str)):
        return _divided(X, y)
    return X, y


class _Items:
    """Some items of a data set, in a fixed order."""

    def __init__(self, dataset: Any, places: Sequence[int]) -> None:
        self._dataset, self._places = dataset, places

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Any]:
        return (self._dataset[place] for place in self._places)


def _items(dataset: Any) -> Iterable[Any]:
    if isinstance(dataset, IterableDataset):
        return dataset
    try:
        return _Items(dataset, range(len(dataset)))
    except TypeError as error:
        kind = type(dataset).__name__
        raise DataError(f"A data set of type {kind} has no length; define __len__.") from error


def _loaded(loader: DataLoader) -> Iterable[Any]:
    """The items that a loader loads, in the order of its data set; warns if it has another."""
    if type(loader.batch_sampler) is not BatchSampler:
        raise DataError(
            "The loader has no batch size, or batches of its own; pass its data set, loader.dataset."
        )
    dataset, sampler = loader.dataset, loader.sampler
    if isinstance(dataset, IterableDataset):
        return dataset
    items = _items(dataset)
    assert isinstance(items, _Items)
    if isinstance(sampler, SequentialSampler):
        return _without_last(dataset, len(items), loader) if loader.drop_last else items
    if isinstance(sampler, SubsetRandomSampler):
        places = sorted(map(int, sampler.indices))
        _tell(f"The loader draws {len(places)} of {len(items)} rows and shuffles them")
        return _Items(dataset, places)
    if not isinstance(sampler, RandomSampler) or _draws_some(sampler, len(items)):
        raise DataError(
            f"The loader's {type(sampler).__name__} may draw a row several times or never; pass the rows "
            "trained on as a data set, such as torch.utils.data.Subset."
        )
    _tell("The loader shuffles its rows")
    return items


def _draws_some(sampler: RandomSampler, rows: int) -> bool:
    return sampler.replacement or sampler.num_samples != rows


def _without_last(dataset: Any, rows: int, loader: DataLoader) -> _Items:
    """The rows of full batches: the loader never loads the others."""
    left_out = rows % (loader.batch_size or 1)
    if left_out:
        _tell(f"The loader drops the last {left_out} rows (drop_last), so they are left out")
    return _Items(dataset, range(rows - left_out))


def _tell(what: str) -> None:
    warnings.warn(f"{what}; results have the order of its data set.", RowOrder, stacklevel=2)


def _read(items: Iterable[Any], collate: Collate, batch: int, y: Any) -> Pair:
    """All items as tensors, a batch at a time."""
    own = y is None or isinstance(y, str)  # whether the items hold the targets
    total = len(items) if isinstance(items, _Items) else None
    inputs: dict[Name, list[Tensor]] = {}
    targets: dict[Name, list[Tensor]] = {}
    source, count = iter(items), 0
    while some := list(islice(source, batch)):
        report("reading rows", count, total or count + len(some))
        X, answers = _divided(collate(some), y) if own else (collate(some), None)
        _append(inputs, _parts(X))
        if own:
            _append(targets, _parts(answers))
        if not count and total:
            _check_room([*inputs.values(), *targets.values()], total / len(some))
        count += len(some)
    if not count:
        raise DataError("The data set has no rows; pass one with training rows.")
    return _whole(inputs), _whole(targets) if own else y


def _divided(item: Any, y: str | None) -> Pair:
    """Inputs and targets of an item, or of a batch."""
    if isinstance(item, Mapping):
        name = next((one for one in ((y,) if y else TARGETS) if one in item), None)
        rest = {one: part for one, part in item.items() if one != name}
        if name is None or not rest:
            raise DataError(
                f"Of the entries {', '.join(map(repr, item))} none are the targets {y or ''}; pass y, the "
                "targets or their name."
            )
        return rest, item[name]
    if isinstance(item, tuple | list) and len(item) > 1 and y is None:
        return item[0] if len(item) == 2 else tuple(item[:-1]), item[-1]
    raise DataError(
        f"Every item must be a pair (x, y), or a mapping that has the targets, not a {type(item).__name__}."
    )


def _parts(X: Any) -> dict[Name, Any]:
    if isinstance(X, Mapping):
        return dict(X)
    return dict(enumerate(X)) if isinstance(X, tuple | list) else {0: X}


def _append(columns: dict[Name, list[Tensor]], parts: Mapping[Name, Any]) -> None:
    if columns and columns.keys() != parts.keys():
        raise DataError("The items of the data set have different entries; give all the same.")
    for name, part in parts.items():
        if not isinstance(part, Tensor):
            raise DataError(f"The data set's {label(name)} is not numbers; leave it out.")
        known = columns.setdefault(name, [])
        if known and part.shape[1:] != known[0].shape[1:]:
            raise DataError(
                f"The data set's {label(name)} has rows of shape {tuple(known[0].shape[1:])} and of shape "
                f"{tuple(part.shape[1:])}; pad all to one shape."
            )
        known.append(part)


def _check_room(columns: list[list[Tensor]], times: float) -> None:
    """Raise :class:`OutOfMemory` before reading more than fits."""
    needed = COPIES * times * sum(part.nbytes for blocks in columns for part in blocks)
    if needed > free_memory():
        raise OutOfMemory(
            f"Reading the data set needs {needed / 2**30:.1f} GB, more than is free; pass memory maps "
            "(numpy.load with mmap_mode='r') instead."
        )


def _whole(columns: dict[Name, list[Tensor]]) -> Any:
    """The columns in the form of a batch; blocks are freed as they are joined."""
    joined = {name: torch.cat(columns.pop(name)) for name in list(columns)}
    if any(isinstance(name, str) for name in joined):
        return joined
    return joined[0] if len(joined) == 1 else tuple(joined.values())
