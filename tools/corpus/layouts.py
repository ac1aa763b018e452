"""Whole files: lines that are no rows, encodings, Parquet, and files that cannot be read."""

from __future__ import annotations

import datetime as dt
import decimal
import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from corpus.files import ROWS, Case, noise, numbers, text

_AMOUNT, _AGE = numbers(1), [float(v) for v in noise(2, range(18, 80))]
_CITY, _OUTCOME = noise(3, ["Ulm", "Bonn"]), noise(4, ["no", "yes"])
_TABLE = {"amount": _AMOUNT, "age": [int(v) for v in _AGE], "city": _CITY, "outcome": _OUTCOME}
_READ = {"amount": _AMOUNT, "age": _AGE, "city": _CITY, "outcome": _OUTCOME}
_LINES = text(_TABLE).splitlines()


def _file(*lines: str, **right: Any) -> Case:
    return Case(("\n".join(lines) + "\n").encode(), {"read": _READ, **right})


def lines() -> dict[str, Case]:
    """Lines that are no rows, and headers."""
    head, body = _LINES[0], _LINES[1:]
    semicolons = text(_TABLE, ";").splitlines()
    total = f"Total,{round(sum(_AMOUNT), 2)},{sum(_AGE):.0f},,"
    labelled = [f"{i},{line}" for i, line in enumerate(body, start=1)]
    named = [f"p{i},{line}" for i, line in enumerate(body, start=1)]
    first = {"column 1": _AMOUNT, "column 2": _AGE, "column 3": _CITY, "column 4": _OUTCOME}
    years = {
        "place": noise(1, ["A", "B"]),
        "2019": numbers(1),
        "2020": numbers(2),
        "2021": numbers(3),
    }
    plain = {"0": numbers(1), "1": numbers(2), "2": numbers(3)}
    return {
        "lines_plain.csv": _file(*_LINES),
        "lines_title.csv": _file("Survey of customers", *_LINES, told="Line 1 left out"),
        "lines_two_titles.csv": _file(
            "Survey", "Office of data", *_LINES, told="Lines 1, 2 left out"
        ),
        "lines_wide_title.csv": _file("Survey,,,", *_LINES, told="Line 1 left out"),
        "lines_comments.csv": _file(
            "# made by a program", "# in 2020, with care", *_LINES, told="left out"
        ),
        "lines_title_semicolons.csv": _file("Survey, spring", *semicolons, told="Line 1 left out"),
        "lines_sep.csv": _file("sep=;", *semicolons, told="names the separator"),
        "lines_sep_quoted.csv": _file('"sep=,"', *_LINES, told="names the separator"),
        "lines_tabs.csv": _file(*text(_TABLE, "\t").splitlines()),
        "lines_bars.csv": _file(*text(_TABLE, "|").splitlines()),
        "lines_spaces.csv": _file(*(line.replace(",", ", ") for line in _LINES)),
        "lines_types.csv": _file(
            head, "float,int,str,str", *body, told="descriptions of the columns"
        ),
        "lines_import_ids.csv": _file(
            head,
            *(",".join(f'"{{""ImportId"":""Q{i}""}}"' for i in range(4)),),
            *body,
            told="descriptions",
        ),
        "lines_questions.csv": _file(
            head,
            "How much?,How old?,Where do you live?,Did it help?",
            *body,
            told="Line 2 left out",
        ),
        "lines_typeset_quotes.csv": _file(
            *(",".join(f"\u201c{cell}\u201d" for cell in line.split(",")) for line in _LINES),
            told="Quotation marks",
        ),
        "lines_statistics.csv": _file(head, "mean,sum,first,first", *body, told="descriptions"),
        "lines_rule.csv": _file(head, "---,---,:--,---", *body, told="a rule"),
        "lines_numbered_names.csv": _file(
            "1,2,3,4", *body, read=dict(zip("1234", _READ.values(), strict=True))
        ),
        "lines_sums_without_a_name.csv": _file(
            *_LINES, f"{round(sum(_AMOUNT), 2)},{sum(_AGE):.0f},,", told="totals"
        ),
        "lines_by_carets.csv": Case(
            "\n".join(line.replace(",", "^") for line in _LINES).encode(),
            {"told": "separated by '^'"},
        ),
        "lines_in_quotes.csv": Case(
            "\n".join(f'"{line}"' for line in _LINES).encode(), {"told": "separated by commas"}
        ),
        "lines_units.csv": _file(head, "EUR,years,,", *body, told="units"),
        "lines_units_brackets.csv": _file(head, "[EUR],(years),,", *body, told="units"),
        "lines_total.csv": _file("name," + head, *named, total, told="totals"),
        "lines_total_blank.csv": _file(
            "name," + head, *named, total.replace("Total", ""), told="totals"
        ),
        "lines_repeated_header_in_capitals.csv": _file(
            *_LINES[:20], head.upper(), *_LINES[20:], told="column names again"
        ),
        "lines_repeated_header.csv": _file(
            *_LINES[:20], head, *_LINES[20:], told="column names again"
        ),
        "lines_remark.csv": _file(*_LINES, "Source: office of data", told="remarks on the table"),
        "lines_wide_remark.csv": _file(*_LINES, "Note: rounded,,,", told="remarks on the table"),
        "lines_groups_of_columns.csv": _file(
            "money,,place,", *_LINES, told="above the column names"
        ),
        "lines_long_title.csv": _file(
            "Survey,2020,spring,final", *_LINES, told="above the column names"
        ),
        "lines_first_name_only.csv": Case(
            "\n".join(["amount,,,", *body]).encode(),
            {
                "read": {
                    "amount": _AMOUNT,
                    "column 2": _AGE,
                    "column 3": _CITY,
                    "column 4": _OUTCOME,
                }
            },
        ),
        "lines_by_spaces.csv": Case(
            "\n".join(
                ["a  b", *(f"{v}  {w:.0f}" for v, w in zip(_AMOUNT, _AGE, strict=True))]
            ).encode(),
            {"told": "separated by spaces"},
        ),
        "lines_blank.csv": _file("", *_LINES[:9], "", "", *_LINES[9:], ""),
        "lines_crlf.csv": Case("\r\n".join(_LINES).encode(), {"read": _READ}),
        "lines_no_header.csv": Case(
            "\n".join(body).encode(), {"read": first, "told": "no line of column names"}
        ),
        "lines_no_header_texts.csv": Case(
            text({"a": _CITY, "b": _OUTCOME}, header=False).encode(),
            {"read": {"column 1": _CITY, "column 2": _OUTCOME}, "told": "no line of column names"},
        ),
        "lines_years.csv": Case(text(years).encode(), {"read": years}),
        "lines_counted_names.csv": Case(text(plain).encode(), {"read": plain}),
        "lines_row_labels.csv": _file(
            head, *labelled, told="labels of the rows", roles={"column 1": "id"}
        ),
        "lines_trailing.csv": _file(*(f"{line}," for line in _LINES)),
        "lines_trailing_rows.csv": _file(
            head, *(f"{line}," for line in body), told="ends in a separator"
        ),
        "lines_quoted.csv": _file(
            *(",".join(f'"{c}"' for c in line.split(",")) for line in _LINES)
        ),
        "lines_total_kept.csv": _file(
            "name," + head, *named, "Total,1,2,Ulm,no", told="it was kept", read={}
        ),
    }


def encodings() -> dict[str, Case]:
    """Letters in every usual encoding."""
    towns = noise(3, ["Köln", "Zürich"])
    table = text({**_TABLE, "city": towns})
    read = {"read": {**_READ, "city": towns}}
    found = {
        f"encoding_{name.replace('-', '_')}.csv": Case(table.encode(name), dict(read))
        for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
    }
    found["encoding_western.csv"] = Case(table.encode("cp1252"), {**read, "told": "Windows-1252"})
    broken = table.encode().decode("cp1252").encode()
    found["encoding_twice.csv"] = Case(broken, {"told": "may have been damaged"})
    return found


def parquet() -> dict[str, Case]:
    """The types of Parquet."""
    days = [dt.date(2020, 1, 1) + dt.timedelta(int(v)) for v in _AGE]
    iso = [str(day) for day in days]
    moments = [dt.datetime(d.year, d.month, d.day, tzinfo=dt.UTC) for d in days]
    hours = [dt.time(int(v) % 24, 30) for v in _AGE]
    money = [decimal.Decimal(round(v * 100)) / 100 for v in _AMOUNT]
    whole = [int(v) if i % 8 else None for i, v in enumerate(_AGE)]
    columns: dict[str, tuple[pa.Array, dict[str, Any]]] = {
        "date32": (pa.array(days, pa.date32()), {"read": {"v": iso}}),
        "date64": (pa.array(days, pa.date64()), {"read": {"v": iso}}),
        "timestamp": (pa.array(moments, pa.timestamp("us", "UTC")), {"read": {"v": iso}}),
        "zone": (pa.array(moments, pa.timestamp("ns", "Europe/Paris")), {"read": {"v": iso}}),
        "time": (
            pa.array(hours, pa.time64("us")),
            {"read": {"v": [int(v) % 24 + 0.5 for v in _AGE]}},
        ),
        "time_seconds": (
            pa.array(hours, pa.time32("s")),
            {"read": {"v": [int(v) % 24 + 0.5 for v in _AGE]}},
        ),
        "decimal": (pa.array(money, pa.decimal128(12, 2)), {"read": {"v": _AMOUNT}}),
        "dictionary": (pa.array(_CITY).dictionary_encode(), {"read": {"v": _CITY}}),
        "integers": (pa.array(whole, pa.int32()), {"read": {"v": whole}}),
        "float32": (
            pa.array([float(int(v)) for v in _AMOUNT], pa.float32()),
            {"read": {"v": [int(v) for v in _AMOUNT]}},
        ),
        "far_date": (
            pa.array([*days[:-3], *[dt.date(9999, 12, 31)] * 3], pa.date32()),
            {"asked": {"v": "missing"}},
        ),
        "lists": (pa.array([[1, 2]] * ROWS), {"told": "nested"}),
    }
    found = {
        f"parquet_{name}.parquet": Case(_parquet({"v": column}), right)
        for name, (column, right) in columns.items()
    }
    index = _parquet({"x": pa.array(_AMOUNT), "__index_level_0__": pa.array(range(ROWS))})
    found["parquet_index.parquet"] = Case(index, {"roles": {"__index_level_0__": "id"}})
    return found


def _parquet(table: dict[str, pa.Array]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({**table, "outcome": pa.array(_OUTCOME)}), out)
    return out.getvalue()


def refused() -> dict[str, Case]:
    """Files that cannot be read."""
    cases = {
        "empty": ("", "empty"),
        "blank": ("\n\n \n", "empty"),
        "header_only": ("a,b\n", "no rows"),
        "ragged": ("a,b\n1,2\n1,2,3\n", "Line 3 has 3 cells"),
        "short": ("a,b,c\n1,2,3\n1,2\n1,2,3\n", "Line 3 has 2 cells"),
        "quote": ('a,b\n1,"2\n', "Line 2 has an unclosed quote"),
        "nul": ("a,b\n1,\0\n", "Line 2 contains a NUL"),
        "json": ('[{"a": 1}, {"a": 2}]', "JSON"),
        "zip": ("PK\x03\x04", "zip archive"),
        "page": ("<!DOCTYPE html>", "web page"),
        "longer": ("a,b,c\n" + "1,2,3,4\n" * 9, "cells, but the header has 3"),
        "cut_off": ("a,b\n1,2\n3,4\n5", "Line 4 has 1 cells"),
    }
    return {
        f"refused_{name}.csv": Case(content.encode(), {"refused": why})
        for name, (content, why) in cases.items()
    }
