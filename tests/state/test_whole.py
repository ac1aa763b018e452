"""A session from the first results to a verified removal, on data that need no network."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from afif_explorer import study
from afif_explorer.spec import Spec
from afif_explorer.state import Explorer


@pytest.fixture
def explorer():
    made = Explorer(dataset="hiring", target="demographic_parity")
    yield settled(made)
    made.close()


def settled(explorer: Explorer) -> Explorer:
    assert explorer.await_idle(60)
    assert explorer.status.kind == "done", explorer.status
    return explorer


def test_the_whole_story(explorer):
    assert explorer.data.title
    assert explorer.fitted.converged
    direct = explorer.points.effect

    explorer.param.update(view="lissa", solver="lissa", depth=40)
    assert settled(explorer).points.solver.depth == 40
    assert np.abs(explorer.points.effect - direct).max() > 0
    explorer.run_lissa()
    assert settled(explorer).lissa.run_steps.size

    explorer.param.update(view="agreement", solver="cholesky")
    assert settled(explorer).agreement.identical
    explorer.verify(random=3, top=3)
    assert settled(explorer).verification.pearson > 0.99

    explorer.param.update(view="unlearning", count=80)
    gap = settled(explorer).unlearning.metrics.loc[explorer.unlearning.disparity]
    assert gap["predicted"] < gap["before"]
    explorer.retrain()
    gap = settled(explorer).unlearning.metrics.loc[explorer.unlearning.disparity]
    assert gap["retrained"] < gap["before"]

    explorer.select(explorer.points.ids[[5, 9]].tolist())
    explorer.remove_selected()
    assert tuple(settled(explorer).unlearning.ids) == explorer.selected

    again = Explorer(dataset="diabetes")
    again.apply(Spec.from_query(explorer.spec.to_query())[0])
    assert settled(again).spec == explorer.spec
    assert again.unlearning.metrics.equals(explorer.unlearning.metrics)
    again.close()


def test_after_a_divergence_the_session_works_and_gives_advice(explorer):
    explorer.param.update(solver="lissa", scale=1e-3, view="lissa")
    assert explorer.await_idle(60)
    assert explorer.points is None
    assert np.isnan(explorer.lissa.mean_error).all()
    assert "set the scale to" in explorer.status.message
    explorer.scale = None
    assert settled(explorer).points is not None


def test_a_data_set_that_does_not_exist_leaves_a_living_session(explorer):
    before = explorer.points
    explorer.dataset = "nowhere"
    assert explorer.await_idle(60)
    assert explorer.status.kind == "failed"
    assert "nowhere" in explorer.status.message
    assert explorer.points is before
    explorer.dataset = "diabetes"
    assert settled(explorer).target == "mean_prediction_difference"
    assert "does not fit" in explorer.status.message
    assert "Linear regression on" in explorer.sentence()


@pytest.mark.parametrize(
    "choices",
    [
        {"target": "demographic_parity"},
        {"target": "prediction", "row": 4, "split": "validation", "leverage_correction": False},
        {"method": "newton_step", "damping": 0.01},
        {"model": "mlp", "hidden": 2, "penalty": "ridge", "strength": 0.01},
        {"solver": "lissa", "scale": 0.5, "depth": 30, "penalty": "none", "damping": 0.01},
        {"dataset": "diabetes", "target": "mean_prediction_difference"},
        {"dataset": "diabetes", "target": "group_loss", "penalty": "elastic_net", "strength": 1.0},
        {"target": "equal_opportunity", "penalty": "group_lasso", "method": "newton_step"},
        {"target": "equalized_odds", "penalty": "lasso", "leverage_correction": False},
    ],
    ids=lambda choices: ", ".join(map(str, choices.values())),
)
@pytest.mark.filterwarnings("ignore::afif_explorer.errors.NotConverged")
def test_the_code_that_is_shown_gives_the_numbers_that_are_shown(choices):
    explorer = settled(Explorer(**choices))
    names: dict = {}
    exec(explorer.as_python(), names)
    assert np.allclose(names["effects"], explorer.points.effect, rtol=1e-7, atol=1e-13)
    explorer.close()


def test_a_table_of_ones_own(explorer):
    own = ax.load_dataset("diabetes", seed=5)
    mine = settled(Explorer(data=own))
    assert mine.dataset.startswith(f"upload-{own.digest}")
    assert mine.frame is own.train.frame
    assert mine.dataset in mine.offered["dataset"].values()
    own = pd.concat([own.train.frame, own.validation.frame, own.test.frame]).sort_index()
    check_code(mine, frame=own)
    mine.close()
    assert study.describe(explorer.spec).name == "hiring"


def test_the_code_of_a_data_set_made_in_another_way_asks_for_it():
    own = ax.load_dataset("hiring", seed=5)
    mine = settled(Explorer(data=own))
    check_code(mine, data=own)
    mine.close()


def table(seed: int = 0) -> bytes:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"row": range(300), "a": rng.normal(size=300), "b": rng.normal(size=300)})
    frame["who"] = rng.choice(["x", "y"], 300)
    frame["y"] = np.where(frame.a + rng.normal(size=300) > 0, "yes", "no")
    return frame.to_csv(index=False, sep=";").encode()


REMOVALS = {
    "nothing": {},
    "selected": {"selected": (3, 10, 11)},
    "by a rule": {"view": "unlearning", "count": 9},
    "by chance": {"view": "unlearning", "rule": "random", "count": 5, "leverage_correction": False},
    "the selection": {"view": "unlearning", "rule": "selection", "selected": (3, 10, 11)},
    "by Newton steps": {"view": "unlearning", "method": "newton_step", "count": 9},
    "under a lasso": {"view": "unlearning", "penalty": "lasso", "count": 9},
}


@pytest.mark.parametrize("removal", REMOVALS.values(), ids=REMOVALS)
@pytest.mark.parametrize("dataset", ["hiring", "of one's own"])
def test_the_code_does_the_removal_that_is_shown(dataset, removal, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if dataset != "hiring":
        name = 'it\'s "mine".csv'
        (tmp_path / name).write_bytes(table())
        dataset = study.add_upload(table(), name, target="y", sensitive=["who"])
    explorer = settled(Explorer(dataset, seed=4, target="demographic_parity", **removal))
    kept = set(explorer.points.ids.tolist())
    chosen = tuple(row for row in explorer.selected if row in kept)
    if explorer.view == "unlearning":
        explorer.retrain()
        chosen = tuple(settled(explorer).unlearning.ids.tolist())
    names = check_code(explorer)
    assert ("predicted" in names) == bool(removal)
    if removal:
        assert tuple(names["removed"]) == chosen
    if explorer.view == "unlearning":
        shown = explorer.unlearning.metrics.loc[explorer.unlearning.disparity]
        target = names["target"]
        before = target.bind(names["fit"]).value(names["fit"].parameters)
        assert abs(before - shown["before"]) < 1e-12
        predicted, true = names["predicted"].effects, names["retrained"].effects(target)
        assert abs(before + predicted[target] - shown["predicted"]) < 1e-12
        assert abs(before + true[target] - shown["retrained"]) < 1e-12
    explorer.close()


def check_code(explorer: Explorer, **names) -> dict:
    """Run the code that is shown; its effects are those on screen, to the last digit."""
    exec(explorer.as_python(), names)
    shown = explorer.points
    assert np.array_equal(names["data"].train.ids, shown.ids)
    assert np.abs(names["effects"] - shown.effect).max() <= 1e-12 * np.abs(shown.effect).max()
    return names


def test_rows_that_are_not_known_yet_are_not_removed_by_code(explorer):
    explorer.param.update(view="unlearning", count=30)
    with pytest.raises(ax.InvalidChoice, match="still being computed"):
        explorer.as_python()
    settled(explorer)
    assert len(explorer.unlearning.ids) == 30
    explorer.as_python()
