"""What a notebook shows of each result: short, and with all text escaped."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from afif_explorer.html_tables import html_table

HOSTILE = "<script>alert(1)</script>"
LONGEST = 250  # characters of a repr


@pytest.fixture(scope="module")
def fit() -> ax.Fit:
    draw = np.random.default_rng(0)
    group = np.array(["a", HOSTILE])[draw.integers(0, 2, 300)]
    x = draw.normal(size=300)
    y = np.where(x + draw.normal(size=300) > 0, "yes", f"no {HOSTILE}")
    frame = pd.DataFrame({HOSTILE: x, "age": draw.normal(size=300), "group": group, "paid": y})
    data = ax.Dataset.from_frame(frame, target="paid", sensitive="group", title=HOSTILE)
    return ax.fit(data)


def certified(fit: ax.Fit) -> ax.CertifiedUnlearning:
    objective = fit.objective
    strong = ax.Objective(objective.model, "bernoulli", ax.Ridge(0.5), objective.X, objective.y)
    return ax.certified_unlearn(ax.fit_objective(strong), [3, 5], epsilon=1.0, delta=1e-5)


LOSS = ax.MeanLoss("test")
GAP = ax.DemographicParityDifference("group")
RESULTS: dict[str, Callable[[ax.Fit], object]] = {
    "fit": lambda fit: fit,
    "data": lambda fit: fit.data,
    "split": lambda fit: fit.data.train,
    "sample": lambda fit: fit.sample("test"),
    "effects": lambda fit: ax.attribute(fit, LOSS),
    "effects of several": lambda fit: ax.attribute(fit, [LOSS, GAP]),
    "trust": lambda fit: ax.attribute(fit, LOSS).trust,
    "unlearned": lambda fit: ax.unlearn(fit, fit.ids[:3], targets=[LOSS, GAP]),
    "reach": lambda fit: ax.unlearn(fit, fit.ids[:3]).reach,
    "retrained": lambda fit: ax.retrain(fit, fit.ids[:3]),
    "refits": lambda fit: ax.retrain_each(fit, fit.ids[:3], LOSS),
    "audit": lambda fit: ax.audit_fairness(fit, "group"),
    "held out": ax.cross_validate,
    "path": lambda fit: ax.cross_validation_path(fit.data, [1e-3, 1e-1]),
    "interval": lambda fit: ax.bootstrap_disparity(fit, GAP, resamples=50),
    "patterns": lambda fit: ax.patterns(fit, LOSS, depth=1, permutations=1, verify=False),
    "decisions": ax.flip,
    "conclusion": lambda fit: ax.flip(fit, ax.Coefficient(HOSTILE)),
    "checks": ax.check,
    "leave one out": lambda fit: ax.leave_one_out(fit, refits=0, draws=100),
    "psis": lambda fit: ax.psis(fit, draws=100),
    "certified": certified,
}
SHOWN = {  # what is in the table of each result
    "held out": "largest losses",
    "psis": "pareto_k",
    "retrained": "without them",
    "certified": "strong convexity",
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_is_shown_in_a_line_and_its_text_escaped(fit: ax.Fit, name: str) -> None:
    result = RESULTS[name](fit)
    assert len(repr(result)) <= LONGEST
    assert "\n" not in repr(result)
    shown = getattr(result, "_repr_html_", None)
    if shown is not None:
        assert "<script" not in shown()
        assert len(shown()) < 10_000


@pytest.mark.parametrize("name", SHOWN)
def test_a_notebook_shows_a_table(fit: ax.Fit, name: str) -> None:
    shown = RESULTS[name](fit)._repr_html_()
    assert "<table>" in shown
    assert SHOWN[name] in shown


def test_held_out_losses_have_ids(fit: ax.Fit) -> None:
    held_out = ax.cross_validate(fit)
    table = held_out.to_frame()
    assert table.index.tolist() == fit.ids.tolist() == ax.psis(fit, draws=100).ids.tolist()
    np.testing.assert_array_equal(table["loss"], held_out.losses)
    worst = fit.ids[np.argsort(-held_out.losses)[:10]]
    assert all(f"<td>{row}</td>" in held_out._repr_html_() for row in worst)


def test_a_refit_is_shown_with_its_metrics(fit: ax.Fit) -> None:
    rows = fit.ids[:40]
    refit = ax.retrain(fit, rows)
    after = fit.metrics["mean_loss"] + refit.effects(LOSS)[LOSS]
    assert f"<td>{after:.4g}</td>" in refit._repr_html_()


def test_cells_are_escaped_rounded_and_cut() -> None:
    table = html_table("a < b", ["<x>"], [[HOSTILE], [0.123456], [True], ["y" * 999]], ["a & b"])
    assert "<script" not in table
    assert "a &lt; b" in table
    assert "&lt;x&gt;" in table
    assert "<td>0.1235</td><" in table
    assert "<td>yes</td>" in table
    assert "y" * 201 not in table
    assert "a &amp; b" in table


def test_the_largest_effects_are_in_the_table(fit: ax.Fit) -> None:
    effects = ax.attribute(fit, LOSS)
    shown = effects._repr_html_()
    assert all(f"<td>{row}</td>" in shown for row in effects.top(10))
    assert "nats" in shown
