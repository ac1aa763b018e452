"""The values that the map of the rows can show."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from afif_explorer import study
from afif_explorer.choices.map_values import COMPUTED, FIRST_COLUMN, map_values
from afif_explorer.spec import Spec
from afif_explorer.study.views.row_map import MOST_COLOURS, MOST_LEVELS


def place(columns, name):
    return map_values(columns, "Automatic")[name]


def test_results_of_the_fit_are_those_of_the_public_functions():
    data = ax.load_dataset("hiring")
    fit = ax.fit(data)
    table = ax.diagnostics(fit)
    effects = ax.attribute(fit, ax.MeanLoss())
    for name, values in {
        "Effect": effects.values,
        "Loss": table["loss"],
        "Leverage": table["leverage"],
        "Self-influence": table["self_influence"],
        "Prediction": fit.predict(data.train.frame)
        if not hasattr(fit.predict(data.train.frame), "iloc")
        else fit.predict(data.train.frame).iloc[:, -1],
    }.items():
        where = place(data.train.frame.columns, name)
        shown = study.points(Spec(map_x=where))
        np.testing.assert_allclose(shown.across.values, np.asarray(values), rtol=1e-9, atol=1e-14)
        assert shown.up.label == "second principal component"


def test_components_are_those_of_numpy():
    X = ax.load_dataset("hiring").train.X
    u, s, _ = np.linalg.svd(X - X.mean(0), full_matrices=False)
    shown = study.points(Spec(map_x=2, map_y=1))
    for found, axis in ((shown.across, 1), (shown.up, 0)):
        expected = u[:, axis] * s[axis]
        sign = np.sign(expected @ found.values)
        np.testing.assert_allclose(found.values, sign * expected, atol=1e-8)


def test_every_column_can_be_shown_along_an_axis_and_by_colour():
    frame = ax.load_dataset("hiring").train.frame
    assert len(map_values(frame.columns, "Automatic")) == FIRST_COLUMN + frame.shape[1]
    for at, name in enumerate(frame.columns):
        where = FIRST_COLUMN + at
        shown = study.points(Spec(map_y=where, map_colour=where))
        for found, most in ((shown.up, MOST_LEVELS), (shown.colour, MOST_COLOURS)):
            assert found.label == name
            if found.levels:
                assert len(found.levels) <= most
                texts = np.array(found.levels, dtype=object)[found.values.astype(int)]
                same = texts == frame[name].astype(str).to_numpy()
                assert same.all() or "others" in found.levels[-1]
            else:
                np.testing.assert_array_equal(found.values, frame[name])


def test_many_levels_missing_values_and_dates():
    rng = np.random.default_rng(0)
    n = 240
    frame = pd.DataFrame(
        {
            "town": [f"town {i % 30}" if i % 3 else "big" for i in range(n)],
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 2000, n), "D"),
            "height": np.where(rng.random(n) < 0.1, np.nan, rng.normal(170, 9, n)),
            "y": rng.normal(size=n),
        }
    )
    data = ax.Dataset.from_frame(frame, target="y", task="regression")
    explorer = ax.Explorer(data=data)
    try:
        assert explorer.await_idle(120)
        columns = list(explorer.frame.columns)
        for name in ("town", "since", "height"):
            explorer.param.update(
                map_x=FIRST_COLUMN + columns.index(name),
                map_colour=FIRST_COLUMN + columns.index(name),
            )
            assert explorer.await_idle(120)
            shown = explorer.points.across
            if name == "town":
                assert len(shown.levels) == MOST_LEVELS
                assert shown.levels[-1].endswith("others")
                big = explorer.frame["town"].to_numpy() == "big"
                assert (shown.values[big] == shown.levels.index("big")).all()
            elif not shown.levels:
                assert np.isfinite(shown.values).sum() == explorer.frame[name].notna().sum()
    finally:
        explorer.close()


def test_a_link_for_a_table_with_more_columns_is_told_and_mended():
    spec, notes = study.settle(Spec(map_x=500, map_colour=3))
    assert (spec.map_x, spec.map_colour) == (0, 3)
    assert any("map" in note for note in notes)


@pytest.mark.parametrize("field", ["map_x", "map_y", "map_colour"])
def test_the_map_alone_changes_with_its_choices(field):
    plain, other = study.points(Spec()), study.points(Spec(**{field: len(COMPUTED)}))
    np.testing.assert_array_equal(plain.effect, other.effect)
    for name in ("agreement", "unlearning", "removal", "lissa"):
        assert study.key(name, Spec()) == study.key(name, Spec(**{field: len(COMPUTED)}))
