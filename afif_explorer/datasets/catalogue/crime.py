"""Communities and Crime: violent crime per capita in 1,994 US communities.

The donor scaled every column to 0-1. Excluded are five columns that identify the community or a fold,
and 22 police columns available for only 319 communities. One missing value of ``OtherPerCap`` is
imputed. The four shares of racial groups are not inputs; the sensitive column is whether at least
80 % of a community is white. That leaves 96 inputs. The held-out splits are stratified on that column.
"""

from __future__ import annotations

import re
from io import BytesIO

import pandas as pd

from afif_explorer.datasets.catalogue.entry import Entry, held_out
from afif_explorer.datasets.catalogue.originals import Original, content
from afif_explorer.datasets.dataset import Dataset
from afif_explorer.errors import DataError

_UCI = "https://archive.ics.uci.edu/ml/machine-learning-databases/communities/"
_COPY = (
    "https://raw.githubusercontent.com/HanaSturlan/Communities-and-Crime-Data-Set/"
    "109972458a21f35e4973bd559cde88ca750a8d85/"
)
DATA = Original(
    "communities/communities.data",
    "09e0b5c07eae24c1efab19b2edee05e160e7f5743b6f31e31eec3d73624da2ea",
    (_UCI + "communities.data", _COPY + "communities.data"),
)
NAMES = Original(
    "communities/communities.names",
    "80914f24ab37261fb0fbda7e417cad8001335dadda4a8d702c265601ef8434fc",
    (
        _UCI + "communities.names",
        "https://raw.githubusercontent.com/omrilev1/HessianMix/37651364/communities.names",
    ),
)
TARGET = "ViolentCrimesPerPop"
GROUP = "white share"
_IDENTIFIERS = ["state", "county", "community", "communityname", "fold"]
_RACES = ["racepctblack", "racePctWhite", "racePctAsian", "racePctHisp"]
_WHITE = 0.80
_MOST_MISSING = 0.5


def make(entry: Entry, seed: int, validation: float | None, test: float | None) -> Dataset:
    """The data set, 80/10/10 by default."""
    frame = read(content(DATA), content(NAMES))
    white = frame["racePctWhite"] >= _WHITE
    groups = white.map({True: "at least 80 %", False: "below 80 %"}).rename(GROUP)
    sparse = [name for name in frame if frame[name].isna().mean() > _MOST_MISSING]
    frame = frame.drop(columns=list(dict.fromkeys([*_IDENTIFIERS, *sparse, *_RACES])))
    frame = pd.concat([frame, groups], axis=1)
    validation, test = held_out(validation, test, 0.1)
    police = len(set(sparse) - set(_IDENTIFIERS))
    return Dataset.from_frame(
        frame,
        target=TARGET,
        sensitive=[GROUP],
        task=entry.task,
        validation=validation,
        test=test,
        seed=seed,
        notes=[
            f"{len(_IDENTIFIERS)} columns that identify the community or a fold and {police} police "
            "columns that are missing for most communities are left out.",
            f"The {len(_RACES)} shares of racial groups are not inputs; '{GROUP}' is whether at "
            "least 80 % of a community is white.",
            "The donor scaled every column to 0-1, including the target.",
        ],
        **entry.about(),
    )


def read(data: bytes, names: bytes) -> pd.DataFrame:
    """The table, with the column names from the second file."""
    columns = re.findall(r"^@attribute (\S+)", names.decode("latin-1"), re.MULTILINE)
    frame = pd.read_csv(BytesIO(data), header=None, na_values="?")
    if frame.shape[1] != len(columns):
        raise DataError(f"{len(columns)} names do not match {frame.shape[1]} columns.")
    return frame.set_axis(columns, axis=1)


ENTRY = Entry(
    name="crime",
    title="Communities and Crime",
    task="regression",
    rows=1994,
    source=(
        "Redmond, M. (2002). Communities and Crime. UCI Machine Learning Repository. "
        "https://doi.org/10.24432/C53W3X"
    ),
    licence="CC BY 4.0",
    description=(
        "US communities with data from the 1990 census; the target is violent crime per capita in "
        "1995. A benchmark for software, not a basis for decisions about anyone."
    ),
    make=make,
    files=(DATA, NAMES),
)
