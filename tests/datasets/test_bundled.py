"""The data sets that need no network: sizes, names, and the planted labels of ``hiring``."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from afif_explorer import datasets
from afif_explorer.datasets.catalogue.index import hiring
from afif_explorer.errors import InvalidChoice

OFFLINE = ("hiring", "diabetes", "breast_cancer", "digits")


@pytest.mark.parametrize("name", OFFLINE)
def test_catalogue_agrees_with_what_is_loaded(name):
    about, data = datasets.describe(name), datasets.load(name)
    assert (about.name, about.title, about.task) == (data.name, data.title, data.task)
    assert about.rows == len(data.train) + len(data.validation) + len(data.test)
    assert not about.needs_network
    assert data.source
    assert data.licence
    assert data.description
    assert data.digest == datasets.load(name).digest
    assert data.digest != datasets.load(name, seed=1).digest


@pytest.mark.parametrize("name", OFFLINE)
def test_validation_zero_keeps_the_training_rows(name):
    usual, whole = datasets.load(name), datasets.load(name, validation=0)
    np.testing.assert_array_equal(usual.train.ids, whole.train.ids)
    assert len(whole.validation) == 0
    assert len(whole.test) == len(usual.validation) + len(usual.test)


def test_unknown_names_get_a_hint():
    with pytest.raises(InvalidChoice, match="did you mean 'hiring'"):
        datasets.load("hirring")
    with pytest.raises(InvalidChoice, match="no data set named"):
        datasets.describe("<b>\n")


def test_classes_have_readable_names():
    assert datasets.load("breast_cancer").classes == ("benign", "malignant")
    digits = datasets.load("digits")
    assert digits.classes == tuple("0123456789")
    assert digits.train.y.dtype == np.int64
    assert digits.train.X.max() == 1
    diabetes = datasets.load("diabetes")
    assert diabetes.sensitive == ("sex",)
    assert diabetes.train.frame["age"].between(19, 79).all()


def test_diagnosis_follows_scikit_learn():
    from sklearn.datasets import load_breast_cancer

    table, data = load_breast_cancer(), datasets.load("breast_cancer")
    malignant = table.target_names[table.target[data.train.ids]] == "malignant"
    np.testing.assert_array_equal(data.train.y, malignant)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_planted_rows_are_exactly_the_flipped_ones(seed):
    data = datasets.load("hiring", seed=seed)
    fair, merit = hiring.applicants(seed)
    for part in (data.validation, data.test):
        np.testing.assert_array_equal(part.frame["hired"], fair["hired"][part.ids])
    flipped = data.train.frame["hired"] != fair["hired"][data.train.ids]
    np.testing.assert_array_equal(data.planted, data.train.ids[flipped])
    assert 80 <= len(data.planted) <= 140
    assert set(data.train.frame.loc[data.planted, "group"]) == {"green"}
    assert set(data.train.frame.loc[data.planted, "hired"]) == {"rejected"}
    assert (merit[data.planted] > 0.5).all()


def test_fair_labels_do_not_depend_on_the_group():
    gaps = []
    for seed in range(30):
        frame, _ = hiring.applicants(seed)
        rates = frame["hired"].eq("hired").groupby(frame["group"]).mean()
        gaps.append(rates["blue"] - rates["green"])
    assert abs(np.mean(gaps)) < 3 * np.std(gaps) / np.sqrt(30)


def test_a_model_learns_the_planted_unfairness():
    data = datasets.load("hiring")
    model = LogisticRegression(C=1 / (1e-3 * len(data.train))).fit(data.train.X, data.train.y)
    scores = model.predict_proba(data.test.X)[:, 1]
    means = data.test.sensitive["group"].to_frame().assign(score=scores).groupby("group").mean()
    assert means.loc["blue", "score"] - means.loc["green", "score"] > 0.08


def test_importing_is_light():
    heavy = ("sklearn", "torch", "pooch", "requests", "param", "panel", "plotly")
    code = (
        "import sys, afif_explorer.datasets;"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
