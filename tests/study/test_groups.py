"""Intersections, minimum size, joined groups and intervals of gaps as settings and results of a session."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from afif_explorer import study
from afif_explorer.choices.option import sensitive_sets
from afif_explorer.screens import head
from afif_explorer.screens.views import unlearning
from afif_explorer.spec import Spec
from afif_explorer.state import Explorer
from afif_explorer.state.recipe import as_python
from afif_explorer.state.relevance import relevant
from afif_explorer.wording import SPACE, count

pytestmark = pytest.mark.filterwarnings("ignore::afif_explorer.errors.Undefined")

BOTH = 2  # the place of "side and town" among the sensitive columns


@functools.cache
def table() -> str:
    rng = np.random.default_rng(1)
    n = 700
    frame = pd.DataFrame({"x": rng.normal(size=n), "z": rng.normal(size=n)})
    frame["side"] = rng.choice(["a", "b", "c", "d"], n, p=[0.4, 0.4, 0.1, 0.1])
    frame["town"] = rng.choice(["North", "South"], n)
    score = frame["x"] + 0.8 * (frame["side"] == "a") + rng.normal(size=n)
    frame["decision"] = np.where(score > 0.4, "approved", "denied")
    content = frame.to_csv(index=False).encode()
    return study.add_upload(content, "loans.csv", target="decision", sensitive=["side", "town"])


@pytest.mark.parametrize(
    ("sensitive", "minimum", "merge", "named"),
    [
        (0, 1, True, {}),  # no group is small
        (0, 20, False, {"minimum": 20}),
        (0, 20, True, {"minimum": 20, "merge_small": True}),
        (BOTH, 20, True, {"minimum": 20, "merge_small": True}),
        (BOTH, 1, False, {}),
    ],
)
def test_results_are_those_of_the_groups_asked_for(
    sensitive: int, minimum: int, merge: bool, named: dict
) -> None:
    spec = Spec(
        dataset=table(), target="demographic_parity", sensitive=sensitive,
        minimum=minimum, merge_small=merge,
    )  # fmt: skip
    columns = ("side", "town") if sensitive == BOTH else "side"
    target = ax.DemographicParityDifference(columns, **named)
    points, fit = study.points(spec), study.fit(spec)
    np.testing.assert_allclose(points.effect, ax.attribute(fit, target), rtol=1e-9)
    found = target.compare(fit, fit.parameters)
    assert f"{found.highest!r} " in points.compares
    assert (" by side and town on" in points.target_label) == (sensitive == BOTH)
    names: dict = {}
    code = as_python(spec, study.describe(spec), points)
    exec(
        next(part for part in code.splitlines() if part.startswith("target = ")), {"ax": ax}, names
    )
    assert names["target"] == target
    assert Spec.from_query(spec.to_query()) == (spec, ())


def test_rows_are_coloured_by_their_intersection() -> None:
    spec = Spec(dataset=table(), sensitive=BOTH)
    who = study.data(spec).train.sensitive
    wanted = [f"side={a}, town={b}" for a, b in who[["side", "town"]].to_numpy()]
    assert study.points(spec).group.tolist() == wanted


def test_a_column_each_two_and_all_are_offered() -> None:
    offered = study.offered(Spec(dataset=table()))
    assert offered["sensitive"] == {"side": 0, "town": 1, "side and town": 2}
    assert len(offered["pair"]) == 7
    assert study.offered(Spec(dataset=table(), sensitive=BOTH))["pair"] == {}
    data = study.describe(Spec(dataset=table()))
    three = type("Three", (), {"sensitive": ("p", "q", "r")})
    sets = [("p",), ("q",), ("r",), ("p", "q"), ("p", "r"), ("q", "r"), ("p", "q", "r")]
    assert sensitive_sets(three) == sets
    assert sensitive_sets(data)[BOTH] == ("side", "town")
    assert study.settle(Spec(dataset=table(), sensitive=3))[0].sensitive == 0
    settled, notes = study.settle(Spec(dataset=table(), sensitive=BOTH, pair=1))
    assert (settled.sensitive, settled.pair, len(notes)) == (BOTH, -1, 1)


def test_small_groups_can_be_joined_once_some_may_be_small() -> None:
    explorer = Explorer(table(), target="group_loss")
    assert explorer.await_idle(60)
    assert "minimum" in relevant(explorer)
    assert "merge_small" not in relevant(explorer)
    explorer.minimum = 20
    assert explorer.await_idle(60)
    assert "merge_small" in relevant(explorer)
    assert any("fewer than 20 rows count" in note for note in explorer.points.notes)
    explorer.param.update(target="mean_loss")
    assert not {"minimum", "merge_small"} & relevant(explorer)
    explorer.close()


@pytest.mark.parametrize("retrained", [False, True])
def test_every_gap_has_its_interval_and_those_of_its_changes(retrained: bool) -> None:
    spec = Spec(dataset=table(), target="demographic_parity", rule="lower_target", count=20)
    spec = spec.replace(view="unlearning", favourable=0, pair=0)
    found = study.unlearning(spec, retrained=retrained)
    fit = study.fit(spec)
    removed = found.ids
    for kind, name in (
        (ax.DemographicParityDifference, "Demographic parity gap"),
        (ax.EqualOpportunityDifference, "Equal opportunity gap"),
    ):
        target = kind("side", favourable="approved", groups=("a", "b"))
        spread = found.spreads[f"{name}, probabilities"]
        alone = ax.bootstrap_disparity(fit, target, removed)
        assert (spread.low, spread.high) == pytest.approx((alone.low, alone.high))
        ends = (alone.change, alone.change_low, alone.change_high)
        assert spread.changes["predicted"] == pytest.approx(ends)
        if retrained:
            truth = ax.bootstrap_disparity(fit, target, ax.retrain(fit, removed))
            ends = (truth.change, truth.change_low, truth.change_high)
            assert spread.changes["retrained"] == pytest.approx(ends, rel=1e-5)
        hard = found.spreads[f"{name}, decisions"]
        decided = ax.bootstrap_disparity(fit, target, soft=False)
        assert (hard.low, hard.high) == pytest.approx((decided.low, decided.high))
        assert hard.changes == {}
    assert set(found.spreads) == set(found.compares)
    point = study.points(spec).spread
    first = found.spreads["Demographic parity gap, probabilities"]
    assert (point.low, point.high) == pytest.approx((first.low, first.high))


def test_the_view_shows_intervals_counts_and_another_pair() -> None:
    explorer = Explorer(table(), target="demographic_parity", view="unlearning", count=20)
    assert explorer.await_idle(60)
    metrics, _, groups = unlearning._metrics(explorer)
    [row] = [one for one in metrics.rows if one.name == "Demographic parity gap, probabilities"]
    spread = explorer.unlearning.spreads[row.name]
    assert f" [{spread.low:.3f}, {spread.high:.3f}]" in row.cells[0]
    assert "Change predicted " in row.note
    assert groups.caption.endswith("have the outcome 'approved'")
    test = study.data(explorer.spec).test
    for one in groups.rows:
        who = (test.sensitive["side"] == one.name).to_numpy()
        assert one.cells[-1] == f"{count(who.sum())} ({count((test.y[who] == 0).sum())})"
    [gap, *notes] = head._gap(explorer)
    assert f"95{SPACE}% bootstrap interval [" in gap.pieces[0]
    pairs = {
        split: ax.DemographicParityDifference("side", split).compare(
            study.fit(explorer.spec), study.fit(explorer.spec).parameters
        )
        for split in ("validation", "test")
    }
    differ = len({(one.highest, one.lowest) for one in pairs.values()}) > 1
    assert any("in the validation split" in note.pieces[0] for note in notes) == differ
    assert differ
    explorer.close()
