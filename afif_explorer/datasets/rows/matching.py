"""``rows_where``: the rows of a data set that satisfy a written condition."""

from __future__ import annotations

import numpy as np

from afif_explorer.datasets.dataset import Dataset
from afif_explorer.datasets.rows.parsing import parsed
from afif_explorer.datasets.split import Split
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import is_name
from afif_explorer.wording import quoted

SPLITS = ("train", "validation", "test")


def rows_where(data: Dataset, condition: str, split: str = "train") -> np.ndarray:
    """Ids of the rows that satisfy a condition on their columns, such as ``age < 40 and sex = Male``.

    Comparisons ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, also ``30 <= age < 40``; ``in (a, b)``,
    ``contains`` (a part of a text, in capital or small letters), ``is missing``, ``is not missing``; joined
    by ``and``, ``or``, ``not`` and brackets, where ``and`` binds more tightly. Names and values may be in
    quotes; those with marks or one of these words must be. A comparison with a missing cell is not
    satisfied. Nothing in the text is executed.

    Args:
        data: the data set. condition: the text. split: "train", "validation" or "test".

    Returns:
        Ids ``[m]`` for :func:`unlearn`, :func:`retrain` or ``Explorer.select``, ascending in the split.

    Raises:
        InvalidChoice: for text that is no condition, a column or level that does not exist, a value of the
            wrong kind, or an unknown split.

    >>> import afif_explorer as ax
    >>> data = ax.load_dataset("hiring")
    >>> rows = ax.rows_where(data, "group = blue and test score >= 70")
    >>> bool(set(data.train.frame.loc[rows, "group"]) == {"blue"})
    True
    """
    if not is_name(split, SPLITS):
        raise InvalidChoice(f"The split is one of {', '.join(SPLITS)}, not {quoted(split)}.")
    part: Split = getattr(data, split)
    return part.ids[parsed(condition).mask(part.frame)]
