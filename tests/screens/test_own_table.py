"""Somebody's own table before it is a data set: choices about its columns, one at a time."""

from __future__ import annotations

import json

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer import progress, study
from afif_explorer.datasets.inspection import understanding
from afif_explorer.errors import AfifError, Cancelled
from afif_explorer.screens.content import Table
from afif_explorer.screens.files import columns
from afif_explorer.screens.files.own_table import DETECT, OwnTable
from afif_explorer.spec import Spec

ROWS = "".join(
    f"{1000 + i},{20 + i % 40},{'Ff'[i % 2] if i % 3 else 'M'},{(i * i) % 7 < 3}\n"
    for i in range(200)
)
TABLE = f"member_id,score,sex,hired\n{ROWS}".encode()


def choice(kind: str, column: object, value: str) -> str:
    return json.dumps({"kind": kind, "column": column, "value": value, "serial": 1})


@pytest.fixture
def own() -> OwnTable:
    return OwnTable.read("mine.csv", TABLE)


def test_the_page_gets_what_was_understood(own) -> None:
    sent = json.loads(columns.as_json(own.table))
    shown = {column["name"]: column for column in sent["columns"]}
    assert [shown[name]["role"] for name in ("member_id", "score", "sex", "hired")] == [
        "id",
        "input",
        "sensitive",
        "target",
    ]
    [same] = [one for one in shown["sex"]["problems"] if one["code"] == "spelling"]
    assert (same["state"], "may be the same" in same["text"]) == ("open", True)
    assert own.summary == "200 rows and 4 columns were read; 1 question about a column is open."
    assert {role for role, _ in sent["roles"]} >= {column["role"] for column in sent["columns"]}


def test_a_session_with_a_link_changes_a_copy_of_the_columns(own) -> None:
    name = own.choose(choice("apply", 2, "spelling")).add("infer")
    before = study.data(Spec(dataset=name))
    copy = OwnTable.copy_of(name)
    assert copy.table["sex"].problems[0].state == "applied"
    assert copy.table.options() == study.held(name).table.options()
    assert copy.table.columns.memory is not study.held(name).table.columns.memory
    changed = copy.choose(choice("role", 0, "input")).choose(choice("role", 1, "ignore"))
    assert not changed.has_file
    assert changed.read_again({"separator": ";"}) is changed
    other = changed.add("infer")
    assert other != name
    assert study.data(Spec(dataset=other)).feature_names == ("member_id",)
    again = study.data(Spec(dataset=name))
    assert again.digest == before.digest
    assert "score" in again.feature_names


def test_a_copy_has_the_task_that_was_chosen(own) -> None:
    numeric = own.choose(choice("role", 1, "target"))
    assert OwnTable.copy_of(numeric.add("regression")).task == "regression"
    assert OwnTable.copy_of(numeric.add("infer")).task == "infer"


def test_a_table_that_is_no_longer_held_cannot_be_copied() -> None:
    with pytest.raises(AfifError, match="no longer held"):
        OwnTable.copy_of("upload-0")


def test_choices_change_a_copy_and_the_data_set(own) -> None:
    changed = own.choose(choice("apply", 2, "spelling")).choose(choice("role", 0, "input"))
    assert own.table["member_id"].role == "id"
    assert changed.summary.endswith("no question is open.")
    data = study.data(Spec(dataset=changed.add("infer")))
    [groups] = data.group_names
    assert {group.upper() for group in groups} == {"F", "M"}
    assert len(groups) == 2
    assert "member_id" in data.feature_names
    kept = changed.choose(choice("decline", 2, "spelling"))
    assert len(study.data(Spec(dataset=kept.add("infer"))).group_names[0]) == 3


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "[]",
        "{}",
        choice("role", 9, "input"),
        choice("role", None, "input"),
        choice("role", -9, "input"),
        choice("name", 1, "input"),
    ],
)
def test_what_is_not_a_choice_is_refused(own, asked: str) -> None:
    with pytest.raises(AfifError, match="not understood"):
        own.choose(asked)


@pytest.mark.parametrize(
    "asked",
    [
        choice("role", 1, "king"),
        choice("column_kind", 1, "king"),
        choice("column_kind", 2, "date"),
        choice("apply", 1, "none"),
    ],
)
def test_what_cannot_be_chosen_is_refused_in_a_sentence(own, asked: str) -> None:
    with pytest.raises(AfifError) as refused:
        own.choose(asked)
    assert str(refused.value).endswith((".", "?", ")"))


def test_the_file_can_be_read_in_another_way() -> None:
    numbers = OwnTable.read("mine.csv", b"a,b\n" + b"1,2\n3,4\n" * 20, how={"header": False})
    assert len(numbers.table.frame) == 41
    assert numbers.how == {"header": False}
    same = OwnTable.read("mine.csv", TABLE, how={"header": DETECT, "decimal": DETECT})
    assert not same.how


def test_choices_stay_when_the_file_is_read_again_with_the_same_columns(own) -> None:
    chosen = own.choose(choice("role", 1, "ignore"))
    assert chosen.read_again({"decimal": DETECT}) is chosen
    again = chosen.read_again({"decimal": "."})
    assert again.how == {"decimal": "."}
    assert again.table["score"].role == "ignore"
    assert "score" not in chosen.read_again({"header": False}).table.frame


def test_the_first_rows_are_as_they_were_read(own) -> None:
    table = columns.first_rows(own.table)
    assert isinstance(table, Table)
    assert table.columns == ("member_id", "score", "sex", "hired")
    assert [row.cells[2] for row in table.rows] == ["M", "f", "F", "M", "F"]


def test_the_code_reads_the_file_as_it_was_read(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").write_bytes(TABLE.split(b"\n", 1)[1])
    own = OwnTable.read("mine.csv", (tmp_path / "mine.csv").read_bytes(), how={"header": False})
    last = own.table.rows[3].name
    own = own.choose(choice("role", 3, "target")).choose(choice("apply", 2, "spelling"))
    explorer = ax.Explorer(own.add("infer"))
    try:
        assert explorer.await_idle(60)
        names: dict[str, object] = {}
        exec(explorer.as_python(), names)
        assert names["data"].target == last
        np.testing.assert_array_equal(names["effects"], explorer.points.effect)
    finally:
        explorer.close()


def test_the_code_reads_both_files_of_a_pair(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = TABLE.splitlines(keepends=True)
    (tmp_path / "train.csv").write_bytes(b"".join(lines[:141]))
    (tmp_path / "test.csv").write_bytes(lines[0] + b"".join(lines[141:]))
    own = OwnTable.read("train.csv", (tmp_path / "train.csv").read_bytes())
    own = own.with_test("test.csv", (tmp_path / "test.csv").read_bytes())
    explorer = ax.Explorer(own.choose(choice("apply", 2, "spelling")).add("infer"))
    try:
        assert explorer.await_idle(60)
        names: dict[str, object] = {}
        exec(explorer.as_python(), names)
        assert len(names["data"].test) == 60
        np.testing.assert_array_equal(names["effects"], explorer.points.effect)
    finally:
        explorer.close()


def test_a_table_is_understood_where_it_is_read_and_that_can_be_stopped() -> None:
    steps: list[progress.Step] = []
    with progress.listening(steps.append):
        own = OwnTable.read("mine.csv", TABLE)
    assert understanding.INSPECTING in {step.what for step in steps}
    steps.clear()
    with progress.listening(steps.append):
        assert own.table.rows
    assert not steps, "nothing is left for whoever shows the table"

    def stop(step: progress.Step) -> None:
        if step.what == understanding.INSPECTING:
            raise Cancelled("Stopped.")

    with progress.listening(stop), pytest.raises(Cancelled):
        OwnTable.read("mine.csv", TABLE)
