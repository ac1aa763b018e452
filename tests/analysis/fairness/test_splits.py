"""Which two groups make a gap in which split, and measures that are undefined in one form or split."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from tests.analysis.fairness.test_by_name import fitted


@pytest.mark.parametrize("seed", range(4))
def test_another_pair_in_another_split_is_told(seed: int) -> None:
    draw = np.random.default_rng(seed)
    n = 500
    frame = pd.DataFrame(draw.normal(size=(n, 2)), columns=["x", "z"])
    frame["side"] = draw.choice(["a", "b", "c", "d"], n)
    frame["outcome"] = np.where(frame["x"] + draw.normal(size=n) > 0, "yes", "no")
    fit = ax.fit(ax.Dataset.from_frame(frame, target="outcome", sensitive="side", seed=seed))
    audit = ax.audit_fairness(fit, "side", split="validation")
    pairs = {}
    for split in ("validation", "test"):
        part = getattr(fit.data, split)
        means = pd.Series(fit.predict(part.X)).groupby(part.sensitive["side"].to_numpy()).mean()
        pairs[split] = (means.idxmax(), means.idxmin())
        row = audit.by_split.loc[("demographic_parity", split)]
        assert (row["highest"], row["lowest"]) == pairs[split]
        assert row["gap"] == pytest.approx(means.max() - means.min(), rel=1e-12)
    (high, low), (other_high, other_low) = pairs["validation"], pairs["test"]
    sentence = (
        f"Demographic parity: the gap is {high!r} minus {low!r} in the validation split but "
        f"{other_high!r} minus {other_low!r} in the test split"
    )
    told = any(note.startswith(sentence) for note in audit.notes)
    assert told == (pairs["validation"] != pairs["test"])
    fixed = ax.audit_fairness(fit, "side", split="validation", groups=("a", "b"))
    between = fixed.by_split[["highest", "lowest"]].to_numpy()
    assert {frozenset(pair) for pair in between} == {frozenset("ab")}


def test_a_form_that_is_undefined_leaves_the_other_form_standing() -> None:
    fit = fitted()
    decided = fit.predict(fit.data.test.X) < 0.5  # "approved"
    who = fit.data.test.sensitive["sex"].to_numpy()
    assert decided[who == "F"].any()
    theta = fit.parameters.clone()
    theta[-1] += 20  # nobody is predicted to be approved any more
    fit.theta[:] = theta.numpy()
    try:
        with pytest.warns(ax.Undefined, match="Predictive parity, decisions: .*no group of 'sex'"):
            audit = ax.audit_fairness(fit, "sex")
    finally:
        fitted.cache_clear()
    soft, hard = audit.disparities.loc["predictive_parity"]
    assert np.isnan(hard)
    assert np.isfinite(soft)
    assert audit.effects["predictive_parity"].notna().all()
    assert audit.intervals.loc[("predictive_parity", "hard")].isna().all()
    assert audit.disparities.drop("predictive_parity").notna().all().all()


def test_a_measure_that_another_split_lacks_is_nan_there_with_its_reason() -> None:
    draw = np.random.default_rng(0)
    n = 400
    frame = pd.DataFrame(draw.normal(size=(n, 2)), columns=["x", "z"])
    frame["side"] = draw.choice(["a", "b"], n, p=[0.9, 0.1])
    frame["outcome"] = np.where(frame["x"] + draw.normal(size=n) > 0, "yes", "no")
    positive = (frame["side"] == "b") & (frame["outcome"] == "yes")
    frame.loc[positive & (positive.cumsum() > 4), "outcome"] = "no"

    def with_positives(data: ax.Dataset, split: str) -> bool:
        part = getattr(data, split)
        return bool((part.y[(part.sensitive["side"] == "b").to_numpy()] == 1).any())

    made = (
        ax.Dataset.from_frame(frame, target="outcome", sensitive="side", seed=seed)
        for seed in range(99)
    )
    data = next(
        d for d in made if with_positives(d, "test") and not with_positives(d, "validation")
    )
    audit = ax.audit_fairness(ax.fit(data), "side", removed=[0, 1])
    assert np.isfinite(audit.by_split.loc[("equal_opportunity", "test"), "gap"])
    assert np.isnan(audit.by_split.loc[("equal_opportunity", "validation"), "gap"])
    assert audit.changes.loc[("equal_opportunity", "validation")].isna().all()
    assert any(
        note.startswith("Equal opportunity:") and "only 1 group of 'side' ('a')" in note
        for note in audit.notes
    )
