"""``group_counts``: how many rows of every split each group has."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.samples import SPLITS
from afif_explorer.datasets.reading.text import listing
from afif_explorer.engine.targets.bound import Sample, checked_fit
from afif_explorer.engine.targets.disparities import DemographicParityDifference
from afif_explorer.engine.targets.groups import Merge
from afif_explorer.errors import Undefined

WORDS = {"train": "training", "validation": "validation", "test": "test"}


def group_counts(
    fit: Fit,
    sensitive: str | Sequence[str],
    *,
    favourable: str | int | None = None,
    merge: Merge | None = None,
) -> pd.DataFrame:
    """The rows of each group in each split, and how many of them have the favourable outcome.

    Args:
        fit: a fit of a data set with sensitive columns.
        sensitive: the display name of one of them; the groups of several are their intersections.
        favourable: the favourable class by name; None: the one that ``fit.data.favourable`` names.
        merge: groups that count as one, by their new name, as for :class:`DemographicParityDifference`.

    Returns:
        A data frame ``[splits * groups, 3]`` with a row for each ``(split, group)``, groups without rows in a
        split included, splits whose rows lack an attribute left out: ``rows`` and, for classification,
        ``favourable`` and ``unfavourable``, the rows by observed class.

    Raises:
        InvalidChoice: for an unknown column, class or group.

    Warns :class:`Undefined` where the rows of a split have no such attribute.

    >>> import afif_explorer as ax
    >>> counts = ax.group_counts(ax.fit(ax.load_dataset("hiring")), "group", favourable="hired")
    >>> int(counts.loc["test", "rows"].sum()), list(counts.columns)
    (300, ['rows', 'favourable', 'unfavourable'])
    """
    checked_fit(fit)
    asked = DemographicParityDifference(sensitive, favourable=favourable, merge=merge)
    known = [split for split in SPLITS if split in fit.samples]
    if lacking := _lacking(fit, known, asked.attributes):
        told = " and ".join(WORDS[split] for split in lacking)
        warnings.warn(
            f"The {told} rows have no sensitive attribute {asked.attribute}, so their groups are not "
            "counted; give it for each split.",
            Undefined,
            stacklevel=2,
        )
    tables = {
        split: _of_split(fit, asked, fit.samples[split]) for split in known if split not in lacking
    }
    every = sorted({name for table in tables.values() for name in table.index})
    found = {split: table.reindex(every, fill_value=0) for split, table in tables.items()}
    return pd.concat(found, names=["split", "group"])


def _lacking(fit: Fit, splits: Sequence[str], attributes: Sequence[str]) -> list[str]:
    """The splits whose rows lack an attribute; none if all of them do, as for an unknown name."""
    found = [split for split in splits if not set(attributes) <= set(fit.samples[split].groups)]
    return [] if len(found) == len(splits) else found


def _of_split(fit: Fit, asked: DemographicParityDifference, sample: Sample) -> pd.DataFrame:
    groups = asked.grouping(sample)
    table = pd.DataFrame({"rows": groups.sizes}, index=pd.Index(groups.names))
    if sample.classes:
        place = asked.favourable_class(fit, sample)
        wanted = len(sample.classes) - 1 if place is None else place
        met = (sample.y.cpu().numpy() == wanted) & (groups.codes >= 0)
        table["favourable"] = np.bincount(groups.codes[met], minlength=len(groups.names))
        table["unfavourable"] = table["rows"] - table["favourable"]
    return table


def missing(counts: pd.DataFrame, favourable: str) -> list[str]:
    """A sentence for each split in which some groups have no rows, or rows of one outcome only."""
    told = []
    for split in counts.index.unique("split"):
        table = counts.loc[split]
        if not table["rows"].sum():
            continue
        where = f"In the {WORDS[split]} rows"
        if absent := list(table.index[table["rows"] == 0]):
            told.append(f"{where} there is no row of {listing(absent)}.")
        for column, met in (("favourable", "has"), ("unfavourable", "lacks")):
            if column not in table:
                continue
            lacking = list(table.index[(table["rows"] > 0) & (table[column] == 0)])
            if lacking:
                told.append(f"{where} no row of {listing(lacking)} {met} the outcome {favourable}.")
    return told
