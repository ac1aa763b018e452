"""The form of decisions is fairlearn's on random tables: any groups, classes and favourable class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from fairlearn import metrics as fairlearn
from hypothesis import given, settings
from hypothesis import strategies as st

import afif_explorer as ax
from afif_explorer.engine.targets.bound import Sample

METRICS = {
    ax.DemographicParityDifference: fairlearn.demographic_parity_difference,
    ax.EqualOpportunityDifference: fairlearn.equal_opportunity_difference,
    ax.EqualizedOddsDifference: fairlearn.equalized_odds_difference,
}
NAMES = ("no", "Yes, \u00e9", "<b>", "3")


@dataclass(frozen=True, eq=False)
class Given:
    """A model that is given, with the rows of its test split."""

    objective: ax.Objective
    parameters: torch.Tensor
    test: Sample

    def sample(self, split: str) -> Sample:
        return self.test


@st.composite
def tables(draw):
    """A classifier with random parameters, and rows with random classes, groups and sample weights."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, k, groups = draw(st.integers(4, 60)), draw(st.integers(2, 4)), draw(st.integers(2, 5))
    X, y = rng.normal(size=(n, 2)), rng.integers(k, size=n).astype(float if k == 2 else int)
    codes = rng.integers(groups, size=n)
    columns = 1 if k == 2 else k
    objective = ax.Objective(
        ax.LinearMap(2, columns), "bernoulli" if k == 2 else "categorical", None, X, y
    )
    names = tuple(f"group {place}" for place in range(groups))
    weight = objective.vector(rng.uniform(0.1, 3, n)) if draw(st.booleans()) else None
    sample = Sample(objective.X, objective.y, {"g": codes}, {"g": names}, NAMES[:k], weight=weight)
    parameters = objective.vector(rng.normal(size=3 * columns))
    return Given(objective, parameters, sample), draw(st.integers(0, k - 1))


@settings(max_examples=60, deadline=None)
@given(table=tables())
def test_gaps_of_decisions_are_fairlearns(table: tuple[Given, int]) -> None:
    fit, place = table
    outputs = fit.objective.model.outputs(fit.parameters, fit.test.X).numpy()
    chosen = (outputs[:, 0] >= 0).astype(int) if outputs.shape[1] == 1 else outputs.argmax(1)
    met, decided = fit.test.y.numpy() == place, chosen == place
    groups = np.array(fit.test.group_names["g"])[fit.test.groups["g"]]
    for kind, metric in METRICS.items():
        target = kind("g", favourable=fit.test.classes[place])
        theirs = metric(met, decided, sensitive_features=groups, sample_weight=fit.test.weight)
        try:
            found = target.compare(fit, fit.parameters, soft=False)
        except ax.UndefinedMeasure:
            assert defined_groups(kind, met, groups) < 2
            continue
        assert found.as_zero == pytest.approx(theirs, abs=1e-12)
        present = {words: set(names) & set(groups) for words, names in found.left_out.items()}
        if not any(present.values()):
            assert found.gap == pytest.approx(theirs, abs=1e-12)


def defined_groups(kind: type, met: np.ndarray, groups: np.ndarray) -> int:
    """The number of groups whose rates are defined, under the condition that defines fewest."""
    conditions = {
        ax.DemographicParityDifference: [met | ~met],
        ax.EqualOpportunityDifference: [met],
        ax.EqualizedOddsDifference: [met, ~met],
    }[kind]
    return min(len(set(groups[rows])) for rows in conditions)
