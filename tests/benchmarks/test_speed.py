"""The untimed parts of the speed benchmarks: slopes, comparisons, targets, tables, exact results."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer

import afif_explorer as ax
from benchmarks import app_latency, growth, peak_share, product_costs, selection_answer, startup
from benchmarks.common import environments
from benchmarks.common.environments import LIBRARIES, OURS
from benchmarks.common.exchange import write
from benchmarks.common.networks import build
from benchmarks.common.problems import Problem, Refits
from benchmarks.common.training import flat
from benchmarks.peers import exact, problems, runs, targets
from benchmarks.peers.measure import Row, compared
from benchmarks.peers.table import table, target_table
from tests.helpers.files import ROOT

DAMPING = 2.0


def row(library: str, method: str, seconds: float, **more) -> Row:
    known = {"exact": False, "own": False, "fit": 0.0, "above": 1.0, "pearson": 1.0, "error": 1e-6}
    return Row(library, method, seconds=seconds, **(known | {"precision": "float32"} | more))


def ours(method: str, seconds: float, precision: str = "float64", **more) -> Row:
    return row(OURS.name, method, seconds, precision=precision, **more)


def small_case(network: str = "logistic") -> tuple[problems.Case, Refits]:
    X, y = load_breast_cancer(return_X_y=True)
    X = ((X - X.mean(0)) / X.std(0))[:, :5]
    problem = Problem("small", network, "", rows=80, strength=0.01, queries=7, tuning=0, judging=4)
    vars(problem)["data"] = X[:80], y[:80], X[80:87], y[80:87]
    theta = flat(build(network, 5)).double().numpy()
    return problems.Case("small", "Small", problem, DAMPING, hessian=True), Refits(theta, 0, 0, 0)


def test_a_slope_is_the_power_in_the_upper_half() -> None:
    sizes = [1, 10, 100, 1000, 10_000]
    seconds = [5.0, 5.0, 1e-4 * 100**2, 1e-4 * 1000**2, 1e-4 * 10_000**2]
    assert growth.slope(sizes, seconds) == pytest.approx(2)


def test_an_answer_to_a_selection_is_that_of_unlearn_in_the_table() -> None:
    explorer = ax.Explorer("hiring", target="demographic_parity")
    assert explorer.await_idle(120)
    spent = selection_answer.answers(explorer, 5, 2)
    assert spent.shape == (2, 2)
    assert (spent > 0).all()
    assert selection_answer.error_of(explorer) < 1e-9
    explorer.close()
    one = {"rows": 10, "median": 99.6, "p95": 200.2, "processor": 50.0, "error": 0.0}
    assert "| 10 | 100 | 200 | 50 | 0e+00 |" in selection_answer.table([one])


def test_the_table_of_growth_has_a_line_for_each_part() -> None:
    one = {
        "sizes": [50, 1000],
        "seconds": {"first attribute": [0.1, 2.0], "second attribute": [0.3, 0.6]},
        "slopes": {"first attribute": 1.0, "second attribute": 0.25},
    }
    assert "| rows | second attribute | 50, 1,000 | 0.3, 0.6 | 0.25 | 1 |" in growth.table(
        {"rows": one}
    )


def test_the_share_of_the_peak_counts_the_products() -> None:
    found = peak_share.share(2000, 40, 3, torch.float64)
    gram = 2 * 2000 * 41**2 / 1e9
    assert gram < found["gflop"] < 1.3 * gram + 4 * 2000 * 41 * 3 / 1e9 + 1e-3
    assert 0 < found["share of the necessary"] < found["share"] <= 1


def test_an_unscaled_comparison_sees_a_wrong_scale() -> None:
    true = np.random.default_rng(0).normal(size=(4, 3))
    found = compared(3 * true, true)
    assert found["pearson"] == pytest.approx(1)
    assert found["error"] == pytest.approx(2)


@pytest.mark.parametrize("network", ["logistic", "perceptron"])
def test_exact_results_equal_those_of_the_engine(network: str) -> None:
    case, refits = small_case(network)
    X, y, queries, answers = case.problem.data
    found = exact._dense(case, refits)
    module = build(network, 5).double()
    objective, queried = (
        ax.Objective(module, "categorical", None, *part) for part in ((X, y), (queries, answers))
    )
    slopes = queried.at(refits.theta).gradients(torch.arange(7)).T
    for kind, expected in (
        (ax.AFIF, found.fisher),
        (ax.InfinitesimalJackknife, found.hessian),
    ):
        method = kind(damping=DAMPING, leverage_correction=False)
        influence = method.prepare(objective, objective.vector(refits.theta))
        np.testing.assert_allclose(80 * influence.effects(slopes).numpy(), expected, atol=1e-8)
    plain = ax.AFIF(damping=DAMPING, leverage_correction=False)
    fisher = plain.prepare(objective, objective.vector(refits.theta))
    np.testing.assert_allclose(80 * fisher.self_influence().numpy(), found.own, atol=1e-8)
    largest = torch.linalg.eigvalsh(ax.Fisher(objective, objective.vector(refits.theta)).dense())[
        -1
    ]
    assert found.steepest == pytest.approx(float(largest), rel=1e-3)


def test_a_separate_process_uses_the_same_units_and_its_time_limit(tmp_path) -> None:
    case, refits = small_case()
    X, y, queries, answers = case.problem.data
    task, found = tmp_path / "task.npz", tmp_path / "found.npz"
    settings = {
        "network": "logistic", "theta": refits.theta, "X": X, "y": y, "queries": queries,
        "answers": answers, "dampings": np.array([DAMPING]), "precision": "float64",
    }  # fmt: skip
    write(task, **settings, repeat=True)
    environments.run(OURS, "auto", task, found)
    with np.load(found) as stored:
        effects = stored[f"effects {DAMPING:g}"] * 80
        assert 0 < stored[f"fit {DAMPING:g}"] < stored[f"seconds {DAMPING:g}"]
        assert stored[f"above {DAMPING:g}"] >= 0
    np.testing.assert_allclose(effects, exact._dense(case, refits).fisher, atol=1e-10)
    write(task, **settings, limit=1e-6)
    with pytest.raises(environments.Failed, match="time limit"):
        environments.run(OURS, "auto", task, found)


def test_a_peak_of_memory_is_measured() -> None:
    code = (
        "import numpy as np; from benchmarks.common import resident; resident.forget_peak(); "
        "start = resident.peak(); np.ones(200 << 20, np.uint8); print(resident.peak() - start)"
    )
    printed = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)
    assert int(printed) > 150 << 20


def test_every_run_uses_a_method_that_its_library_has() -> None:
    assert {case.name for case in problems.CASES} == set(runs.RUNS)
    for run in (one for some in runs.RUNS.values() for one in some):
        assert run.method in run.of.methods
    libraries = {run.library for some in runs.RUNS.values() for run in some}
    assert libraries == {library.name for library in (*LIBRARIES, OURS)}


def test_quick_cases_are_small() -> None:
    for case in problems.CASES:
        small = problems.quick(case).problem
        assert small.rows * 10 == case.problem.rows
        assert small.steps <= 40 >= small.judging


def test_only_exact_results_count_as_exact_methods() -> None:
    rows = [
        ours("auto", 0.1),
        row("a", "wrong", 0.2, exact=True, error=0.5),
        row("b", "right", 2.0, exact=True),
        row("c", "approximation", 0.3, error=1e-4),
    ]
    double, single, *_ = targets.target_results("logistic", rows, 1.0)
    assert double.measured == pytest.approx(20)
    assert double.met
    assert single.measured is None
    assert not single.met


def test_lissa_counts_only_if_no_less_accurate() -> None:
    theirs = [row("a", "lissa", 40.0, error=0.04), row("b", "lissa", 1.0, error=1e9)]
    (*_, far, _) = targets.target_results(
        "logistic", [*theirs, ours("lissa", 0.1, error=0.05)], 1.0
    )
    assert far.measured is None
    (*_, near, _) = targets.target_results(
        "logistic", [*theirs, ours("lissa", 0.1, error=0.03)], 1.0
    )
    assert near.measured == pytest.approx(400)


def test_defaults_are_compared_with_the_fastest_exact_library() -> None:
    rows = [
        row("a", "direct", 2.0, exact=True, error=1e-6),
        row("b", "rough", 0.1, exact=True, error=0.5),
        ours("attribute by default", 0.1, error=1e-3),
    ]
    [found] = [
        one for one in targets.target_results("logistic", rows, 1.0) if "defaults" in one.target
    ]
    assert (found.required, found.met) == (10, True)
    assert found.measured == pytest.approx(20)


def test_the_perceptron_is_compared_with_useful_approximations() -> None:
    rows = [
        ours("auto", 2.0, lds=0.80),
        ours("auto", 1.0, "float32", lds=0.70),
        row("a", "useless", 0.1, lds=0.1),
        row("b", "useful", 3.0, lds=0.7),
    ]
    (found,) = targets.target_results("mlp", rows, 0.80)
    assert found.measured == pytest.approx(1.5)


def test_the_transformer_is_compared_with_the_best_score() -> None:
    rows = [
        ours("ekfac", 1.0, "float32", lds=0.5),
        ours("auto", 4.0, "float32", lds=0.8),
        row("a", "quick", 1.0, lds=0.4),
        row("b", "good", 12.0, lds=0.7),
    ]
    (found,) = targets.target_results("transformer", rows, 0.8)
    assert found.measured == pytest.approx(3)
    assert "b good" in found.compared


def test_tables_name_failures_and_targets_met() -> None:
    rows = [
        row("slow", "m", 12.34, lds=0.5),
        ours("auto", 0.25, exact=True, lds=0.7),
        dataclasses.replace(row("late", "m", 1.0), failure="not finished within the time limit"),
    ]
    words = table("A case", 1234, 0.7, rows)
    assert words.index("**afif_explorer**") < words.index("| slow |") < words.index("| late |")
    assert "| 12.3 | 1 | 1.0000 | 1.0e-06 | 0.500 |" in words
    assert "1,234 parameters" in words
    told = target_table(
        targets.target_results("digits", [*rows, row("b", "e", 1.0, exact=True)], 1.0)
    )
    assert "| 5 times | 4 times, **not met** |" in told
    assert "| 5 times | unknown | not measured |" in told


def test_the_other_tables_have_a_line_for_each_figure() -> None:
    one = {"P": 10, "Fisher / PB": 10.0, "Hessian / PB": 17.0, "Fisher ms": 1.0, "Hessian ms": 3.0}
    assert "| 1.70 | 1.00 | 3.00 | 3.00 |" in product_costs.table({"net": one})
    assert "1.70 times the operations" in product_costs.conclusion({"net": one})
    told = startup.table(
        {
            "found": {"first plots, s": 1.5},
            "imports, s": {"torch": 2.0},
            "server, s": 4.0,
            "machine": {"cores": 2},
        }
    )
    assert "| first plots, s | 1.50 | 2.0 |" in told
    assert "cores: 2" in told
    told = app_latency.table(
        {
            "end to end": {"median": 3.0},
            "slider move": {"median": 0.08, "p95": 0.12},
            "another visitor's page": {"while computing": 0.4},
            "machine": {"cores": 2},
        }
    )
    assert "| slider move on Adult, p95 | 0.120 | 0.250 |" in told
    assert "| another visitor's page while computing | 0.400 | |" in told
