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
from afif_explorer.numeric import checked_seed, is_name

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
    """The names that :func:`load` knows; the first is the default.

    Returns:
        The names, in the order of the catalogue.

    >>> import afif_explorer as ax
    >>> ax.datasets.names()
    ('hiring', 'adult', 'crime', 'insurance', 'diabetes', 'breast_cancer', 'digits')
    """
    return tuple(_ENTRIES)


def load(
    name: str, *, seed: int = 0, validation: float | None = None, test: float | None = None
) -> Dataset:
    """A data set of the catalogue, split by ``seed``.

    Args:
        name: one of :func:`names`. "adult", "crime" and "insurance" are downloaded when first used.
        seed: of the split.
        validation, test: shares of all rows; None: the data set's default. If only ``validation`` is given,
            ``test`` is the rest of the held-out rows, so that ``validation=0`` reports on all of them and
            the training rows stay the same.

    Returns:
        A :class:`~afif_explorer.datasets.Dataset`.

    Raises:
        InvalidChoice: for an unknown name or an invalid seed.
        DownloadError: if a required file cannot be downloaded.

    >>> import afif_explorer as ax
    >>> data = ax.load_dataset("hiring", seed=1)
    >>> data.train.X.shape, data.sensitive
    ((1400, 12), ('group',))
    """
    entry = _entry(name)
    return entry.make(entry, checked_seed(seed), validation, test)


def describe(name: str) -> Description:
    """A summary of a data set, without loading it.

    Args:
        name: one of :func:`names`.

    Returns:
        A ``Description``: title, task, rows, source, licence, description and whether loading needs the
        network.

    Raises:
        InvalidChoice: for an unknown name.

    >>> import afif_explorer as ax
    >>> about = ax.datasets.describe("hiring")
    >>> about.task, about.rows, about.needs_network
    ('classification', 2000, False)
    """
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
        picture=entry.picture,
    )


def _entry(name: str) -> Entry:
    if not is_name(name, _ENTRIES):
        name = str(name)
        hint = text.near(name, names())
        raise InvalidChoice(f"There is no data set named '{text.clean(name)}'; {hint}")
    return _ENTRIES[name]
