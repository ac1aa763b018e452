"""``Dataset.from_frame``: inputs, notes and errors."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afif_explorer.datasets import Dataset, read_table
from afif_explorer.errors import DataError, InvalidChoice


def table(n: int = 200, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.normal(40, 10, n),
            "sex": rng.choice(["female", "male"], n),
            "colour": rng.choice(["red", "green", "blue"], n),
            "smoker": rng.random(n) < 0.1,
            "children": rng.integers(0, 2, n),
            "charges": rng.normal(1000, 300, n),
        }
    )


def notes(data: Dataset) -> str:
    return " ".join(data.notes)


def test_inputs_by_hand():
    frame = table()
    data = Dataset.from_frame(frame, target="charges", sensitive=["sex"], seed=3)
    assert data.feature_names == (
        "age", "colour = blue", "colour = green", "colour = red", "smoker", "children",
    )  # fmt: skip
    assert data.feature_groups == ((0,), (1, 2, 3), (4,), (5,))
    rows = data.train.ids
    ages = frame["age"].to_numpy()
    expected = (ages - ages[rows].mean()) / ages[rows].std()
    for part in (data.train, data.validation, data.test):
        np.testing.assert_allclose(part.X[:, 0], expected[part.ids], rtol=1e-12)
        np.testing.assert_array_equal(part.X[:, 3], frame["colour"].eq("red")[part.ids])
        np.testing.assert_array_equal(part.X[:, 4], frame["smoker"][part.ids])
        np.testing.assert_array_equal(part.y, frame["charges"][part.ids])
        np.testing.assert_array_equal(part.sensitive["sex"], frame["sex"][part.ids])
        pd.testing.assert_frame_equal(part.frame, frame.loc[part.ids], check_dtype=False)
        assert part.X.dtype == np.float64
        assert len(part) == len(part.ids)
        assert not part.X.flags.writeable
    assert data.notes == ()


def test_sensitive_columns_are_inputs_only_on_request():
    data = Dataset.from_frame(table(), target="charges", sensitive="sex", include_sensitive=True)
    assert "sex = male" in data.feature_names
    assert data.sensitive == ("sex",)


def test_baseline_makes_the_design_full_rank():
    full = Dataset.from_frame(table(), target="charges")
    base = Dataset.from_frame(table(), target="charges", baseline=True)
    for data, rank in ((full, full.d), (base, base.d + 1)):
        design = np.column_stack([np.ones(len(data.train)), data.train.X])
        assert np.linalg.matrix_rank(design) == rank


def test_numbers_can_stay_as_they_are():
    data = Dataset.from_frame(table(), target="charges", standardise=False)
    np.testing.assert_array_equal(data.train.X[:, 0], data.train.frame["age"])


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        (["no", "yes"], "classification", ("no", "yes")),
        ([False, True], "classification", ("False", "True")),
        ([0, 1], "classification", ("0", "1")),
        ([0.5, 2.0], "classification", ("0.5", "2")),
        ([1, 2, 3], "classification", ("1", "2", "3")),
        ([0.1, 0.2, 0.3], "regression", ()),
        (list(range(12)), "count", ()),
        (list(range(30, 90)), "regression", ()),
        (pd.Categorical(["low", "high"], ["low", "high"]), "classification", ("low", "high")),
        (pd.array([1, 0, None], dtype="Int64"), "classification", ("0", "1")),
        (pd.array([True, False, None], dtype="boolean"), "classification", ("False", "True")),
        (np.array(["b", "a", None], dtype=object), "classification", ("a", "b")),
    ],
)
def test_task_is_inferred(values, task, classes):
    column = pd.Series(values)
    column = pd.concat([column] * 40, ignore_index=True)
    frame = pd.DataFrame({"x": np.random.default_rng(0).normal(size=len(column)), "y": column})
    data = Dataset.from_frame(frame, target="y")
    assert (data.task, data.classes) == (task, classes)
    assert data.train.y.dtype == (np.int64 if len(classes) > 2 else np.float64)


def test_task_can_be_said():
    frame = table().assign(visits=np.random.default_rng(0).poisson(2, 200))
    guessed = Dataset.from_frame(frame, target="visits")
    said = Dataset.from_frame(frame, target="visits", task="count")
    assert guessed.task == "classification"
    assert "treated as classes" in notes(guessed)
    assert said.task == "count"
    np.testing.assert_array_equal(said.train.y, frame["visits"][said.train.ids])


def test_missing_and_infinite_values_are_filled_with_a_note():
    frame = table()
    frame.loc[:9, "age"] = np.nan
    frame.loc[10, "age"] = np.inf
    frame.loc[11, "age"] = -np.inf
    frame.loc[:4, "colour"] = None
    frame.loc[190:, "charges"] = np.nan
    data = Dataset.from_frame(frame, target="charges")
    assert "10 rows without a usable value of the target 'charges' left out." in data.notes
    assert "2 infinite values of 'age' treated as missing." in data.notes
    assert "5 empty cells of 'colour' became the level 'missing'." in data.notes
    known = frame["age"].where(np.isfinite(frame["age"]))[data.train.ids]
    assert f"12 missing values of 'age' filled with {known.median():.4g}" in notes(data)
    filled = known.fillna(known.median())
    np.testing.assert_allclose(data.train.X[:, 0], (filled - filled.mean()) / filled.std(ddof=0))
    column = data.feature_names.index("colour = missing")
    every = (data.train, data.validation, data.test)
    assert sum(part.X[:, column].sum() for part in every) == 5
    assert max(part.ids.max() for part in every) == 189


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("k", 1, "constant on the training rows: 'k'"),
        ("k", "only", "constant on the training rows: 'k'"),
        ("k", [1.0, np.nan] * 100, "constant on the training rows: 'k'"),
        ("k", np.nan, "no values"),
        ("k", [np.inf, np.nan] * 100, "no finite values"),
        ("k", [f"person {i}" for i in range(200)], "200 distinct texts"),
        ("row id", range(200), "numbers the rows"),
        ("k", [[1, 2]] * 200, "nested"),
        ("k", [1j, 2] * 100, "complex"),
    ],
)
def test_useless_columns_are_left_out(name, values, why):
    frame = table()
    frame[name] = pd.Series(values, index=frame.index) if np.ndim(values) else values
    data = Dataset.from_frame(frame, target="charges")
    assert not [feature for feature in data.feature_names if feature.startswith(name)]
    assert name in data.train.frame
    assert why in notes(data)


def test_copies_are_left_out():
    frame = table().assign(years=lambda frame: frame["age"], tint=lambda frame: frame["colour"])
    data = Dataset.from_frame(frame, target="charges")
    assert data.d == Dataset.from_frame(table(), target="charges").d
    assert "'years' left out: it is a copy of 'age'." in data.notes
    assert "'tint' left out: it is a copy of 'colour'." in data.notes


def test_dates_become_days():
    frame = table().assign(day=pd.date_range("2024-01-01", periods=200, tz="Europe/Paris"))
    data = Dataset.from_frame(frame, target="charges", standardise=False)
    column = data.train.X[:, data.feature_names.index("day")]
    np.testing.assert_array_equal(np.round(np.diff(column)), np.diff(data.train.ids))
    assert "converted to days" in notes(data)


@pytest.mark.parametrize("far", ["9999-12-31", "0001-01-01", "1677-09-20", "2262-04-12"])
@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_dates_beyond_the_usual_range_become_days_and_are_named(far, unit):
    days = pd.Series(pd.date_range("2024-01-01", periods=200)).astype(f"datetime64[{unit}]")
    days[3], days[4] = pd.Timestamp(far), pd.NaT
    frame = table().assign(day=days)
    data = Dataset.from_frame(frame, target="charges", standardise=False)
    place = data.feature_names.index("day")
    found = {}
    for part in (data.train, data.validation, data.test):
        found |= dict(zip(part.ids, part.X[:, place], strict=True))
    expected = dt.date.fromisoformat(far) - dt.date(1970, 1, 1)
    assert found[3] == expected.days
    assert f"'day' has 1 date before 1678 or after 2261 ('{far}')" in notes(data)


def test_a_file_with_the_last_date_of_all_can_be_used():
    frame = table().assign(until=["2024-03-01"] * 150 + ["9999-12-31"] * 50)
    read, _ = read_table(frame.to_csv(index=False).encode())
    data = Dataset.from_frame(read, target="charges", sensitive=["until"])
    assert data.train.sensitive["until"].nunique() == 2
    assert "until" in Dataset.from_frame(read, target="charges").feature_names


def test_levels_that_training_rows_lack_get_zeros():
    frame = table()
    held_out = Dataset.from_frame(frame, target="charges").test.ids
    frame.loc[held_out[0], "colour"] = "violet"
    data = Dataset.from_frame(frame, target="charges")
    assert not data.test.X[0, data.feature_groups[2]].any()
    assert "No training row has 'violet' as 'colour'" in notes(data)


def test_numeric_sensitive_column_makes_two_groups():
    data = Dataset.from_frame(table(), target="charges", sensitive=["age"])
    groups = data.train.sensitive["age"].value_counts()
    assert len(groups) == 2
    assert abs(groups.iloc[0] - groups.iloc[1]) <= 1
    assert "cut at the median" in notes(data)


def test_missing_sensitive_values_are_a_group():
    frame = table()
    frame.loc[:40, "sex"] = None
    data = Dataset.from_frame(frame, target="charges", sensitive=["sex"])
    assert set(data.train.sensitive["sex"]) == {"female", "male", "missing"}


def test_fewer_rows_than_features_is_allowed_with_a_note():
    rng = np.random.default_rng(0)
    data = Dataset.from_arrays(rng.normal(size=(20, 50)), rng.normal(size=20))
    assert (data.task, data.train.X.shape, data.target) == ("regression", (14, 50), "target")
    assert "more inputs (50) than training rows (14)" in notes(data)


def test_from_arrays_says_what_does_not_fit():
    with pytest.raises(DataError, match="same n"):
        Dataset.from_arrays(np.ones((3, 2)), np.ones(4))
    with pytest.raises(DataError, match="1 feature names for 2"):
        Dataset.from_arrays(np.ones((3, 2)), np.ones(3), feature_names=["a"])


def one_class(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(charges="yes")


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda frame: frame.iloc[:0], {}, "empty.*no rows"),
        (lambda frame: pd.DataFrame(), {}, "empty.*no columns"),
        (lambda frame: frame.to_dict(), {}, "Expected a pandas DataFrame, got dict"),
        (lambda frame: frame, {"target": "charge"}, "did you mean 'charges'"),
        (lambda frame: frame, {"target": "qqqq"}, "there are 'age'"),
        (one_class, {}, r"only one value \('yes'\)"),
        (lambda frame: frame.assign(charges=5.0), {}, "only one value"),
        (lambda frame: frame.assign(charges=np.nan), {}, "no values at all"),
        (lambda frame: frame.assign(charges=np.inf), {}, "no values at all"),
        (lambda frame: frame.assign(charges=[f"c{i}" for i in range(200)]), {}, "200 classes"),
        (lambda frame: frame.assign(charges=pd.Timestamp(0)), {}, "datetime64"),
        (lambda frame: frame, {"target": "sex", "task": "regression"}, "is not numeric"),
        (lambda frame: frame, {"task": "count"}, "not a count"),
        (lambda frame: frame.assign(sex="male"), {"sensitive": ["sex"]}, r"only one group \('male"),
        (lambda frame: frame.assign(age=1.5), {"sensitive": ["age"]}, "only one group"),
        (
            lambda frame: frame,
            {"sensitive": ["gender"]},
            "no column 'gender' to use as the sensitive",
        ),
        (lambda frame: frame, {"sensitive": ["charges"]}, "both the target and a sensitive"),
        (lambda frame: frame.iloc[:3], {}, "too few"),
        (lambda frame: frame.iloc[:1], {}, "only one value"),
        (
            lambda frame: frame[["charges", "sex"]],
            {"sensitive": "sex"},
            "No input columns are left",
        ),
    ],
)
def test_bad_frames_are_refused_in_words(change, options, message):
    with pytest.raises(DataError, match=message) as caught:
        Dataset.from_frame(change(table()), **{"target": "charges", **options})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "options", [{"task": "ranking"}, {"validation": -0.1}, {"test": 1.0}, {"test": 0.9}]
)
def test_bad_choices_are_refused(options):
    with pytest.raises(InvalidChoice):
        Dataset.from_frame(table(), target="charges", **options)


cells = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=3)
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=30),
    st.lists(st.text(max_size=4), min_size=3, max_size=3),
)
def test_any_frame_gives_finite_numbers_or_a_data_error(rows, names):
    frame = pd.DataFrame(rows, columns=names)
    try:
        data = Dataset.from_frame(frame, target=names[2])
    except DataError:
        return
    for part in (data.train, data.validation, data.test):
        assert np.isfinite(part.X).all()
        assert np.isfinite(part.y).all()
        assert part.X.shape == (len(part), data.d)
