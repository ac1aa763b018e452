"""Recomputation after a change of settings, corrections of settings, and uploaded tables."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from afif_explorer import datasets, study
from afif_explorer.errors import AfifError, DataError, OutOfMemory
from afif_explorer.spec import OPTIONS, Spec
from afif_explorer.study.keys import DEPENDS, key
from afif_explorer.study.store import CACHE, UPLOADS, Upload, Uploads

SPEC = Spec(dataset="hiring", target="demographic_parity", solver="lissa", seed=7)


def computed_by(*work) -> dict[str, int]:
    before = Counter(CACHE.computed)
    for call in work:
        call()
    return dict(Counter(CACHE.computed) - before)


def test_a_slider_of_lissa_costs_the_effects_alone():
    study.points(SPEC)
    study.lissa(SPEC)
    moved = SPEC.replace(depth=123, scale=0.5)
    assert computed_by(lambda: study.points(moved), lambda: study.lissa(moved)) == {"effects": 1}
    assert computed_by(lambda: study.points(moved)) == {}


@pytest.mark.parametrize(
    ("change", "stages"),
    [
        ({"count": 5}, set()),
        ({"view": "lissa"}, set()),
        ({"row": 3}, set()),
        ({"target": "mean_loss"}, {"target", "second order", "effects"}),
        ({"split": "validation"}, {"target", "second order", "effects"}),
        ({"damping": 0.1}, {"influence", "row noise", "rows", "second order", "effects"}),
        ({"leverage_correction": False}, {"influence", "second order", "effects"}),
        (
            {"strength": 0.1},
            {"fit", "influence", "spectrum", "row noise", "rows", "target", "second order"}
            | {"effects"},
        ),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_a_change_costs_what_comes_after_it(change, stages):
    study.points(SPEC)
    moved = SPEC.replace(**change)
    assert set(computed_by(lambda: study.points(moved))) <= stages


def test_sessions_that_ask_at_once_train_once():
    spec = SPEC.replace(strength=0.123)
    threads = [threading.Thread(target=study.points, args=(spec,)) for _ in range(4)]

    def all_at_once():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert computed_by(all_at_once)["fit"] == 1


def test_every_field_matters_to_something():
    used = {name for names in DEPENDS.values() for name in names}
    assert used == {field.name for field in fields(Spec)} - {"view", "pattern"}  # on screen only


@given(st.sampled_from(sorted(DEPENDS)), st.sampled_from(["scale", "depth", "hidden", "row"]))
def test_a_choice_without_effect_is_not_in_the_key(result, field):
    plain = Spec(solver="cholesky")
    changed = plain.replace(**{field: 7})
    solving = result.startswith("lissa") and field in ("scale", "depth")
    matters = field == "row" if result == "person" else solving
    matters = matters and field in DEPENDS[result]
    assert (key(result, plain) == key(result, changed)) is not matters


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ({"dataset": "diabetes", "model": "logistic"}, {"model": "auto"}),
        ({"dataset": "digits", "model": "logistic"}, {"model": "auto"}),
        ({"target": "mean_prediction_difference"}, {"target": "demographic_parity"}),
        ({"dataset": "digits", "target": "demographic_parity"}, {"target": "mean_loss"}),
        ({"dataset": "breast_cancer", "sensitive": 3}, {"sensitive": 0}),
        ({"row": 10**6}, {"row": 0}),
        ({"count": 10**6}, {"count": 1399}),
        ({"selected": (1, 10**6)}, {"selected": ()}),
        ({"penalty": "group_lasso", "solver": "lissa"}, {"solver": "cholesky"}),
        (
            {"dataset": "diabetes", "target": "equalized_odds"},
            {"target": "mean_prediction_difference"},
        ),
        ({"method": "newton_step", "solver": "lissa"}, {"solver": "cholesky"}),
        ({"model": "mlp", "hidden": 256, "dataset": "digits"}, {"hidden": 41}),
    ],
    ids=lambda value: "-".join(f"{k}={v}" for k, v in value.items()),
)
def test_settings_that_do_not_fit_are_corrected_with_a_note(wrong, right):
    spec = Spec(dataset="hiring").replace(**wrong)
    settled, notes = study.settle(spec)
    if "selected" in right:
        assert 10**6 not in settled.selected
    else:
        assert settled == spec.replace(**right)
    assert len(notes) == 1
    assert notes[0].endswith(".")
    assert study.settle(settled) == (settled, ())


def test_what_is_offered_can_be_worked_out():
    for name in ("hiring", "diabetes", "digits"):
        spec = Spec(dataset=name)
        offered = study.offered(spec)
        for field in ("model", "target", "split", "penalty", "method", "solver"):
            values = offered[field]
            for value in values.values() if isinstance(values, dict) else values:
                asked = spec.replace(**{field: value})
                assert study.settle(asked) == (asked, ())
    for field, values in OPTIONS.items():
        assert study.offered(None)[field] == values
    assert set(study.offered(None)["dataset"].values()) == set(datasets.names())


def csv(rows: int = 400) -> bytes:
    lines = [f"{i % 7},{i % 3},{'ab'[i % 2]},{(i * i) % 11 * 1.5}" for i in range(rows)]
    return "\n".join(["size,colour,who,price", *lines]).encode()


def test_somebodys_own_table_is_studied_like_any_other():
    name = study.add_upload(csv(), "my <b>table</b>.csv", target="price", sensitive=["who"])
    spec = Spec(dataset=name, target="mean_prediction_difference")
    assert study.settle(spec) == (spec, ())
    assert len(study.points(spec).ids) == study.describe(spec).n_train
    assert name in study.offered(spec)["dataset"].values()
    assert name not in study.offered(Spec())["dataset"].values()
    again = study.add_upload(csv(), "my <b>table</b>.csv", target="price", sensitive=["who"])
    assert again != name
    other = study.data(spec.replace(seed=1)).train.ids
    assert list(other) != list(study.data(spec).train.ids)


def test_a_table_of_equal_content_shares_its_numbers_but_neither_name_nor_notes():
    """Two people bring the same rows; one file has semicolons, which a note tells."""
    mine = study.add_upload(csv(), "mine.csv", target="price", sensitive=["who"])
    content = csv().replace(b",", b";")
    theirs = study.add_upload(
        content, "C:\\salaries\\theirs.csv", target="price", sensitive=["who"]
    )
    first, second = Spec(dataset=mine, strength=0.3), Spec(dataset=theirs, strength=0.3)
    effect = study.points(first).effect
    assert computed_by(lambda: study.points(second)) == {"data": 1}
    assert np.array_equal(study.points(second).effect, effect)
    for spec, name, semicolons in ((first, "mine.csv", False), (second, "theirs.csv", True)):
        told = study.describe(spec)
        assert (told.name, told.title, told.file) == (spec.dataset, name, name)
        assert any("semicolons" in note for note in told.notes) == semicolons
        assert study.offered(spec)["dataset"][name] == spec.dataset
        assert study.title(spec.dataset) == name
    assert study.title("upload-" + "0" * 64) == "Your file"


def test_the_same_file_of_two_people_has_two_links_and_one_computation():
    """Equal content and equal file names: neither person's link is the other's, or can be worked out."""
    mine, theirs = (
        study.add_upload(csv(), "data.csv", target="price", sensitive=["who"]) for _ in range(2)
    )
    assert mine != theirs
    first, second = Spec(dataset=mine, strength=0.2), Spec(dataset=theirs, strength=0.2)
    assert first.to_query() != second.to_query()
    study.points(first)
    assert computed_by(lambda: study.points(second)) == {"data": 1}
    assert theirs not in study.offered(first)["dataset"].values()
    without = mine.removesuffix(mine[-32:])
    assert UPLOADS.get(without) is None
    with pytest.raises(DataError, match="upload it again"):
        study.data(Spec(dataset=without + "0" * 32))


def test_a_data_set_and_a_file_of_equal_content_are_split_each_in_its_own_way():
    frame = datasets.read_table(csv()).frame
    own = datasets.Dataset.from_frame(frame, target="price", sensitive=["who"], name="t.csv")
    given = study.add_dataset(own)
    brought = study.add_upload(csv(), "t.csv", target="price", sensitive=["who"])
    for seed in (0, 7):
        fresh = datasets.Dataset.from_frame(frame, target="price", sensitive=["who"], seed=seed)
        assert study.data(Spec(dataset=given, seed=seed)) is own
        split = study.data(Spec(dataset=brought, seed=seed))
        assert np.array_equal(split.train.ids, fresh.train.ids)
    study.fit(Spec(dataset=given, seed=7))
    assert study.fit(Spec(dataset=brought, seed=7)).data is split


@pytest.mark.parametrize(
    ("content", "target"), [(b"", "x"), (b"\x80\x04x", "x"), (csv(), "nothing"), (csv(2), "price")]
)
def test_a_table_that_cannot_be_used_is_refused_in_a_sentence(content, target):
    with pytest.raises(AfifError) as caught:
        study.add_upload(content, "x.csv", target=target)
    assert str(caught.value).endswith(".")


def test_an_evicted_table_raises_an_error():
    with pytest.raises(DataError, match="upload it again"):
        study.data(Spec(dataset="upload-" + "0" * 32))


def test_tables_are_bounded_in_bytes():
    store = Uploads(max_bytes=2_500_000)
    frames = {f"{i:032x}": pd.DataFrame({"a": range(125_000)}) for i in range(4)}
    for digest, frame in frames.items():
        store.add(digest, Upload(lambda seed: None, frame, "a table"))
    assert [name[-1] for name in store._kept] == ["2", "3"]


def test_a_data_set_of_ones_own_has_a_name_for_links():
    own = datasets.load("diabetes", seed=3)
    name = study.add_dataset(own)
    assert study.data(Spec(dataset=name)) is own
    assert name in UPLOADS._kept
    assert Spec.from_query(Spec(dataset=name).to_query())[0].dataset == name


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), MemoryError()])
def test_out_of_memory_raises_a_clear_error(error, monkeypatch):
    def too_large(*_, **__):
        raise error

    monkeypatch.setattr(study.fitting.fitting, "fit", too_large)
    with pytest.raises(OutOfMemory, match="choose a smaller model"):
        study.train(SPEC.replace(seed=71))


def test_stages_of_two_devices_are_kept_apart(monkeypatch):
    study.train(SPEC)
    monkeypatch.setenv("AFIF_DEVICE", "cpu")
    assert computed_by(lambda: study.train(SPEC)) == {"data": 1, "fit": 1}
    monkeypatch.delenv("AFIF_DEVICE")
    assert computed_by(lambda: study.train(SPEC)) == {}
