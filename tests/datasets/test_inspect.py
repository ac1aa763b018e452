"""``ax.inspect``: the column table, its changes, and the data set that its options make."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from afif_explorer.errors import DataError, InvalidChoice

N = 120


def table(seed: int = 0) -> pd.DataFrame:
    """A clean table: the outcome depends on income and sex."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "income": rng.integers(900, 9000, N) / 2,
            "share": rng.integers(0, 200, N) / 2,
            "city": rng.choice(["Ulm", "Bonn", "Kiel"], N),
            "sex": rng.choice(["female", "male"], N),
        }
    )
    odds = frame["income"] / 2000 + (frame["sex"] == "male") + rng.normal(0, 2, N)
    frame["hired"] = np.where(odds > 2, "yes", "no")
    return frame


def messy(frame: pd.DataFrame) -> pd.DataFrame:
    """The same table as somebody may bring it."""
    worse = frame.copy()
    worse.insert(0, "customer_id", np.random.default_rng(1).permutation(10**6)[:N])
    worse["income"] = [f"$ {value:,.2f}" for value in frame["income"]]
    worse["share"] = [f"{value:.1f}%" for value in frame["share"]]
    worse["sex"] = [
        "FEMALE" if v == "female" and i % 5 == 0 else v for i, v in enumerate(frame["sex"])
    ]
    worse.insert(1, "contract", frame["hired"].map({"yes": "signed", "no": "open"}))
    return worse


def test_a_mended_table_gives_the_data_of_a_clean_one(tmp_path):
    path = tmp_path / "people.csv"
    messy(table()).to_csv(path, index=False)
    found = ax.inspect(path, target="hired")
    assert found["customer_id"].role == "id"
    assert {problem.code for problem in found.open} == {"leak", "spelling"}
    mended = found.apply("contract", "leak").apply("sex", "spelling")
    assert not mended.open
    data = ax.Dataset.from_frame(mended.frame, **mended.options(), seed=3)
    clean = ax.Dataset.from_frame(table(), target="hired", sensitive="sex", seed=3)
    assert data.feature_names == clean.feature_names
    assert data.sensitive == clean.sensitive == ("sex",)
    for ours, theirs in (
        (data.train, clean.train),
        (data.validation, clean.validation),
        (data.test, clean.test),
    ):
        np.testing.assert_array_equal(ours.X, theirs.X)
        np.testing.assert_array_equal(ours.y, theirs.y)
        np.testing.assert_array_equal(ours.sensitive["sex"], theirs.sensitive["sex"])


def test_new_rows_are_read_like_the_table():
    found = ax.inspect(messy(table()), target="hired").apply("sex", "spelling")
    data = ax.Dataset.from_frame(found.frame, **found.options(), include_sensitive=True)
    np.testing.assert_array_equal(data.transform(data.test.frame), data.test.X)


def test_options_are_plain_and_complete():
    found = ax.inspect(messy(table()), target="hired").apply("sex", "spelling")
    options = found.options()
    again = json.loads(json.dumps(options))
    assert again == options
    assert options["roles"] == {"customer_id": "id"}
    assert options["merge"] == {"sex": {"FEMALE": "female"}}
    data = ax.Dataset.from_frame(found.frame, **again)
    assert data.made["merge"] == options["merge"]


def test_without_choices_a_data_set_is_that_of_the_first_table():
    frame = messy(table())
    found = ax.inspect(frame, target="hired")
    ours = ax.Dataset.from_frame(found.frame, **found.options())
    plain = ax.Dataset.from_frame(frame, target="hired", sensitive="sex")
    assert ours.feature_names == plain.feature_names
    np.testing.assert_array_equal(ours.train.X, plain.train.X)
    told = " ".join(plain.notes)
    assert "'contract' is the target 'hired' in another coding" in told
    assert "'FEMALE' (11 rows) and 'female' (40 rows) of 'sex' may be one level" in told
    assert "'customer_id' left out" in told


def test_durations_and_infinite_numbers_of_a_frame_are_shown():
    frame = table().assign(
        wait=pd.to_timedelta(np.arange(N), unit="h"), v=1.0, w=np.arange(N) * 1.0
    )
    frame.loc[3, ["v", "w"]] = np.inf
    found = ax.inspect(frame, target="hired")
    assert found["wait"].values == "0 days 00:00:00 to 4 days 23:00:00"
    assert found["w"].values == "0 to inf"


def test_tables_are_values():
    first = ax.inspect(messy(table()), target="hired")
    second = first.with_role("city", "sensitive").apply("sex", "spelling")
    assert first["city"].role == "input"
    assert second["city"].role == "sensitive"
    assert second.sensitive == ("city", "sex")
    assert first["sex"].problems[0].state == "open"
    assert second["sex"].problems[0].state == "applied"
    assert second["sex"].distinct == 2
    third = second.decline("sex", "spelling")
    assert third["sex"].problems[0].state == "declined"
    assert third["sex"].distinct == 3


def test_what_is_sure_can_be_declined():
    frame = table().assign(row_id=range(N), score=[*map(str, range(N - 1)), "oops"])
    found = ax.inspect(frame, target="hired")
    assert (found["row_id"].role, found["score"].kind) == ("id", "number")
    declined = found.decline("row_id", "id").decline("score", "unread")
    assert (declined["row_id"].role, declined["score"].kind) == ("input", "category")
    data = ax.Dataset.from_frame(declined.frame, **declined.options())
    assert "row_id" in data.feature_names
    assert any(
        name.startswith("score left out") or "'score' left out" in name for name in data.notes
    )


@pytest.mark.parametrize(
    ("cells", "code", "option", "right"),
    [
        (
            [f"{1 + i % 9},{i * 7 % 10}00" for i in range(N)],
            "decimal",
            "kinds",
            "number with decimal comma",
        ),
        (
            [f"{1 + i % 9:02d}/{1 + i % 7:02d}/2020" for i in range(N)],
            "order",
            "kinds",
            "date, month first",
        ),
        ([20 + i % 50 if i % 9 else -999 for i in range(N)], "missing", "missing", [-999]),
        ([i % 4 for i in range(N)], "codes", "kinds", "category"),
        ([20200101 + i % 28 for i in range(N)], "dates", "kinds", "date"),
    ],
)
def test_remedies_reach_the_data_set(cells, code, option, right):
    found = ax.inspect(table().assign(v=cells), target="hired")
    assert code in {problem.code for problem in found["v"].problems}
    options = found.apply("v", code).options()
    assert options[option] == {"v": right}
    data = ax.Dataset.from_frame(found.frame, **options, standardise=False)
    values = data.train.X[
        :, [i for i, name in enumerate(data.feature_names) if name.split(" = ")[0] == "v"]
    ]
    rows = data.train.ids
    if code == "decimal":
        np.testing.assert_allclose(values[:, 0], [float(cells[i].replace(",", ".")) for i in rows])
    elif code == "order":
        days = pd.to_datetime(pd.Series(cells), format="%m/%d/%Y").iloc[rows]
        np.testing.assert_array_equal(values[:, 0], (days - pd.Timestamp(0)).dt.days)
    elif code == "missing":
        known = np.array([np.nan if cell == -999 else cell for cell in cells])[rows]
        filled = np.where(np.isnan(known), np.nanmedian(known), known)
        np.testing.assert_array_equal(values[:, 0], filled)
    elif code == "codes":
        np.testing.assert_array_equal(values, np.eye(4)[np.array(cells)[rows]])
    else:
        days = pd.to_datetime(pd.Series(cells).astype(str), format="%Y%m%d").iloc[rows]
        np.testing.assert_array_equal(values[:, 0], (days - pd.Timestamp(0)).dt.days)


def test_html_shows_everything_escaped():
    bad = "<script>alert(1)</script>"
    frame = table().rename(columns={"city": bad}).assign(hired=[bad, "no"] * (N // 2))
    found = ax.inspect(frame, target="hired")
    shown = found._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert repr(found) == f"<ColumnTable: {N} rows, 5 columns, target 'hired', 0 open problems>"


def test_as_a_data_frame():
    shown = ax.inspect(table(), target="hired").to_frame()
    assert list(shown.index) == list(table().columns)
    assert shown.loc["sex", "kind"] == "category"
    assert shown.loc["sex", "role"] == "sensitive"
    assert shown.loc["hired", "kind"] == "yes/no"
    low, high = table()["income"].min(), table()["income"].max()
    assert shown.loc["income", "values"] == f"{low:.6g} to {high:.6g}"


def without_inputs(found: ax.ColumnTable) -> ax.ColumnTable:
    for name in ("income", "share", "city", "hired"):
        found = found.with_role(name, "ignore")
    return found


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda found: found.with_role("sexx", "input"), DataError, "did you mean 'sex'"),
        (lambda found: found.with_role("sex", "feature"), InvalidChoice, "Unknown role 'feature'"),
        (lambda found: found.with_kind("sex", "colour"), InvalidChoice, "Unknown kind 'colour'"),
        (
            lambda found: found.with_kind("sex", "number"),
            DataError,
            "no cell that can be read as a number",
        ),
        (lambda found: found.apply("sex", "leak"), InvalidChoice, "no problem 'leak'"),
        (lambda found: without_inputs(found).options(), DataError, "No column is the target"),
    ],
)
def test_bad_changes_are_refused_in_words(act, error, message):
    with pytest.raises(error, match=message):
        act(ax.inspect(table()))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere.csv", "cannot be read: no such file"),
        (5, "got int"),
        (b"", "empty"),
        ("a\0b", "cannot be read"),
    ],
)
def test_bad_sources_are_refused_in_words(source, message):
    with pytest.raises(DataError, match=message):
        ax.inspect(source)


@pytest.mark.parametrize("edges", [[4000], [1500, 2500, 4000]], ids=["two", "four"])
def test_brackets_of_a_number_are_named_where_it_is_the_target(edges):
    frame = table()
    frame["bracket"] = np.digitize(frame["income"], edges)
    frame["bracket"] = frame["bracket"].map({0: "c", 1: "a", 2: "d", 3: "b"})
    told = {
        problem.code: problem.text
        for problem in ax.inspect(frame, target="income")["bracket"].problems
    }
    assert "interval of the target" in told["leak"] or "determines the target" in told["leak"]
    notes = ax.Dataset.from_frame(frame, target="income").notes
    assert any("'bracket'" in note and "read the outcome" in note for note in notes)
    frame.loc[frame["income"].idxmax(), "bracket"] = "c"  # no longer an interval
    assert "leak" not in {
        problem.code for problem in ax.inspect(frame, target="income")["bracket"].problems
    }


def test_brackets_of_few_rows_may_be_chance():
    frame = table().head(12).assign(bracket=["a"] * 6 + ["b"] * 6, rank=range(12))
    problems = ax.inspect(frame, target="rank")["bracket"].problems
    assert "leak" not in {problem.code for problem in problems}
