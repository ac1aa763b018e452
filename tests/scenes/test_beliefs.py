"""The first state of every scene contradicts its misconception, by the Python engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer.scenes import SCENES

CHANCE, SLOPE = ax.Prediction("test", 0), ax.Coefficient(0)
GAP = ax.DemographicParityDifference("group", "train", favourable=1)


class Case:
    """A scene's first state as a fit; ``more`` replaces settings or the probe."""

    def __init__(self, key: str, **more: Any) -> None:
        scene = SCENES[key]
        self.state = scene.state | more
        points = np.array(self.state["points"], float)
        linear = self.state["model"] == "linear"
        self.X, self.y = (points[:, :1], points[:, 1]) if linear else (points[:, :2], points[:, 2])
        self.groups = points[:, 3].astype(int) % 2 if points[:, 3].any() else None
        self.probe = np.array(self.state["probe"], float)
        self.settings = self.state["settings"]
        model = ax.LinearMap(self.X.shape[1], intercept=key != "pulls")
        strength = self.settings["strength"]
        penalty = ax.Ridge(strength) if strength else None
        loss = "gaussian" if linear else "bernoulli"
        self.objective = ax.Objective(model, loss, penalty, self.X, self.y)
        test = (self.probe[None, : self.X.shape[1]], np.ones(1))
        self.fit = ax.fit_objective(self.objective, test=test, sensitive=self.groups)
        self.rows = self.state["rows"]

    @property
    def losses(self) -> np.ndarray:
        chance = self.fit.predict(self.X)
        return -np.log(np.where(self.y == 1, chance, 1 - chance))


def truth(case: Case, target: ax.Target = CHANCE) -> np.ndarray:
    """The true effect of each row."""
    return ax.retrain_each(case.fit, case.fit.ids, target).effects


def test_the_nearest_row_and_the_most_wrong_are_not_the_most_influential():
    case = Case("guess")
    effects = np.abs(truth(case))
    nearest = np.linalg.norm(case.X - case.probe, axis=1).argmin()
    most_wrong = case.losses.argmax()
    assert nearest != most_wrong
    assert max(effects[nearest], effects[most_wrong]) < 0.5 * effects.max()


def test_the_outlier_is_not_influential_and_the_right_bet_is():
    case = Case("lever")
    effects = np.abs(truth(case, SLOPE))
    outlier = np.abs(case.y - case.fit.predict(case.X)).argmax()
    assert [outlier] == case.rows == [5]
    assert effects.argmax() == 10
    assert effects[outlier] < 0.2 * effects[10]


def test_the_tangent_is_not_removal():
    case = Case("weight")
    method = ax.AFIF(leverage_correction=False)
    [row] = case.rows
    tangent = ax.attribute(case.fit, CHANCE, method, order=1, refine=False)[row]
    assert 0 < tangent < 0.7 * truth(case)[row]  # it says too little
    assert case.settings["weight"] == 0


@pytest.mark.filterwarnings("ignore::afif_explorer.errors.NotConverged")
def test_more_steps_make_it_worse():
    case = Case("lissa")
    curvature = ax.Fisher(case.objective, case.objective.vector(case.fit.theta)).dense().numpy()
    [row] = case.rows
    residual = case.fit.predict(case.X)[row] - case.y[row]
    b = residual * np.append(case.X[row], 1.0)
    exact = np.linalg.solve(curvature, b)
    scale = case.settings["scale"] * np.linalg.eigvalsh(curvature)[-1]

    def error(depth: int) -> float:
        u = b
        for _ in range(depth):
            u = b + u - curvature @ u / scale
        return float(np.linalg.norm(u / scale - exact))

    assert error(10) < error(20) < error(40)
    with pytest.raises(ax.SolverDiverged):
        ax.attribute(case.fit, CHANCE, ax.AFIF(solver=ax.LiSSA(scale=scale, depth=30)))


def test_a_row_is_not_good_or_bad_in_itself():
    case = Case("question")
    chance, gap = truth(case), truth(case, GAP)
    turned = int((chance * gap < 0).sum())
    assert 15 <= turned <= 21  # of 36: about half
    [row] = case.rows
    assert chance[row] * gap[row] < 0
    assert np.abs(chance).argmax() == row


def test_a_similar_gradient_is_not_enough_and_parameters_move_against_the_missing_pull():
    case = Case("pulls")
    [row] = case.rows
    chance = case.fit.predict(case.X)
    gradients = (chance - case.y)[:, None] * case.X
    at_probe = case.fit.predict(case.probe[None])[0]
    similar = np.abs(gradients @ (at_probe * (1 - at_probe) * case.probe))
    effects = np.abs(truth(case))
    assert effects.argmax() == row
    assert effects[similar.argmax()] < 0.3 * effects[row]
    movement = ax.retrain(case.fit, [row]).theta - case.fit.theta
    assert movement @ -gradients[row] < 0


def test_twins_mask_each_other():
    case = Case("twins")
    alone = truth(case)[case.rows]
    together = ax.retrain(case.fit, case.rows).effects(CHANCE)[CHANCE]
    assert together > 5 * np.sum(alone) > 0
    newton = ax.unlearn(case.fit, case.rows, ax.NewtonStep(), CHANCE).effects[CHANCE]
    plain = ax.AFIF(leverage_correction=False)
    summed = ax.attribute(case.fit, CHANCE, plain, refine=False, order=1)[case.rows].sum()
    assert abs(newton - together) < 0.2 * abs(summed - together)


def test_influence_belongs_to_the_model_too():
    weak = Case("penalty")
    strong = Case("penalty", settings=weak.settings | {"strength": 0.3})
    first, later = (np.abs(truth(case)) for case in (weak, strong))
    assert first.argmax() == weak.rows[0]
    assert later.argmax() != weak.rows[0]


@pytest.mark.filterwarnings("ignore::afif_explorer.errors.NotConverged")
def test_separable_classes_without_a_penalty_have_no_minimum():
    apart = Case("penalty").state["points"]
    moved = [[x + (1 if label else -1), *rest] for x, *rest in apart for label in rest[1:2]]
    settings = Case("penalty").settings | {"strength": 0}
    assert Case("penalty", settings=settings).fit.converged
    assert "separable" in Case("penalty", settings=settings, points=moved).fit.advice


def test_loss_can_beat_influence_a_closed_gap_is_not_fair_and_one_step_does_not_forget():
    case = Case("liar")
    points = np.array(case.state["points"])
    wrong, right = points[:, 3] >= 2, np.where(points[:, 3] >= 2, 1 - case.y, case.y)
    effects = np.asarray(ax.attribute(case.fit, GAP, ax.AFIF(leverage_correction=False), order=1))
    by_loss, by_gap = np.argsort(-case.losses)[:10], np.argsort(effects)[:10]
    assert wrong[by_loss].sum() >= 8 > 0 == wrong[by_gap].sum()
    bound = GAP.bind(case.fit)
    refit = ax.retrain(case.fit, by_gap)
    step = ax.unlearn(case.fit, by_gap, ax.AFIF(leverage_correction=False))
    before, after = (case.objective.vector(theta) for theta in (case.fit.theta, refit.theta))
    assert bound.value(before) > 0.1 > 0.02 > abs(bound.value(after))

    def agreement(theta: np.ndarray) -> float:
        return float(np.mean((case.X @ theta[:2] + theta[2] > 0) == right))

    assert agreement(refit.theta) < agreement(case.fit.theta) - 0.2
    forgotten = np.linalg.norm(step.theta - refit.theta)
    assert forgotten > 0.2 * np.linalg.norm(case.fit.theta - refit.theta)
