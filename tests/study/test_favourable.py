"""Favourable class and pair of groups as choices: results, sentences, corrections, links and copied code."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from afif_explorer import study
from afif_explorer.spec import Spec
from afif_explorer.state import Explorer
from afif_explorer.state.recipe import as_python
from afif_explorer.state.relevance import relevant

PAIRS = [("a", "b"), ("a", "c"), ("b", "c")]


@functools.cache
def table() -> str:
    rng = np.random.default_rng(0)
    n = 600
    frame = pd.DataFrame({"x": rng.normal(size=n), "z": rng.normal(size=n)})
    frame["side"] = rng.choice(["a", "b", "c"], n)
    score = frame["x"] + 0.8 * (frame["side"] == "a") + rng.normal(size=n)
    frame["decision"] = np.where(score > 0.4, "approved", "denied")
    content = frame.to_csv(index=False).encode()
    return study.add_upload(content, "loans.csv", target="decision", sensitive=["side"])


@pytest.mark.parametrize("favourable", [-1, 0, 1])
@pytest.mark.parametrize("pair", [-1, 1])
def test_results_are_those_of_the_named_disparity(favourable: int, pair: int) -> None:
    spec = Spec(dataset=table(), target="equal_opportunity", favourable=favourable, pair=pair)
    points, fit = study.points(spec), study.fit(spec)
    target = ax.EqualOpportunityDifference(
        "side",
        favourable=None if favourable < 0 else fit.data.classes[favourable],
        groups=None if pair < 0 else PAIRS[pair],
    )
    np.testing.assert_allclose(points.effect, ax.attribute(fit, target), rtol=1e-9)
    name = "approved" if favourable < 1 else "denied"
    assert points.compares.startswith(f"mean probability of '{name}': ")
    assert f"rows with the outcome '{name}')" in points.compares
    assert any("taken to be the favourable class" in note for note in points.notes) == (
        favourable < 0
    )
    if pair >= 0:
        assert all(f"'{group}' " in points.compares for group in PAIRS[pair])
        assert points.target_label.endswith("by side ('a' and 'c') on the test rows")
    found = study.unlearning(spec.replace(view="unlearning", count=5)).metrics["before"]
    assert found["Equal opportunity gap, decisions"] == target.hard(fit, fit.parameters)
    test = fit.data.test
    mean = fit.predict(test.X) if name == "denied" else 1 - fit.predict(test.X)
    wanted = mean[(test.sensitive["side"] == "b").to_numpy()].mean()
    assert found["Mean prediction, b"] == pytest.approx(wanted, rel=1e-12)
    names: dict = {}
    code = as_python(spec, study.describe(spec), points)
    assert ("favourable=" in code, "groups=" in code) == (favourable >= 0, pair >= 0)
    line = next(line for line in code.splitlines() if line.startswith("target = "))
    exec(line, {"ax": ax}, names)
    assert names["target"] == target


def test_what_does_not_exist_is_corrected_with_a_sentence() -> None:
    spec = Spec(dataset=table(), favourable=2, pair=3)
    settled, notes = study.settle(spec)
    assert (settled.favourable, settled.pair) == (-1, -1)
    assert len(notes) == 2
    assert study.settle(spec.replace(favourable=1, pair=2))[1] == ()
    numbers, _ = study.settle(Spec(dataset="diabetes", favourable=0))
    assert numbers.favourable == -1
    assert Spec.from_query(spec.to_query()) == (spec, ())
    offered = study.offered(Spec(dataset=table()))
    assert offered["favourable"] == {"Automatic: approved": -1, "approved": 0, "denied": 1}
    assert list(offered["pair"].values()) == [-1, 0, 1, 2]
    assert study.offered(Spec(dataset="diabetes"))["favourable"] == {}
    assert study.offered(Spec(dataset="hiring"))["pair"] == {}


def test_the_controls_are_there_where_they_matter_and_begin_anew() -> None:
    explorer = Explorer(table(), target="demographic_parity", favourable=0, pair=2)
    assert explorer.await_idle(60)
    assert {"favourable", "pair", "sensitive"} <= relevant(explorer)
    at = int(np.argmax(np.abs(explorer.points.effect)))
    assert explorer.points.predicted == "approved"
    mean = 1 - study.fit(explorer.spec).predict(study.data(explorer.spec).train.X)
    assert explorer.points.prediction[at] == pytest.approx(mean[at], rel=1e-12)
    explorer.target = "group_loss"
    assert explorer.await_idle(60)
    assert "favourable" not in relevant(explorer)
    explorer.target = "mean_loss"
    assert explorer.await_idle(60)
    assert not {"favourable", "pair"} & relevant(explorer)
    explorer.dataset = "hiring"
    assert explorer.await_idle(60)
    assert (explorer.favourable, explorer.pair) == (-1, -1)
    assert "pair" not in relevant(explorer)
    explorer.close()


def test_another_sensitive_column_has_other_pairs() -> None:
    explorer = Explorer(table(), pair=2)
    assert explorer.await_idle(60)
    explorer.sensitive = 1  # there is no such column: corrected later, but the pair is of the first
    assert explorer.pair == -1
    explorer.close()
