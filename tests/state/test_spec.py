"""The settings as a value: invalid ones, and round trips through links."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afif_explorer import spec as module
from afif_explorer.errors import InvalidChoice
from afif_explorer.spec import FIELDS, RANGES, Spec, fits_link


def _choices() -> st.SearchStrategy[dict]:
    pick = {name: st.sampled_from(options) for name, options in module.OPTIONS.items()}
    for name, (low, high) in RANGES.items():
        whole = "int" in str(module._HINTS[name])
        number = st.integers(int(low), int(high)) if whole else st.floats(low, high)
        pick[name] = number | st.none() if "None" in str(module._HINTS[name]) else number
    pick["dataset"] = st.from_regex(module.DATASET_NAME, fullmatch=True)
    pick |= dict.fromkeys(("leverage_correction", "merge_small"), st.booleans())
    near, far = st.integers(0, 300), st.integers(0, module.LARGEST_ID)
    pick["selected"] = st.sets(near) | st.sets(far) | st.sets(near, min_size=60)
    plain = st.fixed_dictionaries({}, optional=dict(pick))
    pick["baseline"] = st.just("") | plain.map(lambda choices: Spec(**choices).pinned())
    return st.fixed_dictionaries({}, optional=pick)


@settings(deadline=None)
@given(_choices())
def test_a_link_gives_back_every_choice(choices):
    spec = Spec(**choices)
    assert Spec.from_query(spec.to_query()) == (spec, ())
    assert hash(Spec.from_query("?" + spec.to_query())[0]) == hash(spec)


def test_the_strategy_covers_every_field():
    assert set(module.OPTIONS) | set(RANGES) | {
        "dataset",
        "leverage_correction",
        "merge_small",
        "selected",
        "baseline",
    } == set(FIELDS)


@given(st.text(max_size=300) | st.lists(st.sampled_from(FIELDS)).map("=1e999&".join))
def test_no_text_whatever_breaks_the_reading_of_a_link(text):
    spec, notes = Spec.from_query(text)
    assert isinstance(spec, Spec)
    assert not set("<>&`[]()*#\n\u202e").intersection("".join(notes))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("seed=-1", "seed"),
        ("seed=" + "9" * 5000, "seed"),
        ("seed=" + "9" * 4000, "seed"),
        ("scale=0", "scale"),
        ("scale=nan", "scale"),
        ("damping=inf", "damping"),
        ("strength=-1e-9", "strength"),
        ("depth=2.5", "depth"),
        ("repeats=", "repeats"),
        ("model=%3Cscript%3Ealert(1)%3C/script%3E", "model"),
        ("dataset=adult%0A", "dataset"),
        ("selected=1_-5", "selected"),
        ("selected=99999999999999999999", "selected"),
        ("selected=2147483640~" + "_" * 30_000, "selected"),
        ("selected=-5x", "selected"),
        ("selected=5~!!!x", "selected"),
        ("leverage_correction=yes", "leverage_correction"),
    ],
)
def test_a_bad_part_is_left_out_and_named(query, field):
    spec, notes = Spec.from_query(query + "&count=7")
    assert spec == Spec(count=7)
    assert len(notes) == 1
    assert f"'{field}'" in notes[0]
    assert "<" not in notes[0]


def test_a_link_cannot_point_at_a_file():
    spec, notes = Spec.from_query("dataset=../../etc/passwd")
    assert spec == Spec()
    assert "'dataset'" in notes[0]


def test_a_link_of_nonsense_gives_few_notes():
    spec, notes = Spec.from_query("&".join(f"a{i}=1" for i in range(3000)))
    assert spec == Spec()
    assert len(notes) < 12
    assert "more parts" in notes[-1]
    spec, notes = Spec.from_query("count=3&" * 20_000)
    assert spec == Spec()
    assert "too long" in notes[0]


def test_a_link_of_another_version_says_so():
    spec, notes = Spec.from_query("v=99&count=3")
    assert spec.count == 3
    assert "another version" in notes[0]


def test_a_selection_too_long_for_an_address_is_told_and_left_out():
    draw = np.random.default_rng(0)
    for rows, of in ((20_000, 40_000), (100_000, 200_000), (300, 2**31)):
        spec = Spec(selected=draw.choice(of, rows, replace=False).tolist())
        assert fits_link(spec.selected)
        assert Spec.from_query(spec.to_query()) == (spec, ())
        assert len(spec.to_query()) < 60_000
    spec = Spec(seed=3, selected=draw.choice(1_000_000, 100_000, replace=False).tolist())
    assert not fits_link(spec.selected)
    found, (note,) = Spec.from_query(spec.to_query())
    assert found == spec.replace(selected=())
    assert "100000 selected rows, which are too many for a link; no row is selected." in note


@pytest.mark.parametrize(
    "choice",
    [
        {"seed": 1.0},
        {"seed": True},
        {"hidden": 10**400},
        {"scale": float("nan")},
        {"depth": 0},
        {"model": ["linear"]},
        {"dataset": 3},
        {"selected": "12"},
        {"selected": 5},
        {"selected": range(module.MOST_SELECTED + 1)},
        {"batch_size": "8"},
    ],
)
def test_a_wrong_value_is_refused_in_one_sentence(choice):
    with pytest.raises(InvalidChoice) as caught:
        Spec(**choice)
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 250


def test_numpy_numbers_become_plain_ones():
    spec = Spec(seed=np.int64(3), strength=np.float32(0.5), selected=np.array([5, 2, 5]))
    assert spec == Spec(seed=3, strength=0.5, selected=(2, 5))
    assert type(spec.seed) is int
    assert type(spec.strength) is float
    assert Spec(strength=1) == Spec(strength=1.0)


def test_thousands_of_selected_rows_still_make_a_link():
    scattered = tuple(np.random.default_rng(0).choice(32_561, 15_000, replace=False).tolist())
    spec = Spec(selected=scattered)
    assert len(spec.to_query()) < 6_500
    assert Spec.from_query(spec.to_query())[0] == spec
