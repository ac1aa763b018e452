"""The two splits of the other implementation, reconstructed from its results.

Crime: scikit-learn's ``train_test_split`` with a fifth held out, seed 0, stratified on whether at least
80 % of a community is white. Insurance: the first 1070 of the rows permuted by NumPy's default generator,
seed 0. On these, our fits reproduce its R², disparities and leverages to every digit it reports.

``python -m benchmarks.reference_splits [--splits N]`` shows how unfavourable the split of Crime is: R² of
scikit-learn's ridge on the test rows for many seeds, with and without standardised inputs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import afif_explorer as ax
from afif_explorer.datasets.build import fields_of
from afif_explorer.datasets.dataset import Dataset
from afif_explorer.datasets.splits import Parts

STRENGTH = 1e-2  # of the ridge on Crime


def _crime(group: pd.Series, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    white = (group == "at least 80 %").to_numpy()
    rows = np.arange(len(group))
    return train_test_split(rows, test_size=0.2, random_state=seed, stratify=white)


def _insurance(group: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng(0).permutation(len(group))
    return order[:1070], order[1070:]


RULES: dict[str, Callable[[pd.Series], tuple[np.ndarray, np.ndarray]]] = {
    "crime": _crime,
    "insurance": _insurance,
}


def load(name: str, *, standardise: bool = True) -> ax.Dataset:
    """A data set on the split of the other implementation, without validation rows."""
    data = ax.load_dataset(name, validation=0)
    frame = pd.concat([data.train.frame, data.test.frame]).sort_index()
    group = data.sensitive[0]
    train, test = RULES[name](frame[group])
    none = np.array([], dtype=np.int64)
    return Dataset(
        **fields_of(
            frame,
            target=data.target,
            sensitive=[group],
            task=data.task,
            divide=lambda ids, strata: Parts(np.sort(train), none, np.sort(test)),
            name=name,
            standardise=standardise,
            baseline=name == "insurance",
        )
    )


def r2_of_splits(count: int) -> np.ndarray:
    """R² on the test rows of Crime for each seed, with and without standardised inputs, ``[count, 2]``."""
    data = load("crime", standardise=False)
    halves = (data.train, data.test)
    order = np.argsort(np.concatenate([half.ids for half in halves]))
    X, y = (np.concatenate([getattr(half, name) for half in halves])[order] for name in "Xy")
    group = pd.concat([half.sensitive for half in halves])[data.sensitive[0]].iloc[order]
    found = []
    for seed in range(count):
        train, test = _crime(group, seed)
        ridge = Ridge(alpha=len(train) * STRENGTH)
        scaled = make_pipeline(StandardScaler(), ridge).fit(X[train], y[train])
        plain = Ridge(alpha=len(train) * STRENGTH).fit(X[train], y[train])
        found.append([model.score(X[test], y[test]) for model in (scaled, plain)])
    return np.array(found)


def main() -> None:
    """Print how the reference's split compares with others."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--splits", type=int, default=500, help="number of seeds")
    found = r2_of_splits(parser.parse_args().splits)
    for name, column in zip(("standardised", "not standardised"), found.T, strict=True):
        quartiles = ", ".join(
            f"{value:.3f}" for value in np.quantile(column, (0, 0.25, 0.5, 0.75, 1))
        )
        lower = int((column < column[0]).sum())
        print(f"inputs {name}: seed 0 {column[0]:.4f}, {lower} of {len(column)} lower, {quartiles}")


if __name__ == "__main__":
    main()
