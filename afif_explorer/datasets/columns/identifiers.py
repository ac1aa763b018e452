"""Columns that name or number the rows, and codes that are no amounts."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from afif_explorer import wording
from afif_explorer.datasets.reading.text import words

FEW_ROWS = 10
_LARGEST_EXACT = 2**53
_WORDS = words(
    "id ids identifier uuid guid index idx row rowid rownum rownumber nr no number num key pk "
    "serial record ssn iban isbn phone telephone tel telefon telefono telefone mobile fax msisdn imei email "
    "uid sku ean upc barcode passport licence license matriculation matrikel matrikelnummer mrn geoid subjid "
    "usubjid patid caseid hhid tailnum isbn vin"
)
_WHOM = words(
    "subject participant respondent patient customer client member employee student applicant household user "
    "person passenger case account order invoice transaction"
)
_NAMES = words(
    "name firstname lastname fullname surname forename givenname familyname vorname nachname username "
    "hostname customername patientname employeename studentname"
)
_NAMES_ONE = words("id ids identifier uuid guid")
_COUNTED = frozenset(("no", "number", "num", "nr", "index", "key", "row", "record", "serial"))
_CODES = words("code cod codes zip zipcode postcode postal plz postleitzahl pincode fips")
_PLACES = words(
    "state county community city town municipality tract district region precinct country store "
    "branch"
)
_FOLDS = words("fold folds cvfold")
_TIME = words(
    "year years month week day date time hour minute quarter t age jahr monat tag period timestamp datetime "
    "ts epoch unix created updated modified logged yr"
)
_UNNAMED = re.compile(
    r"|unnamed: \d+|__index_level_\d+__|level_\d+|index|column \d+", re.IGNORECASE
)
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_GLUED = re.compile(
    r"(?:customer|user|patient|student|employee|passenger|order|product|person|member|client|account|applicant|"
    r"case|subject|record|row|respondent|participant|transaction|loan)(?:id|no|nr|num|number|key)"
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}|[0-9a-f]{16,64}", re.IGNORECASE)
_PHONE = re.compile(r"(?:\+|\(|0)?[0-9](?:[0-9]*[ ()/.-]{1,2}){1,6}[0-9]{2,}|\+[0-9]{7,15}")
_PHONE_DIGITS = range(7, 16)
_SHORTEST_NUMBER = 8  # digits of numbers that are rather codes, if all have as many
_SHORTENED, _ROUND = 1e11, 1e4  # 1.23E+14 for 123456789012345
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.\w+")


@dataclass(frozen=True)
class Identifier:
    """Why a column is (``sure``) or may be no input: the end of a sentence."""

    why: str
    sure: bool


def words_of(name: str) -> list[str]:
    """The words of a name, in lower case: ``PassengerId`` has "passenger" and "id"."""
    return [part.lower() for part in _PARTS.findall(name)]


def identifier(series: pd.Series, name: str, distinct: int | None = None) -> Identifier | None:
    """Whether a column identifies the rows, by its name and content; ``distinct``: its values, if counted."""
    known = series.dropna()
    if not len(known):
        return None
    if pd.api.types.is_bool_dtype(known) or pd.api.types.is_complex_dtype(known):
        return None
    if pd.api.types.is_numeric_dtype(known):
        numbers = known.to_numpy(dtype=np.float64)
        whole = bool(np.isfinite(numbers).all() and (numbers == np.round(numbers)).all())
        if not whole:
            return None
        distinct = known.nunique() if distinct is None else distinct
        return _of_numbers(numbers, distinct, len(series), name)
    if isinstance(known.dtype, pd.StringDtype) or known.dtype == object:
        return _of_texts(known, known.nunique() if distinct is None else distinct, name)
    return None


def is_time(name: str) -> bool:
    """Whether a name speaks of time, so that each value may well be there once."""
    return not _TIME.isdisjoint(words_of(name))


def is_named_so(name: str) -> bool:
    """Whether a name is that of an identifier."""
    words = words_of(name)
    glued = _GLUED.fullmatch("".join(words))
    return bool(words and (words[-1] in _WORDS or words[0] in ("id", "uuid") or glued))


def _of_numbers(numbers: np.ndarray, distinct: int, rows: int, name: str) -> Identifier | None:
    words = words_of(name)
    steps = np.diff(numbers)
    counts = (
        len(numbers) == rows > FEW_ROWS and distinct == rows and bool((np.abs(steps) == 1).all())
    )
    if counts and (_UNNAMED.fullmatch(name) or is_named_so(name)):
        return Identifier("numbers the rows", True)
    if is_named_so(name) and rows > FEW_ROWS:
        needed = 1.0 if words[-1] in _COUNTED else 0.5
        if distinct >= needed * len(numbers) and distinct > FEW_ROWS:
            return Identifier(_many(distinct, len(numbers)), True)
    if words and words[-1] in _NAMES_ONE and distinct > FEW_ROWS:
        return Identifier(
            "is named like an identifier; its numbers tell groups of rows apart", False
        )
    if is_time(name):
        return None
    if not _FOLDS.isdisjoint(words) and distinct <= 50:
        return Identifier("numbers the folds of a cross-validation", True)
    if not _CODES.isdisjoint(words) and distinct > FEW_ROWS:
        return Identifier("has codes, not amounts", True)
    if words and words[-1] in _PLACES and distinct > FEW_ROWS:
        return Identifier("has numbers that stand for places", True)
    if np.abs(numbers).max() > _LARGEST_EXACT and distinct >= 0.9 * len(numbers):
        return Identifier("has numbers too long to be amounts", True)
    if counts:
        return Identifier("numbers the rows", False)
    if words and words[-1] in _WHOM and distinct == rows > 2 * FEW_ROWS:
        return Identifier("has another number in every row", False)
    if distinct == rows > 2 * FEW_ROWS and numbers.max() - numbers.min() == rows - 1:
        return Identifier(
            "has each whole number of a range once, like a row number or a rank", False
        )
    if numbers.min() >= _SHORTENED and (numbers % _ROUND == 0).all() and distinct > FEW_ROWS:
        return Identifier("has long numbers that a program has rounded, like identifiers", False)
    digits = {len(str(int(number))) for number in (numbers.min(), numbers.max())}
    alike = len(digits) == 1 and min(digits) >= _SHORTEST_NUMBER and numbers.min() > 0
    if alike and distinct >= 0.9 * len(numbers) and rows > 2 * FEW_ROWS and not _are_days(numbers):
        return Identifier(
            f"has numbers of {min(digits)} digits, like codes or telephone numbers", False
        )
    return None


def _are_days(numbers: np.ndarray) -> bool:
    """Whether all numbers are days written as eight digits, or as many with hours and minutes."""
    while (numbers >= 1e11).all():
        numbers = numbers // 100
    if (numbers >= 1e9).all():
        numbers = numbers // 100
    month, day = numbers // 100 % 100, numbers % 100
    return bool((numbers < 1e8).all() and (month <= 12).all() and (day <= 31).all())


def _of_texts(known: pd.Series, distinct: int, name: str) -> Identifier | None:
    if distinct <= FEW_ROWS:
        return None
    sample = [str(value).strip() for value in known.iloc[:100]]
    for form, what in ((_UUID, "identifiers"), (_EMAIL, "e-mail addresses")):
        if all(form.fullmatch(value) for value in sample):
            return Identifier(f"has {what}", True)
    if distinct >= 0.5 * len(known) and all(map(_is_phone, sample)):
        return Identifier("has telephone numbers, or numbers like these", True)
    if is_named_so(name) and distinct >= 0.5 * len(known):
        return Identifier(_many(distinct, len(known)), True)
    if distinct == len(known) > 2 * FEW_ROWS:
        return Identifier("has another text in every row", True)
    if "".join(words_of(name)) in _NAMES:
        return Identifier("is named like names of persons", False)
    return None


def _is_phone(value: str) -> bool:
    """Whether a text is a telephone number: with a sign of plus, an area code, or more than one group."""
    digits = re.sub(r"[^0-9]", "", value)
    groups = len(re.findall(r"[0-9]+", value))
    marked = value[0] in "+(0" or groups > 2
    return marked and len(digits) in _PHONE_DIGITS and bool(_PHONE.fullmatch(value))


def _many(distinct: int, rows: int) -> str:
    if distinct == rows:
        return "has another value in every row"
    return f"is named like an identifier and has {wording.count(distinct)} distinct values"
