"""Adult: does a person of the 1994 US census earn more than 50,000 dollars a year?

The official split is kept: the training rows are those of ``adult.data``; validation and test
share those of ``adult.test`` (drawn by seed, stratified on the class). Rows with an unknown value
are left out, which leaves 30,162 and 15,060 rows.

Inputs are the five numbers (age, education-num, capital gain, capital loss, hours per week) and 0/1
columns for workclass, education, marital status, occupation, relationship and native country.
``fnlwgt``, a sampling weight, is not an input, nor are the two sensitive columns, sex and race.
``education-num`` and ``education`` encode the same information; both are kept, as is usual for this
data set, and a penalty distributes the weight between them.
"""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pandas as pd

from afif_explorer.datasets.build import fields_of
from afif_explorer.datasets.catalogue.entry import Entry
from afif_explorer.datasets.catalogue.originals import Original, content
from afif_explorer.datasets.dataset import Dataset
from afif_explorer.datasets.splits import Parts, pick
from afif_explorer.errors import InvalidChoice
from afif_explorer.wording import count

_UCI = "https://archive.ics.uci.edu/ml/machine-learning-databases/adult/"
_COPY = (
    "https://raw.githubusercontent.com/JFChi/"
    "Understanding-and-Mitigating-Accuracy-Disparity-in-Regression/30bd1c82/data/"
)
TRAIN = Original(
    "adult/adult.data",
    "5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d",
    (_UCI + "adult.data", _COPY + "adult.data"),
)
TEST = Original(
    "adult/adult.test",
    "a2a9044bc167a35b2361efbabec64e89d69ce82d9790d2980119aac5fd7e9c05",
    (_UCI + "adult.test", _COPY + "adult.test"),
)
TARGET = "income"
SENSITIVE = ("sex", "race")
WEIGHT = "fnlwgt"
COLUMNS = [
    "age", "workclass", WEIGHT, "education", "education-num", "marital-status", "occupation",
    "relationship", "race", "sex", "capital-gain", "capital-loss", "hours-per-week",
    "native-country", TARGET,
]  # fmt: skip


def make(entry: Entry, seed: int, validation: float | None, test: float | None) -> Dataset:
    """The data set. Row ids number the rows of ``adult.data``, followed by those of ``adult.test``."""
    train, official = read(content(TRAIN)), read(content(TEST), skip=1)
    frame = pd.concat([train, official], ignore_index=True)
    frame[TARGET] = frame[TARGET].str.rstrip(".")
    complete = frame.notna().all(axis=1)
    boundary = len(train)

    def divide(ids: np.ndarray, strata: np.ndarray) -> Parts:
        rows = np.flatnonzero(ids >= boundary)
        n_validation, n_test = _sizes(len(rows), len(ids), validation, test)
        rng = np.random.default_rng(seed)
        first, others = pick(strata[rows], n_validation, rng)
        second, _ = pick(strata[rows[others]], n_test, rng)
        return Parts(np.flatnonzero(ids < boundary), rows[first], rows[others[second]])

    notes = [
        f"{count((~complete).sum())} rows with an unknown value (?) left out.",
        "The sampling weight 'fnlwgt' and the sensitive columns 'sex' and 'race' are not inputs.",
        "'relationship' includes husband and wife, so the inputs still reveal many people's sex.",
    ]
    return Dataset(
        **fields_of(
            frame[complete].drop(columns=WEIGHT),
            target=TARGET,
            sensitive=SENSITIVE,
            task="classification",
            divide=divide,
            notes=notes,
            ids=np.flatnonzero(complete),
            **entry.about(),
        )
    )


def read(data: bytes, skip: int = 0) -> pd.DataFrame:
    """One of the two files as a table; unknown values become missing."""
    return pd.read_csv(
        BytesIO(data),
        header=None,
        names=COLUMNS,
        skiprows=skip,
        skipinitialspace=True,
        na_values="?",
        keep_default_na=False,
    )


def _sizes(
    official: int, rows: int, validation: float | None, test: float | None
) -> tuple[int, int]:
    """How many of the official test rows go to validation and test."""
    n_validation = official // 2 if validation is None else round(validation * rows)
    n_test = official - n_validation if test is None else round(test * rows)
    if n_validation < 0 or n_test < 0 or n_validation + n_test > official:
        raise InvalidChoice(
            f"Adult has {count(official)} official test rows, {official / rows:.1%} of all; the "
            "validation and test shares together must not exceed that."
        )
    return n_validation, n_test


ENTRY = Entry(
    name="adult",
    title="Adult (census income)",
    task="classification",
    rows=45222,
    source=(
        "Becker, B. and Kohavi, R. (1996). Adult. UCI Machine Learning Repository. "
        "https://doi.org/10.24432/C5XW20"
    ),
    licence="CC BY 4.0",
    description=(
        "Adults in the 1994 US census; the label is whether they earned more than 50,000 dollars a year. "
        "A benchmark for software, not a basis for decisions about anyone."
    ),
    make=make,
    files=(TRAIN, TEST),
)
