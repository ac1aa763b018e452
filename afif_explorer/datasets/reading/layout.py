"""The lines of a text file that are not rows: titles, units, totals; and whether it has a header."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from afif_explorer import wording
from afif_explorer.datasets.reading.forms import dates, numerals
from afif_explorer.datasets.reading.markers import says_nothing
from afif_explorer.datasets.reading.text import words

Row = tuple[int, list[str]]
"""The number of its line, and its cells."""

MOST_TITLES = 20
_NUMERIC = 0.95
_UNIT = re.compile(r"[\[(][^\[\]()]{0,20}[\])]|[%‰°µ$€£¥/²³·^a-zA-Z0-9-]{1,8}")
_BRACKETS = re.compile(r"[\[(].{0,20}[\])]")
_UNITS = words(
    "kg g mg lb t m cm mm km mi ft in s sec ms min h hr hrs hour hours day days week weeks month "
    "months year years yr yrs % $ € £ usd eur gbp chf °c °f c k m2 m² m3 l ml kwh w kw hz pa bar "
    "mmhg mg/dl count n no score points"
)
_TOTAL = re.compile(
    r"(?:grand |sub)?-?(?:total|totals|sum|summe|gesamt|gesamtsumme|insgesamt)(?: *[:(].*)?|average|mean",
    re.IGNORECASE,
)
_REMARK = re.compile(
    r"(?:source|notes?|footnote|quelle|anmerkung|legend|\*|#|©|\(c\)|generated|created|downloaded|copyright|"
    r"end of|\(?\d+ rows)",
    re.IGNORECASE,
)
_CLOSE = 1e-6
_PLAIN = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_RULE = re.compile(r"[\s:=_-]*[=_-]{2,}[\s:=_-]*")
_BETWEEN = {
    None: "spaces", ",": "commas", ";": "semicolons", ":": "colons", "^": "'^'", "~": "'~'", "#": "'#'",
    "*": "'*'", "!": "'!'", "\x01": "control characters", "\x1f": "control characters",
}  # fmt: skip
_FEW_LEVELS = 5  # rows for each level of a column of labels


class LeftOut(NamedTuple):
    """Lines of a file that are not rows of its table, and what they are."""

    lines: tuple[int, ...]
    what: str

    @property
    def sentence(self) -> str:
        """The note about them."""
        many = len(self.lines) > 1
        shown = ", ".join(map(str, self.lines[:5]))
        more = f" and {wording.count(len(self.lines) - 5)} more" if len(self.lines) > 5 else ""
        return f"Line{'s' if many else ''} {shown}{more} left out: {self.what}."


def titles(rows: Sequence[Row]) -> int:
    """How many of the first rows are titles or comments above the table."""
    width = usual_width(rows)
    count = 0
    for place, (_, row) in enumerate(rows[: MOST_TITLES + 1]):
        filled = [cell for cell in row if cell.strip()]
        below = rows[place + 1 :]
        if len(row) == width:
            next_ = [cell for cell in below[0][1] if cell.strip()] if below else []
            alone = width > 2 and len(filled) == 1 and row[0].strip() and len(next_) > 2
            if not alone or not has_header([cells for _, cells in below if len(cells) == width]):
                break
        elif len(row) > width or not below or not _is_title(row, filled, width, below):
            break
        count = place + 1
    return 0 if count > MOST_TITLES else count


def _is_title(row: list[str], filled: list[str], width: int, below: Sequence[Row]) -> bool:
    if row[0].lstrip()[:1] in ("#", "%", "|"):
        return True
    if len(row) < width - 1:
        return len(filled) <= max(1, width // 2)
    # One cell fewer than the rows: names without that of the row labels, unless names come below.
    return len(filled) == 1 and has_header([cells for _, cells in below if len(cells) == width])


def usual_width(rows: Sequence[Row]) -> int:
    """The number of cells that most rows have."""
    counts = Counter(len(row) for _, row in rows)
    return max(counts, key=lambda width: (counts[width], width)) if counts else 0


def has_header(rows: Sequence[list[str]]) -> bool:
    """Whether the first of these rows (all of the same width) has the names of the columns."""
    first, body = [cell.strip() for cell in rows[0]], [row for row in rows[1:] if row != rows[0]]
    if not body:
        return True
    numeric = [place for place in range(len(first)) if _mostly(body, place, _is_number)]
    over = [first[place] for place in numeric if not says_nothing(first[place])]
    if any(not _is_number(cell) for cell in over):
        return True
    if over and all(map(str.isdigit, over)) and _is_above_labels(first, body):
        return True
    if over:
        return _are_names([first[place] for place in numeric], [row[numeric[0]] for row in body])
    days = [place for place in range(len(first)) if _mostly(body, place, _is_date)]
    if days:
        return not any(_is_date(first[place]) for place in days)
    known = [place for place, cell in enumerate(first) if not says_nothing(cell)]
    levels = [{row[place].strip() for row in body} for place in range(len(first))]
    return not (known and len(body) >= 5 and all(first[place] in levels[place] for place in known))


def _is_above_labels(first: Sequence[str], body: Sequence[list[str]]) -> bool:
    """Whether the cells over columns of few labels are all other words."""
    found = []
    for place, cell in enumerate(first):
        levels = {row[place].strip() for row in body}
        if len(levels) * _FEW_LEVELS <= len(body) and not any(map(_is_number, levels)):
            found.append(bool(cell) and not says_nothing(cell) and cell not in levels)
    return bool(found) and all(found)


def _are_names(cells: Sequence[str], below: Sequence[str]) -> bool:
    """Whether numbers are names of columns: 0, 1, 2, ... or years."""
    if not all(cell.isascii() and cell.isdigit() for cell in cells):
        return False
    found = [int(cell) for cell in cells]
    steps = {b - a for a, b in pairwise(found)}
    years = all(1900 <= value <= 2100 for value in found)
    if len(found) > 2 and steps == {1} and (years or found[0] in (0, 1)):
        return True
    return (
        years
        and len(set(found)) == len(found)
        and not any(cell.strip().isdigit() and 1900 <= int(cell) <= 2100 for cell in below)
    )


def is_above_names(rows: Sequence[list[str]]) -> bool:
    """Whether the first row is a title or has names of groups of columns, and the second has the names."""
    if len(rows) < 5 or len(rows[0]) < 2:
        return False
    names, body = [cell.strip() for cell in rows[1]], rows[2:]
    numeric = [place for place in range(len(names)) if _mostly(body, place, _is_number)]
    first = [cell.strip() for cell in rows[0]]
    odd = any(not cell or _is_number(cell) for cell in first)
    if not odd and len(set(first)) == len(first) and is_second_header(rows[1], body):
        return False  # below names, the second row describes the columns
    return (
        len(numeric) >= (1 if odd else 2)
        and len(set(names)) == len(names)
        and all(cell and not says_nothing(cell) for cell in names)
        and not any(_is_number(names[place]) for place in numeric)
        and not is_units(rows[1], body)
    )


def is_footer(row: Sequence[str]) -> bool:
    """Whether a row below the table is a remark, such as its source."""
    if len(row) > 1 and row[1].strip():
        return False
    filled = [cell.strip() for cell in row if cell.strip()]
    return len(filled) == 1 and bool(row[0].strip()) and bool(_REMARK.match(filled[0]))


def is_units(row: Sequence[str], body: Sequence[list[str]]) -> bool:
    """Whether the first row below the header has the units of the columns."""
    numeric = [place for place in range(len(row)) if _mostly(body, place, _is_number)]
    cells = [row[place].strip() for place in numeric]
    known = [cell for cell in cells if cell]
    if len(body) < 3 or not known or any(_is_number(cell) for cell in known):
        return False
    if not all(_UNIT.fullmatch(cell) for cell in known):
        return False
    sure = [cell for cell in known if cell.casefold() in _UNITS or _BRACKETS.fullmatch(cell)]
    return bool(sure) and (len(sure) == len(known) or len(known) > 2)


def is_second_header(row: Sequence[str], body: Sequence[list[str]]) -> str:
    """What the first row below the header is, if it has a word over every column of numbers; else empty.

    Types, descriptions, names of statistics; or a rule, as below the names of a table in Markdown.
    """
    filled = [cell for cell in row if cell.strip()]
    if filled and all(map(_RULE.fullmatch, filled)):
        return "a rule"
    numeric = [place for place in range(len(row)) if _mostly(body, place, _is_number)]
    cells = [row[place].strip() for place in numeric]
    words_ = [cell for cell in cells if any(map(str.isalpha, cell)) and not _is_number(cell)]
    if len(body) < 3 or len(words_) < 2 or any(map(says_nothing, cells)):
        return ""
    if len(words_) < len(cells) or any(map(_is_value, words_)):
        return ""
    return f"descriptions of the columns ({', '.join(words_[:2])}, ...)"


def _is_value(cell: str) -> bool:
    """Whether a word among numbers rather stands for a value."""
    return cell[0].isdigit() or cell[0] in "<>~"


def is_total(level: str) -> bool:
    """Whether a text is the name of a row that is the sum of others."""
    return bool(_TOTAL.fullmatch(level)) and level.casefold() not in ("average", "mean")


def total_of(columns: Sequence[Any]) -> str:
    """What the last row is ("totals" or "means" of the rows above, or a name of such); else empty.

    ``columns``: arrays of pyarrow.
    """
    if len(columns[0]) < 3:
        return ""
    last = [column[-1].as_py().strip() for column in columns]
    words = [cell for cell in last if _TOTAL.fullmatch(cell)]
    if not words and (last[0] or not all(map(str.strip, _above(columns[0])))):
        return "totals" if _are_sums(columns, last) else ""
    if words and any(words[0] in map(str.strip, _above(column)) for column in columns):
        return ""  # a level like others
    for column, cell in zip(columns, last, strict=True):
        if not _is_number(cell):
            continue
        value = _number(cell)
        above = np.array([_number(one) for one in _above(column)])
        above = above[~np.isnan(above)]
        for what, expected in (
            ("totals", above.sum()),
            ("means", above.mean() if len(above) else 0),
        ):
            if len(above) and abs(value - expected) <= _CLOSE * max(1.0, abs(expected)):
                return what
    return "named" if words else ""


def _are_sums(columns: Sequence[Any], last: Sequence[str]) -> bool:
    """Whether the last row has the sums of two or more columns, and nothing else but numbers."""
    places = [place for place, cell in enumerate(last) if cell]
    if len(places) < 2 or not all(_is_number(last[place]) for place in places):
        return False
    for place in places:
        above = np.array([_number(one) for one in _above(columns[place])])
        value, total = _number(last[place]), above[~np.isnan(above)].sum()
        if not total or np.abs(value) <= np.nanmax(np.abs(above)):
            return False
        if abs(value - total) > _CLOSE * max(1.0, abs(total)):
            return False
    return True


def _above(column: Any) -> list[str]:
    """The cells above the last one."""
    cells: list[str] = column.slice(0, len(column) - 1).to_pylist()
    return cells


def parts(lines: Sequence[str]) -> tuple[int, str] | None:
    """The number of parts of these lines, and what is between them, if some parts are numbers."""
    for mark, what in _BETWEEN.items():
        split = [line.split(mark) for line in lines]
        same = {len(each) for each in split}
        if len(split) < 3 or len(same) > 1 or len(split[0]) < 2:
            continue
        if any(_mostly(split[1:], place, _is_number) for place in range(len(split[0]))):
            return len(split[0]), what
    return None


def _mostly(rows: Sequence[list[str]], place: int, test: Callable[[str], bool]) -> bool:
    known = [cell for row in rows if not says_nothing(cell := row[place].strip())]
    return bool(known) and sum(map(test, known)) >= _NUMERIC * len(known)


def _is_number(cell: str) -> bool:
    return bool(np.isfinite(_number(cell)))


def _number(cell: str) -> float:
    if _PLAIN.fullmatch(cell):
        return float(cell)
    found = numerals.parse(cell, ".") or numerals.parse(cell, ",")
    return np.nan if found is None else found[0]


def _is_date(cell: str) -> bool:
    return not np.isnat(dates.Dates().read([cell])[0]) or not np.isnat(
        dates.Dates(day_first=False).read([cell])[0]
    )
