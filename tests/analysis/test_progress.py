"""Progress of the public functions, and what Ctrl-C leaves of their refits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import afif_explorer as ax

ROWS = [5, 1, 7, 3]


@pytest.fixture(scope="module")
def fit() -> ax.Fit:
    return ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(1e-2))


def stop_at(step: int, what: str) -> Callable[[int, int | None, str], None]:
    """A callback that presses Ctrl-C at a step of a loop."""

    def callback(done: int, total: int | None, loop: str) -> None:
        if (loop, done) == (what, step) and total:
            raise KeyboardInterrupt

    return callback


def interrupted(call: Callable[[], Any], step: int, what: str = "retraining") -> Any:
    showing = ax.show_progress(stop_at(step, what))
    with pytest.raises(ax.Interrupted, match="Interrupted after") as caught, showing:
        call()
    assert isinstance(caught.value, KeyboardInterrupt)
    return caught.value.result


@pytest.mark.parametrize("targets", [ax.MeanLoss(), [ax.MeanLoss(), ax.PointLoss("train", 1)]])
def test_finished_refits_are_kept(fit: ax.Fit, targets: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("afif_explorer.engine.training.retrain.AT_ONCE", fit.n)
    whole = ax.retrain_each(fit, ROWS, targets)
    part = interrupted(lambda: ax.retrain_each(fit, ROWS, targets), 2)
    np.testing.assert_array_equal(part.rows, ROWS)
    np.testing.assert_array_equal(part.theta[:, :2], whole.theta[:, :2])
    np.testing.assert_array_equal(part.effects[:2], whole.effects[:2])
    for missing in (part.theta[:, 2:], part.effects[2:], part.gradient_norm[2:]):
        assert np.isnan(missing).all()


def test_finished_refits_of_a_network_are_kept() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 2))
    objective = ax.Objective(ax.MLP(2, (2,), 1), "gaussian", ax.Ridge(1e-1), X, X[:, 0] ** 2)
    network = ax.fit_objective(objective)
    part = interrupted(lambda: ax.retrain_each(network, [0, 1, 2], ax.MeanLoss("train")), 1)
    assert np.isnan(part.effects).tolist() == [False, True, True]


def test_finished_responses_are_kept(fit: ax.Fit) -> None:
    call = partial(ax.bregman_response_each, fit, ROWS, ax.MeanLoss())
    part = interrupted(call, 3, "Bregman responses")
    assert np.isnan(part.effects).tolist() == [False, False, False, True]


def test_leave_one_out_keeps_its_estimates_and_finished_refits(
    fit: ax.Fit, monkeypatch: Any
) -> None:
    monkeypatch.setattr("afif_explorer.engine.training.retrain.AT_ONCE", fit.n)
    whole = ax.leave_one_out(fit, refits=4)
    part = interrupted(lambda: ax.leave_one_out(fit, refits=4), 2)
    assert int(whole.table["refit"].notna().sum()) == 4
    known = part.table["refit"].dropna()
    assert len(known) == 2
    assert known.equals(whole.table["refit"][known.index])
    assert part.table["psis"].equals(whole.table["psis"])


def test_patterns_keep_finished_refits(fit: ax.Fit, monkeypatch: Any) -> None:
    monkeypatch.setattr("afif_explorer.engine.training.retrain.AT_ONCE", fit.n)
    call = partial(ax.patterns, fit, ax.MeanLoss(), depth=2, top=4, permutations=1)
    whole, part = call(), interrupted(call, 2)
    assert [one.words for one in part] == [one.words for one in whole]
    retrained = np.array([one.retrained for one in part])
    np.testing.assert_array_equal(retrained[:2], [one.retrained for one in whole][:2])
    assert np.isnan(retrained).tolist() == [False, False, True, True]


def test_flips_keep_the_sets_that_flipped(fit: ax.Fit, monkeypatch: Any) -> None:
    monkeypatch.setattr("afif_explorer.engine.training.retrain.AT_ONCE", fit.n)
    call = partial(ax.flip, fit, refitted=4)
    whole, part = call(), interrupted(call, 3)
    assert 0 < len(part.sets) <= 3 < len(whole.sets)
    for person, rows in part.sets.items():
        np.testing.assert_array_equal(rows, whole.sets[person])
    known = np.isin(part.ids, list(part.sets)) | (whole.counts > 4)
    assert np.isnan(part.counts[~known]).all()
    np.testing.assert_array_equal(part.counts[known], whole.counts[known])


def test_the_search_for_a_sign_keeps_its_last_refit(fit: ax.Fit) -> None:
    target = ax.Coefficient("years of experience")
    whole = ax.flip(fit, target)
    stop = int(whole.path[2][0])
    part = interrupted(lambda: ax.flip(fit, target), stop, "removing rows")
    np.testing.assert_array_equal(part.rows, whole.rows[:stop])
    np.testing.assert_allclose(part.path, whole.path[:3])
    assert part.upper is None
    again = ax.retrain(fit, part.rows)
    assert part.after == pytest.approx(again.effects(target)[target] + part.before, abs=1e-8)
    assert interrupted(lambda: ax.flip(fit, target), 0, "removing rows") is None


def test_a_path_keeps_the_finished_strengths(fit: ax.Fit) -> None:
    strengths = [1e-3, 1e-2, 1e-1]
    whole = ax.cross_validation_path(fit, strengths)
    part = interrupted(lambda: ax.cross_validation_path(fit, strengths), 2, "strengths")
    np.testing.assert_array_equal(part.strengths, [1e-2, 1e-1])
    np.testing.assert_array_equal(part.losses, whole.losses[1:])
    assert interrupted(lambda: ax.cross_validation_path(fit, strengths), 0, "strengths") is None


def test_nothing_is_shown_without_asking(fit: ax.Fit, capfd: Any) -> None:
    ax.retrain_each(fit, ROWS, ax.MeanLoss())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("callback", [True, 3, "tqdm"])
def test_what_cannot_be_called_is_refused(callback: Any) -> None:
    refused = pytest.raises(ax.InvalidChoice, match="Expected a function callback")
    with refused, ax.show_progress(callback):
        pass
