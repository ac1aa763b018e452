"""What a column may be for, by its name: the target, a sensitive column, weights, a split."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from afif_explorer.datasets.columns.identifiers import words_of
from afif_explorer.datasets.columns.slips import one_slip
from afif_explorer.datasets.reading import text
from afif_explorer.datasets.reading.markers import says_nothing
from afif_explorer.datasets.reading.text import words

INPUT, TARGET, SENSITIVE, WEIGHT, SPLIT, ID, IGNORE = (
    "input", "target", "sensitive", "weight", "split", "id", "ignore",
)  # fmt: skip
ROLES = (INPUT, TARGET, SENSITIVE, WEIGHT, SPLIT, ID, IGNORE)
_TARGETS = (  # each before those of the next line
    "target label y outcome response",
    "survived promoted approved accepted admitted hired selected defaulted default churn churned attrition "
    "exited recid recidivated passed dropout fraud isfraud readmitted stroke died death deathevent failure "
    "deposit purchased subscribed clicked converted returned loanstatus creditrisk seriousdlqin2yrs",
    "class diagnosis species income salary wage charges price saleprice cost score quality grade",
)
_SENSITIVE = words(
    "sex gender race ethnicity ethnic religion nationality disability disabled caste orientation "
    "sexe geschlecht"
)
GROUPS = (  # levels of sensitive columns, whatever their names
    words("male female m f man woman men women diverse other unknown nonbinary non-binary"),
    frozenset(
        (
            "white", "black", "asian", "hispanic", "latino", "other", "african-american", "caucasian",
            "non-white", "native american", "asian-pac-islander", "amer-indian-eskimo",
            "black or african american",
            "mixed",
        )
    ),
)  # fmt: skip
_SURE_GROUPS = words("female f woman women black non-white african-american")
_PERHAPS_SENSITIVE = words(
    "age race ethnic black white hispanic asian marital maritl pregnant immigrant"
)
_CODED = re.compile(r"-?[0-9]+")  # "not known", among groups
_WEIGHTS = words(
    "fnlwgt wgt weights sampleweight samplingweight surveyweight caseweight pweight instanceweight perwt "
    "pwgtp finalweight finalwt finalwgt personweight householdweight hhwt hhweight designweight postweight "
    "svyweight wtssall wtfinl expansionfactor"
)
_SPLITS = words("split partition set subset part dataset sample train test traintest usage")
_PARTS = {
    "train": "train training tr learn development fit",
    "validation": "validation valid val dev tune publictest",
    "test": "test testing te eval evaluation holdout privatetest",
}
PART_OF = {word: part for part, words in _PARTS.items() for word in words.split()}


def is_sensitive(name: str) -> bool:
    """Whether a name is that of a sensitive column."""
    words = words_of(name)
    return bool(words) and (words[0] in _SENSITIVE or words[-1] in _SENSITIVE) and len(words) <= 2


def has_groups(series: pd.Series, letters: bool = True) -> bool:
    """Whether the levels of a column are sexes or ethnic groups; ``letters``: also F and M."""
    if pd.api.types.is_numeric_dtype(series) or series.nunique() > 10:
        return False
    levels = {str(level).strip().casefold() for level in series.dropna().unique()}
    levels = {level for level in levels if not says_nothing(level) and not _CODED.fullmatch(level)}
    if not letters and all(len(level) == 1 for level in levels):
        return False
    known = any(
        all(level in groups or _is_nearly(level, groups) for level in levels) for groups in GROUPS
    )
    return len(levels) > 1 and known and not levels.isdisjoint(_SURE_GROUPS)


def _is_nearly(level: str, groups: frozenset[str]) -> bool:
    """Whether a level is one of some words with a slip."""
    return len(level) > 2 and any(one_slip(level, word) for word in groups if len(word) > 3)


def may_be_sensitive(name: str, groups: bool = True) -> bool:
    """Whether a name speaks of something sensitive; ``groups``: the column has few values."""
    words = set(words_of(name))
    return not words.isdisjoint(_SENSITIVE | (_PERHAPS_SENSITIVE if groups else {"age"}))


def is_weight(name: str, series: pd.Series) -> bool:
    """Whether a column has weights of the rows."""
    if "".join(words_of(name)) not in _WEIGHTS or not pd.api.types.is_numeric_dtype(series):
        return False
    return bool((series.dropna() >= 0).all()) and series.notna().all()


def parts_of(series: pd.Series) -> dict[str, str] | None:
    """The split that each level of a column names; None if some level names none."""
    _, levels = text.coded(series)
    found = {level: PART_OF.get(level.strip().casefold(), "") for level in levels}
    return found if found and all(found.values()) else None


def is_split(name: str, series: pd.Series) -> bool:
    """Whether a column says of each row to which split it belongs."""
    named = not _SPLITS.isdisjoint(words_of(name))
    return named and series.nunique() > 1 and parts_of(series) is not None


def target_of(names: Sequence[str], usable: Sequence[bool], title: str = "") -> tuple[str, str]:
    """The column that is most likely predicted, and why; empty if none is usable.

    ``usable``: whether a column is neither constant, nor free text, nor an identifier.
    """
    able = [name for name, can in zip(names, usable, strict=True) if can]
    folded = {name: "".join(words_of(name)) for name in able}
    if not {"x", "z"} - {name.casefold() for name in names}:  # beside which y is a place
        folded = {name: word for name, word in folded.items() if word != "y"}
    for line in _TARGETS:
        for word in line.split():
            for name in able:
                if folded.get(name) == word:
                    return name, "by its name"
        if line is _TARGETS[0] and title:
            for name in able:
                if name.casefold() == title.casefold():
                    return name, "as the file has its name"
    plain = [name for name in able if not is_sensitive(name)]
    return (plain[-1], "as the last column") if plain else ("", "")
