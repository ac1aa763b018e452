"""Sensitive attributes of a model trained elsewhere: the disparities of a data set with the same columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from tests.analysis.test_edge_cases import one_sentence

draw = np.random.default_rng(8)
N = 300
FRAME = pd.DataFrame({"a": draw.normal(size=N), "b": draw.normal(size=N)})
FRAME["sex"] = draw.choice(["F", "M", None], N, p=[0.5, 0.4, 0.1])
FRAME["age"] = draw.uniform(18, 80, N).round(1)
FRAME["y"] = (FRAME["a"] + 0.3 * (FRAME["sex"] == "M") + draw.normal(size=N) > 0).astype(int)


@pytest.fixture(scope="module")
def fit() -> ax.Fit:
    data = ax.Dataset.from_frame(FRAME, target="y", sensitive=["sex", "age"])
    return ax.fit(data)


def raw(fit: ax.Fit, split: str) -> pd.DataFrame:
    """The attributes in the original table, in the order of the split's rows."""
    return FRAME.loc[getattr(fit.data, split).ids, ["sex", "age"]]


def elsewhere(fit: ax.Fit, **sensitive) -> ax.Fit:
    parts = {}
    for split in ("validation", "test"):
        part = getattr(fit.data, split)
        parts[split] = (part.X, part.y)
    train = fit.data.train
    return ax.from_trained(
        fit.to_module(),
        train.X,
        train.y,
        "bernoulli",
        fit.objective.penalty,
        sensitive=sensitive,
        **parts,
    )


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_disparities_are_those_of_the_same_data_set(fit, split: str) -> None:
    own = elsewhere(fit, **{name: raw(fit, name) for name in ("train", "validation", "test")})
    for attribute in ("sex", "age", ("sex", "age")):
        target = ax.DemographicParityDifference(attribute, split=split)
        found, wanted = ax.attribute(own, target), ax.attribute(fit, target)
        np.testing.assert_allclose(found, wanted, rtol=1e-7, atol=1e-15)
    assert own.sample(split).group_names == fit.sample(split).group_names


@pytest.mark.parametrize(
    "given",
    [
        lambda column: column.to_numpy(),
        lambda column: list(column),
        lambda column: column.sample(frac=1, random_state=0).reindex(column.index),
        lambda column: column.to_frame(),
    ],
    ids=["array", "list", "series", "frame"],
)
def test_attributes_come_as_any_column(fit, given) -> None:
    """Of the test rows alone: then a gap there is all that can be asked about."""
    column = raw(fit, "test")["sex"].fillna("F")
    own = elsewhere(fit, test=given(column))
    name = "sex" if isinstance(given(column), pd.Series | pd.DataFrame) else "group"
    sample = own.sample("test")
    assert [sample.group_names[name][code] for code in sample.groups[name]] == list(column)
    ax.attribute(own, ax.DemographicParityDifference(name, split="test"))
    with pytest.raises(ax.InvalidChoice, match="not a sensitive attribute of these data"):
        ax.attribute(own, ax.DemographicParityDifference(name, split="train"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["F"] * 7, "45 test rows but 7 values"),
        (["F"] * 45, "has only one group"),
        (np.zeros((45, 2)), r"must be an array \[n\], a Series or a DataFrame"),
        (pd.DataFrame(np.zeros((45, 2)), columns=["a", "a"]), "have the same name"),
    ],
)
def test_what_is_no_attribute_is_refused(fit, given, words: str) -> None:
    assert len(fit.data.test.y) == 45
    with pytest.raises(ax.DataError, match=words) as error:
        elsewhere(fit, test=given)
    one_sentence(error)


def test_attributes_of_no_split_are_refused(fit) -> None:
    with pytest.raises(ax.DataError, match=r"no split 'sex'.*there are: train, validation, test"):
        elsewhere(fit, sex=["F"] * 45)
