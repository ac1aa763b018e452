"""The index of the catalogue: names, descriptions, loading."""

from __future__ import annotations

from afif_explorer.datasets.catalogue import (
    adult,
    bundled,
    crime,
    hiring,
    insurance,
    originals,
)
from afif_explorer.datasets.catalogue.entry import Description, Entry
from afif_explorer.datasets.dataset import Dataset
from afif_explorer.datasets.reading import text
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import checked_seed

_ENTRIES = {
    entry.name: entry
    for entry in (
        hiring.ENTRY,
        adult.ENTRY,
        crime.ENTRY,
        insurance.ENTRY,
        bundled.DIABETES,
        bundled.BREAST_CANCER,
        bundled.DIGITS,
    )
}


def names() -> tuple[str, ...]:
    """The names that :func:`load` knows; the first is the default."""
    return tuple(_ENTRIES)


def load(
    name: str, *, seed: int = 0, validation: float | None = None, test: float | None = None
) -> Dataset:
    """A data set of the catalogue, split by ``seed``.

    ``validation`` and ``test`` are shares of all rows; None is the data set's own choice. With
    ``test`` left open it takes what ``validation`` leaves of the held-out rows, so that
    ``validation=0`` reports on all of them and the training rows stay the same.

    Raises :class:`~afif_explorer.errors.InvalidChoice` for an unknown name or what is no seed, and
    :class:`~afif_explorer.errors.DownloadError` if files are needed and cannot be had.
    """
    entry = _entry(name)
    return entry.make(entry, checked_seed(seed), validation, test)


def describe(name: str) -> Description:
    """What the catalogue knows about a data set, without loading it."""
    entry = _entry(name)
    return Description(
        name=entry.name,
        title=entry.title,
        task=entry.task,
        rows=entry.rows,
        source=entry.source,
        licence=entry.licence,
        description=entry.description,
        needs_network=not all(map(originals.at_hand, entry.files)),
    )


def _entry(name: str) -> Entry:
    if name not in _ENTRIES:
        hint = text.near(name, names())
        raise InvalidChoice(f"There is no data set named '{text.clean(name)}'; {hint}")
    return _ENTRIES[name]
