"""Divides rows into training, validation and test splits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from afif_explorer.errors import DataError, InvalidChoice
from afif_explorer.numeric import is_number
from afif_explorer.wording import quoted

FEWEST_TRAINING_ROWS = 3


class Parts(NamedTuple):
    """Positions of the rows of each split, ascending."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def check_shares(validation: float, test: float) -> None:
    """Raise InvalidChoice unless both shares are at least 0 and leave training rows."""
    for name, share in (("validation", validation), ("test", test)):
        if not (is_number(share) and 0 <= share < 1):
            raise InvalidChoice(
                f"The {name} share must be a number of at least 0 and below 1, not {quoted(share)}."
            )
    if validation + test >= 1:
        raise InvalidChoice("The validation and test shares together must leave rows to train on.")


def divide(strata: np.ndarray, validation: float, test: float, seed: int) -> Parts:
    """Draw stratified splits.

    ``strata`` [n] holds a code per row. A stratum keeps a training row as long as there are enough.
    The training rows depend only on ``validation + test`` and the seed, not on how the rest is divided
    between the two.
    """
    check_shares(validation, test)
    n = len(strata)
    n_held_out = round((validation + test) * n)
    n_validation = round(validation * n)
    if validation > 0:
        n_validation = max(n_validation, 1)
    n_test = max(n_held_out - n_validation, 1 if test > 0 else 0)
    if n - n_validation - n_test < FEWEST_TRAINING_ROWS:
        raise DataError(
            f"{n} usable rows are too few for training, validation and test splits; "
            f"at least {FEWEST_TRAINING_ROWS} must be left for training. "
            "Add rows or lower the shares."
        )
    rng = np.random.default_rng(seed)
    held_out, train = pick(strata, n_test + n_validation, rng)
    first, second = pick(strata[held_out], n_validation, rng)
    return Parts(train, held_out[first], held_out[second])


def pick(strata: np.ndarray, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """``count`` positions drawn proportionally from all strata, and the others; both ascending.

    Each row gets a rank, evenly spaced within its stratum, and the first ``count`` ranks are
    drawn. The last row of a stratum is ranked after all others, so that it is not drawn early.
    """
    places = np.empty(len(strata))
    for code in np.unique(strata):
        rows = rng.permutation(np.flatnonzero(strata == code))
        places[rows] = (np.arange(len(rows)) + rng.random()) / len(rows)
        places[rows[-1]] += 1
    order = np.argsort(places, kind="stable")
    return np.sort(order[:count]), np.sort(order[count:])
