"""The notes on a data set: grouped, each with its reason and, for an own table, its column."""

from __future__ import annotations

import json

import pandas as pd

from afif_explorer.screens.files import notes
from afif_explorer.screens.files.own_table import OwnTable, chosen_column
from afif_explorer.spec import Spec
from afif_explorer.study import describe


def table() -> bytes:
    rows = {
        "applicant id": range(9000, 9120),
        "age": [20 + i % 50 if i % 9 else None for i in range(120)],
        "same": ["x"] * 120,
        "city, '<b>": [["Rome", "Rome ", "Oslo"][i % 3] for i in range(120)],
        "hired": [["yes", "no"][i * 7 % 11 < 5] for i in range(120)],
    }
    return pd.DataFrame(rows).to_csv(index=False).encode()


def test_each_note_has_its_kind_reason_and_column():
    own = OwnTable.read("mine.csv", table())
    data = describe(Spec(dataset=own.add("infer")))
    content = json.loads(notes.as_json(data, own.table.columns.names))
    told = {heading: [note["column"] for note in listed] for heading, listed in content["groups"]}
    assert {"applicant id", "same"} <= set(told["Left out"])
    assert "age" in told["Filled in"]
    listed = [note for _, group in content["groups"] for note in group]
    assert [
        note["text"] for note in sorted(listed, key=lambda note: data.notes.index(note["text"]))
    ] == list(data.notes)
    assert all(note["why"].endswith(".") for note in listed)
    assert content["open"]
    assert content["title"].startswith(f"{len(data.notes)} notes on the data: ")


def test_notes_of_other_data_name_no_column():
    data = describe(Spec(dataset="hiring"))
    content = json.loads(notes.as_json(data))
    assert {note["column"] for _, group in content["groups"] for note in group} == {""}
    assert notes.as_json(None) == ""


def test_of_two_columns_in_a_note_the_first_one_is_meant():
    assert notes.column_of("'b' left out: it is a copy of 'a'.", ["a", "b"]) == "b"
    assert notes.column_of("'age group' has few rows", ["age", "age group"]) == "age group"
    assert notes.column_of("nothing is named", ["a"]) == ""
    assert chosen_column("[]") == chosen_column("{") == ""
