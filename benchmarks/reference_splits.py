"""The two splits that the other implementation used, rebuilt from its figures.

Crime: scikit-learn's ``train_test_split`` with a fifth held out, seed 0, stratified on whether at least
80 % of a community is white. Insurance: the first 1070 of the rows permuted by NumPy's default generator,
seed 0. On these our fits have its R², disparities and leverages to every digit that it gave.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

import afif_explorer as ax
from afif_explorer.datasets.build import build
from afif_explorer.datasets.splits import Parts


def _crime(group: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    white = (group == "at least 80 %").to_numpy()
    return train_test_split(np.arange(len(group)), test_size=0.2, random_state=0, stratify=white)


def _insurance(group: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng(0).permutation(len(group))
    return order[:1070], order[1070:]


RULES: dict[str, Callable[[pd.Series], tuple[np.ndarray, np.ndarray]]] = {
    "crime": _crime,
    "insurance": _insurance,
}


def load(name: str, *, standardise: bool = True) -> ax.Dataset:
    """A data set on the split of the other implementation, all held-out rows for the test."""
    data = ax.load_dataset(name, validation=0)
    frame = pd.concat([data.train.frame, data.test.frame]).sort_index()
    group = data.sensitive[0]
    train, test = RULES[name](frame[group])
    none = np.array([], dtype=np.int64)
    return build(
        frame,
        target=data.target,
        sensitive=[group],
        task=data.task,
        divide=lambda ids, strata: Parts(np.sort(train), none, np.sort(test)),
        name=name,
        standardise=standardise,
        baseline=name == "insurance",
    )
