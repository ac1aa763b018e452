"""The parts of the linear datamodeling benchmark that need no other library."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from sklearn.datasets import load_breast_cancer

import afif_explorer as ax
from afif_explorer.engine.training.retrain import refit_each
from benchmarks.common import environments
from benchmarks.common.networks import build, set_parameters
from benchmarks.common.problems import Problem, Refits
from benchmarks.common.training import flat, losses, train_each
from benchmarks.lds import ours
from benchmarks.lds.measure import by_query, rows_of

PEERS = Path(environments.__file__).parent / "libraries"
ROWS, STRENGTH = 120, 0.05


def problem() -> Problem:
    """A small logistic problem on rows that come with scikit-learn."""
    X, y = load_breast_cancer(return_X_y=True)
    X = (X - X.mean(0)) / X.std(0)
    small = Problem(
        "logistic", "logistic", "", rows=ROWS, strength=STRENGTH, queries=20, tuning=4, judging=16
    )
    vars(small)["data"] = X[:ROWS, :6], y[:ROWS], X[-20:, :6], y[-20:]
    return small


def refitted(small: Problem) -> tuple[ax.Fit, torch.Tensor]:
    fit = ax.fit_objective(small.objective)
    sets = [np.setdiff1d(np.arange(ROWS), kept) for kept in small.kept]
    return fit, refit_each(small.objective, fit.parameters, sets).theta.T


def test_the_score_equals_scipys_and_is_one_for_a_perfect_prediction() -> None:
    draw = np.random.default_rng(0)
    effects = draw.normal(size=(30, 3))
    kept = np.stack([draw.permutation(30)[:15] for _ in range(25)])
    after = np.stack([np.delete(effects, rows, axis=0).sum(0) for rows in kept])
    np.testing.assert_allclose(by_query(effects, kept, after), 1)
    noisy = after + draw.normal(size=after.shape) * 3
    expected = [spearmanr(after[:, q], noisy[:, q]).statistic for q in range(3)]
    np.testing.assert_allclose(by_query(effects, kept, noisy), expected)


def test_parallel_training_finds_the_refits_and_our_effects_predict_them() -> None:
    small = problem()
    fit, refits = refitted(small)
    X, y, queries, answers = (torch.as_tensor(part) for part in small.data)
    network = build("logistic", X.shape[1]).double()
    found = train_each(
        network, fit.parameters.expand(len(small.kept), -1), X, y, torch.as_tensor(small.kept),
        strength=STRENGTH, penalised=small.objective.model.penalised, steps=400, rate=0.05,
    )  # fmt: skip
    assert float((found - refits).norm(dim=1).max()) < 1e-3 * float(refits.norm(dim=1).max())
    after = losses(network, refits, queries, answers).numpy()
    evaluated = rows_of(
        small,
        known := Refits(fit.theta, fit.gradient_norm, after, after),
        ours.scores_of(small, known, (0.0, STRENGTH)),
    )
    by_method = {row.method: row.warm for row in evaluated}
    assert by_method["AFIF"] > 0.9
    assert by_method["AFIF"] == pytest.approx(by_method["Hessian"], abs=1e-9)


def test_the_networks_hold_all_parameters_in_linear_layers_and_take_a_flat_vector() -> None:
    for name in ("logistic", "perceptron", "transformer"):
        network = build(name, 64)
        linear = [m for m in network.modules() if isinstance(m, torch.nn.Linear)]
        assert sum(v.numel() for m in linear for v in m.parameters()) == len(flat(network))
        theta = torch.arange(float(len(flat(network))))
        set_parameters(network, theta)
        assert torch.equal(flat(network), theta)
        assert network(torch.zeros(3, 64)).shape == (3, 2 if name == "logistic" else 10)


@pytest.mark.parametrize(
    "library", [*environments.LIBRARIES, environments.OURS], ids=lambda library: library.name
)
def test_each_library_has_a_script_with_the_methods_that_are_run(library) -> None:
    tree = ast.parse((PEERS / f"{library.name}.py").read_text())
    (served,) = (
        node.args[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "serve"
    )
    assert {key.value for key in served.keys} == set(library.methods)


def test_a_library_that_cannot_be_installed_says_why(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(environments, "CACHE", tmp_path)
    broken = environments.Library("dattri", "dattri==0.3.0", ())

    def refuse(command: list[str]) -> None:
        raise environments.Failed("no network")

    monkeypatch.setattr(environments, "_run", refuse)
    with pytest.raises(environments.Failed, match="no network"):
        environments.install(broken)
