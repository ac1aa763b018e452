"""A made-up hiring table whose unfair labels are known, because they were planted.

The process, in order, with z standard normal and everything drawn by one seed:

1. ``group`` is "blue" (60 %) or "green" (40 %). People live apart: a blue applicant lives in the
   north or east with probability 0.9, a green one in the south or west with probability 0.9.
2. ``years of experience`` is gamma (shape 2, mean 7); ``test score`` is 60 + 15 z; ``interview
   score`` is 5 + 0.06 (test score - 60) + 1.5 z, cut to 0-10; ``education`` is school, bachelor or
   master (40, 40, 20 %); ``referred`` is true for 20 %; ``distance to work`` is gamma (shape 2,
   mean 12 km). None of these depends on the group.
3. merit = 0.12 (years - 7) + 0.07 (test score - 60) + 0.35 (interview score - 5) + the step for
   education (-0.4, 0.2, 0.6) + 0.4 if referred. A fair decision hires where merit + logistic noise
   of scale 0.35 is above 0.
4. The rows are split by seed. Among the *training* rows, green applicants who were hired with a
   merit above 0.5 are rejected instead, each with probability one half. Those rows are
   ``Dataset.planted``.

Validation and test labels stay fair, so they measure what a fair decision would be. A model that
does not see the group can still learn the unfairness, through where people live.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from afif_explorer.datasets.build import fields_of
from afif_explorer.datasets.catalogue.entry import Entry, held_out
from afif_explorer.datasets.dataset import Dataset
from afif_explorer.datasets.splits import Parts, divide

ROWS = 2000
TARGET = "hired"
GROUP = "group"
_CLASSES = ["rejected", "hired"]
_EDUCATION = {"school": -0.4, "bachelor": 0.2, "master": 0.6}
_CLEAR_MERIT = 0.5
_FLIPPED_SHARE = 1 / 2


def make(entry: Entry, seed: int, validation: float | None, test: float | None) -> Dataset:
    """The data set with its planted labels; ``seed`` draws the people, the split and the flips."""
    frame, merit = applicants(seed)
    fair = frame[TARGET].cat.codes.to_numpy()
    parts = divide(fair, *held_out(validation, test), seed)
    planted = _choose(frame, merit, parts, np.random.default_rng([seed, 2]))
    frame.loc[planted, TARGET] = "rejected"
    data = Dataset(
        **fields_of(
            frame,
            target=TARGET,
            sensitive=[GROUP],
            task="classification",
            divide=lambda ids, strata: parts,
            notes=[
                "The table is made up by a documented process; no real person is in it.",
                f"{len(planted)} well qualified training applicants of the green group were hired by "
                "the fair rule and are labelled rejected; validation and test labels are fair.",
            ],
            **entry.about(),
        )
    )
    planted.setflags(write=False)
    return replace(data, planted=planted)


def applicants(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """The applicants with fair decisions (steps 1 to 3), and their merit."""
    rng = np.random.default_rng([seed, 1])
    green = rng.random(ROWS) < 0.4
    southern = rng.random(ROWS) < np.where(green, 0.9, 0.1)
    second = rng.random(ROWS) < 0.5
    district = np.where(
        southern, np.where(second, "south", "west"), np.where(second, "north", "east")
    )
    years = rng.gamma(2, 3.5, ROWS)
    score = 60 + 15 * rng.standard_normal(ROWS)
    interview = np.clip(5 + 0.06 * (score - 60) + 1.5 * rng.standard_normal(ROWS), 0, 10)
    education = rng.choice(list(_EDUCATION), ROWS, p=[0.4, 0.4, 0.2])
    referred = rng.random(ROWS) < 0.2
    distance = rng.gamma(2, 6, ROWS)
    merit = 0.12 * (years - 7) + 0.07 * (score - 60) + 0.35 * (interview - 5) + 0.4 * referred
    merit += pd.Series(education).map(_EDUCATION).to_numpy()
    hired = merit + 0.35 * rng.logistic(size=ROWS) > 0
    frame = pd.DataFrame(
        {
            "years of experience": years.round(1),
            "test score": score.round(0),
            "interview score": interview.round(1),
            "education": education,
            "referred": np.where(referred, "yes", "no"),
            "distance to work (km)": distance.round(1),
            "district": district,
            GROUP: np.where(green, "green", "blue"),
            TARGET: pd.Categorical.from_codes(hired.astype(int), _CLASSES),
        }
    )
    return frame, merit


def _choose(
    frame: pd.DataFrame, merit: np.ndarray, parts: Parts, rng: np.random.Generator
) -> np.ndarray:
    green = frame[GROUP].eq("green").to_numpy()
    hired = frame[TARGET].eq("hired").to_numpy()
    flipped = green & hired & (merit > _CLEAR_MERIT) & (rng.random(ROWS) < _FLIPPED_SHARE)
    return parts.train[flipped[parts.train]]


ENTRY = Entry(
    name="hiring",
    title="Hiring with planted unfair labels",
    task="classification",
    rows=ROWS,
    source="Made by this package, see afif_explorer.datasets.catalogue.hiring",
    licence="BSD-3-Clause, like this package",
    description=(
        "Applicants with experience, test and interview scores, education and district; the label "
        "says who was hired. Some qualified applicants of one group are labelled rejected on "
        "purpose, so the rows that a method should find are known."
    ),
    make=make,
)
