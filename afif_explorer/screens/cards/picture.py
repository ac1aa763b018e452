"""The picture of a row whose first columns are pixels, and the columns that are not."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import numpy as np

from afif_explorer.results import DataSummary
from afif_explorer.screens.content import Picture

Items = list[tuple[object, object]]


def picture(
    data: DataSummary | None, items: Iterable[tuple[object, object]], about: str
) -> tuple[tuple[Picture, ...], Items]:
    """The picture of a row with these columns and values, if it is one, and the other columns."""
    rest = iter(items)
    if data is None or data.picture is None:
        return (), list(rest)
    height, width = data.picture
    values = np.array([value for _, value in islice(rest, height * width)], dtype=float)
    shades = np.clip(np.nan_to_num(values), 0, 1).reshape(height, width)
    return (Picture(tuple(map(tuple, shades.tolist())), about),), list(rest)
