"""Every check finds what it is for, and passes a fit without it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import afif_explorer as ax
from afif_explorer.analysis.checks.check import RULES
from afif_explorer.analysis.checks.finding import LEVELS
from afif_explorer.analysis.fits.fitting import Fit

CODES = Path(__file__).resolve().parents[3] / "docs" / "codes.md"


@pytest.fixture(scope="module")
def hiring() -> Fit:
    return ax.fit(ax.load_dataset("hiring"))


def problems(fit: Fit, *args: object, **settings: object) -> set[str]:
    return {one.code for one in ax.check(fit, *args, **settings).problems}


def test_a_good_fit_has_no_problems(hiring: Fit) -> None:
    found = ax.check(hiring, ax.DemographicParityDifference("group"), refits=4, seeds=1)
    assert found.problems == ()
    assert [one.code for one in found] == list(RULES)
    assert "no problems" in repr(found)
    assert all(one.level in LEVELS for one in found)
    assert all(one.seen for one in found)
    assert all(one.why for one in found)
    assert found["AX501"].numbers["pearson"] > 0.99
    assert found.to_frame().index.tolist() == list(RULES)


def test_the_page_of_codes_describes_all_of_them() -> None:
    assert re.findall(r"^\| (AX\d+) \|", CODES.read_text(encoding="utf-8"), re.MULTILINE) == list(
        RULES
    )
    assert f"| {len(RULES)} codes |" in CODES.with_name("checks.md").read_text(encoding="utf-8")


def test_a_network_that_is_stopped_early_is_no_minimum() -> None:
    fit = ax.fit(ax.load_dataset("hiring"), model="mlp", hidden=(3,), max_steps=3)
    found = ax.check(fit)
    assert found["AX101"].level == "error"
    assert found["AX101"].remedy == fit.advice
    lowest = np.linalg.eigvalsh(ax.Hessian(fit.objective, fit.theta).dense())[0]
    assert lowest < 0
    assert found["AX102"].level == "warning"
    np.testing.assert_allclose(found["AX102"].numbers["negative_curvature"], lowest)
    assert found["AX401"].level == "unknown"
    assert "AX101 error" in repr(found)
    assert found["AX101"].remedy in str(found)


def test_a_network_at_a_minimum_tells_how_far_its_curvatures_are_apart() -> None:
    fit = ax.fit(ax.load_dataset("hiring"), model="mlp", hidden=(3,), penalty=ax.Ridge(1e-2))
    target = ax.MeanLoss("test")
    one, two = (
        ax.attribute(fit, target, method, order=1)
        for method in (ax.AFIF(), ax.InfinitesimalJackknife())
    )
    wanted = np.linalg.norm(one - two) / np.linalg.norm(two)
    np.testing.assert_allclose(ax.check(fit)["AX401"].numbers["difference"], wanted)


def test_groups_classes_and_their_sizes() -> None:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"x": draw.normal(size=200), "y": draw.choice(["no", "yes"], 200)})
    frame["group"] = np.where(np.arange(200) % 10 == 0, "few", "many")
    frame.loc[frame["group"] == "few", "y"] = "no"
    fit = ax.fit(ax.Dataset.from_frame(frame, target="y", sensitive="group", test=0.3))
    found = ax.check(fit)["AX203"]
    rows = int((fit.data.test.sensitive["group"] == "few").sum())
    assert found.numbers == {"group = few": rows}
    assert found.level == "warning"
    assert "AX201" in problems(fit, ax.EqualOpportunityDifference("group"))
    y = np.array([0.0] * 7 + [1.0])
    objective = ax.Objective(
        ax.LinearMap(1), "bernoulli", ax.Ridge(0.1), np.arange(8.0)[:, None], y
    )
    alone = ax.check(ax.fit_objective(objective))["AX204"]
    assert "class: 7." in alone.seen
    assert not alone.passed


def test_the_rows_that_count_in_a_gap_are_counted() -> None:
    """Both groups are large, but few of their rows have the outcome; intersections are groups too."""
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"x": draw.normal(size=600), "y": np.arange(600) % 50 == 0})
    frame["group"], frame["age"] = draw.choice(["a", "b"], (2, 600))
    data = ax.Dataset.from_frame(frame, target="y", sensitive=["group", "age"], test=0.4)
    fit = ax.fit(data, penalty=ax.Ridge(1e-2))
    test = data.test
    hit = test.y == 1
    gap = ax.EqualOpportunityDifference("group", favourable="True")
    found = ax.check(fit, gap)["AX203"]
    counts = [int((hit & (test.sensitive["group"] == name)).sum()) for name in "ab"]
    assert sorted(found.numbers.values()) == sorted(counts)
    assert found.level == "warning"
    assert "with the outcome" in found.seen
    assert ax.check(fit, ax.DemographicParityDifference("group"))["AX203"].passed
    crossed = ax.EqualOpportunityDifference(("group", "age"), favourable="True")
    [*names] = ax.check(fit, crossed)["AX203"].numbers
    assert all("group" in name and "age" in name for name in names)


def test_rows_on_which_much_depends() -> None:
    X = np.array([0.0, 0.1, 0.2, 0.3, 9.0])[:, None]
    y = np.array([1.0, 2.0, 1.0, 2.0, 5.0])
    fit = ax.fit_objective(ax.Objective(ax.LinearMap(1), "gaussian", ax.Ridge(1e-3), X, y))
    found = ax.check(fit)
    assert {"AX305", "AX306"} <= {one.code for one in found.problems}
    leverage = ax.diagnostics(fit)["leverage"].max()
    np.testing.assert_allclose(found["AX305"].numbers["largest"], leverage)
    assert "rows 4." in found["AX305"].seen


def test_columns_that_add_up_leave_parameters_undetermined() -> None:
    x = np.random.default_rng(0).normal(size=(30, 2))
    X = np.column_stack([x, x.sum(1)])
    for penalty, level in ((None, "warning"), (ax.Ridge(1e-3), "note")):
        fit = ax.fit_objective(ax.Objective(ax.LinearMap(3), "gaussian", penalty, X, x[:, 0] ** 2))
        found = ax.check(fit)["AX103"]
        assert found.level == level
        assert found.numbers == {"rank": 3, "parameters": 4}


def test_a_solver_that_stops_early_and_effects_that_are_wrong(hiring: Fit) -> None:
    stopped = ax.AFIF(solver=ax.ConjugateGradient(max_steps=1))
    assert problems(hiring, method=stopped) == {"AX402"}
    damped = ax.AFIF(damping=10.0)
    found = ax.check(hiring, method=damped, refits=10)["AX501"]
    assert found.level == "warning"
    assert found.numbers["slope"] > 1.25


def test_codes_can_be_muted_and_mistakes_are_told(hiring: Fit) -> None:
    found = ax.check(hiring, mute=["AX102", "AX401"])
    assert {"AX102", "AX401"}.isdisjoint(one.code for one in found)
    assert "2 muted" in repr(found)
    with pytest.raises(ax.InvalidChoice, match="There is no check 'AX102' here"):
        found["AX102"]
    with pytest.raises(ax.InvalidChoice, match="There is no check 'AX999'"):
        ax.check(hiring, mute="AX999")
    with pytest.raises(ax.InvalidChoice, match="Expected a target"):
        ax.check(hiring, "loss")
    with pytest.raises(ax.InvalidChoice, match="number of refits"):
        ax.check(hiring, refits=-1)


def test_noise_between_seeds_is_that_of_separate_trainings() -> None:
    data = ax.load_dataset("hiring")
    fits = [ax.fit(data, model="mlp", hidden=(3,), seed=seed) for seed in range(3)]
    method = ax.AFIF(damping=1e-2)
    found = ax.check(fits[0], seeds=2, method=method)["AX502"]
    each = [np.asarray(ax.attribute(one, ax.MeanLoss("test"), method)) for one in fits]
    between = np.corrcoef(each)[np.triu_indices(3, 1)]
    np.testing.assert_allclose(found.numbers["pearson"], between.mean(), rtol=1e-3)
    np.testing.assert_allclose(found.numbers["lowest"], between.min(), rtol=1e-3)
    assert found.passed == (between.mean() >= 0.9)


def test_seeds_of_an_own_module_are_not_invented() -> None:
    draw = np.random.default_rng(0)
    X, y = draw.normal(size=(40, 2)), draw.normal(size=40)
    module = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Tanh(), torch.nn.Linear(2, 1))
    fit = ax.from_trained(module.double(), X, y, "gaussian", penalty=ax.Ridge(0.1))
    assert ax.check(fit, ax.MeanLoss("train"), seeds=2)["AX502"].level == "unknown"
