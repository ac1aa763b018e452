"""Medical cost: the yearly medical bills of 1,338 insured people.

Inputs are age, body mass index and children (standardised), smoker and region (0/1, without the
most common region); sex is sensitive and not an input. With an intercept that makes 8 parameters. The
target is the charge, scaled to 0-1. The held-out splits are stratified on sex.
"""

from __future__ import annotations

from io import BytesIO

import pandas as pd

from afif_explorer.datasets.catalogue.entry import Entry, held_out
from afif_explorer.datasets.catalogue.originals import Original, content
from afif_explorer.datasets.dataset import Dataset

_SOURCE = "https://raw.githubusercontent.com/stedy/Machine-Learning-with-R-datasets/"
FILE = Original(
    "insurance/insurance.csv",
    "505c1cbc2e63d0363bac59501563df2530aadf4cdb9cfee226f4ef32f5468281",
    (_SOURCE + "ff933238/insurance.csv", _SOURCE + "master/insurance.csv"),
    also=("388eff679557d08ac19f463d025de5e0b4adc482537c8456d19934d78621fd47",),  # CR LF line ends
)
TARGET = "charges"
SENSITIVE = ("sex",)


def make(entry: Entry, seed: int, validation: float | None, test: float | None) -> Dataset:
    """The data set, 80/10/10 by default."""
    frame = pd.read_csv(BytesIO(content(FILE)))
    low, high = frame[TARGET].min(), frame[TARGET].max()
    frame[TARGET] = (frame[TARGET] - low) / (high - low)
    validation, test = held_out(validation, test, 0.1)
    return Dataset.from_frame(
        frame,
        target=TARGET,
        sensitive=SENSITIVE,
        task=entry.task,
        validation=validation,
        test=test,
        seed=seed,
        baseline=True,
        notes=[f"'{TARGET}' is scaled: 0 is ${low:,.2f}, 1 is ${high:,.2f}."],
        **entry.about(),
    )


ENTRY = Entry(
    name="insurance",
    title="Insurance (medical cost)",
    task="regression",
    rows=1338,
    source=(
        "Lantz, B., Machine Learning with R, Packt Publishing. "
        "https://github.com/stedy/Machine-Learning-with-R-datasets"
    ),
    licence="Public domain, according to the distributor",
    description=(
        "Insured people with age, body mass index, children, smoking and region; the target is the "
        "yearly medical bill. A benchmark for software, not a basis for decisions about anyone."
    ),
    make=make,
    files=(FILE,),
)
