#!/usr/bin/env python
"""Writes ``tests/corpus``: small files as people bring them, and what is right about each, in ``right.json``.

    python tools/make_corpus.py

Every file has columns that are known beforehand, written in one of the many ways in which programs and people
write tables. ``right.json`` has, for each file, some of:

``read``     the values of columns, as they must be read without any choice (null: missing; days as ISO dates)
``asked``    the problem, by its code, that must be noticed in a column
``roles``    the role that must be proposed for a column
``told``     words that a note must have
``mended``   the problem that must be noticed, and the values after its remedy is applied
``quiet``    problems that must not be noticed in a column
``only``     all questions that stay open, by column
``refused``  words that the error must have
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from corpus import (
    amounts,
    cells,
    columns,
    files,
    further,
    languages,
    layouts,
    mixtures,
    simulated,
    surveys,
)

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "corpus"
SOURCES: tuple[Callable[[], dict[str, files.Case]], ...] = (
    cells.numbers,
    cells.mixed,
    cells.dates,
    cells.stand_ins,
    columns.labels,
    columns.identifiers,
    columns.relations,
    columns.roles,
    languages.dates,
    languages.periods,
    amounts.durations,
    amounts.ranges,
    amounts.fractions,
    amounts.codes,
    mixtures.mixtures,
    surveys.answers,
    surveys.regular,
    surveys.slips,
    layouts.lines,
    layouts.encodings,
    layouts.parquet,
    layouts.refused,
    further.numbers,
    further.days,
    further.labels,
    further.gaps,
    simulated.tables,
    simulated.leaks,
    simulated.roles,
)


def main() -> None:
    """Write all files."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    right = {}
    for source in SOURCES:
        for name, case in source().items():
            assert name not in right, name
            (FOLDER / name).write_bytes(case.content)
            right[name] = case.right
    text = json.dumps(right, indent=1, ensure_ascii=False, sort_keys=True)
    (FOLDER / "right.json").write_text(text + "\n", encoding="utf-8")
    print(f"{len(right)} files")


if __name__ == "__main__":
    main()
