"""Groups that are small, empty or missing from a split: left out, merged and counted, never in silence."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import pytest
import torch
from fairlearn import metrics as fairlearn

import afif_explorer as ax

SHARES = {"a": 0.5, "b": 0.36, "c": 0.08, "d": 0.03, "e": 0.03}


@functools.cache
def fitted() -> ax.Fit:
    draw = np.random.default_rng(7)
    n = 800
    frame = pd.DataFrame(draw.normal(size=(n, 2)), columns=["x", "z"])
    frame["side"] = draw.choice(list(SHARES), n, p=list(SHARES.values()))
    frame["outcome"] = np.where(frame["x"] + draw.normal(size=n) > 0, "yes", "no")
    frame.loc[frame["side"] == "e", "outcome"] = "no"
    data = ax.Dataset.from_frame(frame, target="outcome", sensitive="side", test=0.3, seed=2)
    return ax.fit(data)


def on_test() -> pd.DataFrame:
    fit = fitted()
    return pd.DataFrame(
        {
            "mean": fit.predict(fit.data.test.X),
            "met": fit.data.test.y == 1,
            "side": fit.data.test.sensitive["side"].to_numpy(),
        }
    )


def test_groups_below_the_minimum_are_left_out_and_named() -> None:
    fit, table = fitted(), on_test()
    for measure, rows in (
        (ax.DemographicParityDifference, table),
        (ax.EqualOpportunityDifference, table[table["met"]]),
    ):
        sizes = rows["side"].value_counts()
        means = rows.groupby("side")["mean"].mean()[sizes[sizes >= 20].index]
        target = measure("side", minimum=20)
        found = target.compare(fit, fit.parameters)
        assert found.gap == pytest.approx(means.max() - means.min(), rel=1e-12)
        [small] = found.small.values()
        assert dict(small) == sizes[sizes < 20].to_dict()
        with pytest.warns(ax.Undefined) as caught:
            ax.attribute(fit, target)
        words = "fewer than 20 rows count in the test split: 'c'"
        assert any(words in str(one.message) for one in caught)
    with pytest.raises(ax.UndefinedMeasure, match=r"has at least 5000 rows in the test split"):
        ax.attribute(fit, ax.DemographicParityDifference("side", minimum=5000))


@pytest.mark.filterwarnings("ignore::afif_explorer.errors.Undefined")
def test_small_groups_are_merged_on_request() -> None:
    fit, table = fitted(), on_test()
    sizes = table["side"].value_counts()
    small = sorted(sizes[sizes < 25].index)
    merged = table["side"].where(~table["side"].isin(small), f"other ({', '.join(small)})")
    means = table["mean"].groupby(merged).mean()
    audit = ax.audit_fairness(fit, "side", minimum=25, merge_small=True)
    assert audit.groups["rows"].to_dict() == merged.value_counts().to_dict()
    soft, hard = audit.disparities.loc["demographic_parity"]
    if merged.value_counts().min() >= 25:
        assert soft == pytest.approx(means.max() - means.min(), rel=1e-12)
        theirs = fairlearn.demographic_parity_difference(
            table["met"], table["mean"] >= 0.5, sensitive_features=merged
        )
        assert hard == pytest.approx(theirs, abs=1e-12)
    assert any("compared as one: 'c', 'd', 'e'" in note for note in audit.notes)


@pytest.mark.filterwarnings("ignore::afif_explorer.errors.Undefined")
def test_counts_of_every_group_in_every_split_are_pandas() -> None:
    fit = fitted()
    counts = ax.group_counts(fit, "side", favourable="no")
    for split in ("train", "validation", "test"):
        part = getattr(fit.data, split)
        theirs = pd.crosstab(part.sensitive["side"].to_numpy(), part.y).reindex(
            list(SHARES), fill_value=0
        )
        assert list(counts.loc[split].index) == list(SHARES)
        assert counts.loc[split, "rows"].tolist() == theirs.sum(axis=1).tolist()
        assert counts.loc[split, "favourable"].tolist() == theirs[0].tolist()
        assert counts.loc[split, "unfavourable"].tolist() == theirs[1].tolist()
    audit = ax.audit_fairness(fit, "side")
    pd.testing.assert_frame_equal(audit.counts, ax.group_counts(fit, "side"))
    for split in ("training", "validation", "test"):
        assert f"In the {split} rows no row of 'e' has the outcome 'yes'." in audit.notes


@pytest.mark.filterwarnings("ignore::afif_explorer.errors.Undefined")
def test_an_intersection_that_a_split_lacks_is_counted_and_named() -> None:
    draw = np.random.default_rng(3)
    n = 300
    frame = pd.DataFrame({"x": draw.normal(size=n), "p": draw.choice(["u", "v"], n)})
    frame["q"] = draw.choice(["s", "t"], n)
    frame["outcome"] = (frame["x"] + draw.normal(size=n) > 0).astype(int)
    seldom = (frame["p"] == "v") & (frame["q"] == "t")
    frame = frame[~seldom | (seldom.cumsum() <= 2)]
    data = ax.Dataset.from_frame(frame, target="outcome", sensitive=["p", "q"])
    counts = ax.group_counts(ax.fit(data), ["p", "q"])
    theirs = {
        split: getattr(data, split)
        .sensitive.agg(lambda row: f"p={row['p']}, q={row['q']}", axis=1)
        .value_counts()
        .to_dict()
        for split in ("train", "validation", "test")
    }
    absent = "p=v, q=t"
    assert any(absent not in sizes for sizes in theirs.values())
    for split, sizes in theirs.items():
        found = counts.loc[split, "rows"].to_dict()
        assert {absent: 0} | sizes == found
    notes = ax.audit_fairness(ax.fit(data), ["p", "q"]).notes
    lacking = next(split for split in ("validation", "test") if absent not in theirs[split])
    other = "test" if lacking == "validation" else "validation"
    for pair in ([("v", "t"), ("u", "s")], [absent, "p=u, q=s"]):
        named = ax.audit_fairness(ax.fit(data), ["p", "q"], split=other, groups=pair)
        assert np.isnan(named.by_split.loc[("demographic_parity", lacking), "gap"])
        assert any(f"in the {lacking} split" in note for note in named.notes)
    with pytest.raises(ax.InvalidChoice, match="not a group"):
        ax.audit_fairness(ax.fit(data), ["p", "q"], groups=[("v", "x"), ("u", "s")])
    for split, words in (("train", "training"), ("validation", "validation"), ("test", "test")):
        told = f"In the {words} rows there is no row of {absent!r}." in notes
        assert told == (absent not in theirs[split])


def test_groups_merged_by_name_are_those_of_a_column_that_has_them_so() -> None:
    fit, table = fitted(), on_test()
    merge = {"rare": ["c", "d", "e"]}
    means = table["side"].replace(dict.fromkeys("cde", "rare"))
    means = table.groupby(means)["mean"].mean()
    target = ax.DemographicParityDifference("side", favourable="yes", merge=merge)
    assert target.group_means(fit, fit.parameters) == pytest.approx(means.to_dict())
    assert hash(target) == hash(
        ax.DemographicParityDifference("side", favourable="yes", merge={"rare": ("c", "d", "e")})
    )
    counts = ax.group_counts(fit, "side", favourable="yes", merge=merge)
    assert counts.loc["test"].index.tolist() == ["a", "b", "rare"]
    audit = ax.audit_fairness(fit, "side", favourable="yes", merge=merge)
    assert audit.groups.index.tolist() == ["a", "b", "rare"]
    pair = ax.DemographicParityDifference("side", groups=("a", "rare"), merge=merge)
    assert pair.compare(fit, fit.parameters).gap == pytest.approx(abs(means["a"] - means["rare"]))


@pytest.mark.parametrize(
    ("merge", "message"),
    [
        ({"rare": ["c", "x"]}, "'x' is not a group"),
        ({"rare": ["c"]}, "merge names the groups"),
        ({"one": ["c", "d"], "two": ["d", "e"]}, "into two others"),
        ({"a": ["c", "d"]}, "a name that another group has"),
    ],
)
def test_a_merging_that_cannot_be_is_refused(merge: dict, message: str) -> None:
    with pytest.raises(ax.InvalidChoice, match=message):
        ax.group_counts(fitted(), "side", merge=merge)


def test_a_split_without_the_attribute_is_told() -> None:
    draw = np.random.default_rng(0)
    X, side = draw.normal(size=(60, 2)), draw.choice(list("ab"), 60)
    module = torch.nn.Linear(2, 1).double()
    fit = ax.from_trained(
        module,
        X[:40],
        (X[:40, 0] > 0).astype(float),
        "bernoulli",
        test=(X[40:], (X[40:, 0] > 0).astype(float)),
        sensitive={"test": pd.Series(side[40:], name="side")},
    )
    with pytest.warns(ax.Undefined, match="training rows have no sensitive attribute 'side'"):
        counts = ax.group_counts(fit, "side")
    assert counts.index.unique("split").tolist() == ["test"]
    with pytest.raises(ax.InvalidChoice, match="not a sensitive attribute"):
        ax.group_counts(fit, "sex")
