"""Adult, Crime and Insurance: known facts about the original tables, and the resulting data sets."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest

from afif_explorer import datasets
from afif_explorer.datasets.catalogue.index import adult, crime, originals
from afif_explorer.errors import InvalidChoice

pytestmark = pytest.mark.usefixtures("data_home")


def test_adult_facts():
    train = adult.read(originals.content(adult.TRAIN))
    test = adult.read(originals.content(adult.TEST), skip=1)
    assert (len(train), len(test)) == (32561, 16281)
    assert train["income"].value_counts().to_dict() == {"<=50K": 24720, ">50K": 7841}
    assert test["income"].value_counts().to_dict() == {"<=50K.": 12435, ">50K.": 3846}
    assert train["sex"].value_counts().to_dict() == {"Male": 21790, "Female": 10771}
    missing = train.isna().sum()
    assert missing[missing > 0].to_dict() == {
        "workclass": 1836,
        "occupation": 1843,
        "native-country": 583,
    }
    assert (train["capital-gain"] == 99999).sum() == 159


def test_adult_as_loaded():
    data = datasets.load("adult")
    assert [len(part) for part in (data.train, data.validation, data.test)] == [30162, 7530, 7530]
    assert data.classes == ("<=50K", ">50K")
    assert data.sensitive == ("sex", "race")
    assert data.d == 96
    assert not [name for name in data.feature_names if name.startswith(("sex", "race", "fnlwgt"))]
    lines = originals.content(adult.TRAIN).decode().splitlines()
    for place in (0, 1000, 30161):
        cells = [cell.strip() for cell in lines[data.train.ids[place]].split(",")]
        assert int(cells[0]) == data.train.frame["age"].iloc[place]
        assert cells[9] == data.train.sensitive["sex"].iloc[place]
        assert (cells[14] == ">50K") == data.train.y[place]
    lines = originals.content(adult.TEST).decode().splitlines()[1:]
    cells = [cell.strip() for cell in lines[data.test.ids[7] - 32561].split(",")]
    assert cells[3] == data.test.frame["education"].iloc[7]
    assert abs(data.validation.y.mean() - data.test.y.mean()) < 1e-3


def test_adult_dummies_are_not_whitened():
    X = datasets.load("adult").train.X
    numeric, dummies = X[:, [0]], X[:, 1:17]
    np.testing.assert_allclose([numeric.mean(), numeric.std()], [0, 1], atol=1e-10)
    assert set(np.unique(dummies)) == {0.0, 1.0}


def test_adult_shares():
    whole = datasets.load("adult", validation=0)
    assert (len(whole.validation), len(whole.test)) == (0, 15060)
    assert whole.train.ids[0] == 0
    few = datasets.load("adult", validation=0.1, test=0.1)
    assert (len(few.train), len(few.validation), len(few.test)) == (30162, 4522, 4522)
    with pytest.raises(InvalidChoice, match="official test rows"):
        datasets.load("adult", validation=0.3, test=0.1)


def test_crime_facts():
    frame = crime.read(originals.content(crime.DATA), originals.content(crime.NAMES))
    assert frame.shape == (1994, 128)
    assert frame.columns[127] == "ViolentCrimesPerPop"
    missing = frame.isna().sum()
    assert missing[["county", "community", "OtherPerCap"]].tolist() == [1174, 1177, 1]
    assert (missing == 1675).sum() == 22
    assert (frame["racePctWhite"] >= 0.80).sum() == 1159


def test_crime_as_loaded():
    data = datasets.load("crime")
    assert [len(part) for part in (data.train, data.validation, data.test)] == [1595, 199, 200]
    assert data.d == 96
    assert data.task == "regression"
    shares = [part.sensitive.eq("at least 80 %").to_numpy().mean() for part in
              (data.train, data.validation, data.test)]  # fmt: skip
    np.testing.assert_allclose(shares, 1159 / 1994, atol=0.005)
    assert 0 <= data.train.y.min() <= data.train.y.max() <= 1
    assert any("OtherPerCap" in note for note in data.notes)
    assert len(datasets.load("crime", validation=0).test) == 399


def test_insurance_as_loaded():
    data = datasets.load("insurance", validation=0)
    assert (len(data.train), len(data.validation), len(data.test)) == (1070, 0, 268)
    assert data.d == 7
    design = np.column_stack([np.ones(len(data.train)), data.train.X])
    assert np.linalg.matrix_rank(design) == 8
    assert any("$1,121.87" in note and "$63,770.43" in note for note in data.notes)
    raw = list(
        csv.DictReader(originals.content(datasets.catalogue.insurance.FILE).decode().splitlines())
    )
    charges = pd.Series([float(row["charges"]) for row in raw])
    scaled = (charges - charges.min()) / (charges.max() - charges.min())
    np.testing.assert_allclose(data.train.y, scaled[data.train.ids])
    assert [row["sex"] for row in raw].count("male") == 676
    assert len(data.train) + len(data.test) == 1338


@pytest.mark.parametrize("name", ["adult", "crime", "insurance"])
def test_describe_agrees_and_the_digest_is_stable(name):
    about, data = datasets.describe(name), datasets.load(name)
    assert about.rows == len(data.train) + len(data.validation) + len(data.test)
    assert (about.title, about.task, about.needs_network) == (data.title, data.task, False)
    assert data.digest == datasets.load(name).digest
    every = np.concatenate([data.train.ids, data.validation.ids, data.test.ids])
    assert len(np.unique(every)) == len(every)
