"""``python -m benchmarks.lds``: the linear datamodeling score of this and of other libraries.

A method assigns each training row an effect on each query's loss. A half-subset's loss is predicted by
summing the effects of its rows; the score is Spearman's correlation, over random half-subsets, between
that and the loss after training on the subset, averaged over queries (Park et al., ICML 2023). All
methods use the same trained parameters, rows and queries. Each tunes its damping (or the parameter used in
its place) on some subsets and is evaluated on others. ``warm``: training continues from the fit; ``cold``:
from scratch, losses averaged over seeds.

The loss of a query is a monotone function of its margin, so ranks over subsets are the same for both, and
methods that predict margins can be compared with those that predict losses.

    python -m benchmarks.lds [problem ...] [--quick] [--json FILE]
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.common import environments, machine
from benchmarks.common.environments import LIBRARIES, Failed
from benchmarks.common.problems import Problem, Refits, refits_of
from benchmarks.lds import ours, theirs
from benchmarks.lds.measure import Row, rows_of
from benchmarks.lds.ours import Scores
from benchmarks.lds.problems import PROBLEMS, QUICK

SHARES = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0)  # dampings, relative to the penalty's strength


def measure(problem: Problem) -> dict[str, Any]:
    """All rows of one problem's table, and the failures."""
    refits = refits_of(problem)
    dampings = tuple(share * problem.strength for share in SHARES)
    failures: dict[str, str] = {}
    scores = list(ours.scores_of(problem, refits, dampings))
    for library in (one for one in LIBRARIES if one.name in theirs.METHODS):
        scores += others(library, problem, refits, dampings, failures)
    rows = sorted(rows_of(problem, refits, scores), key=lambda row: -row.warm)
    return {
        "settings": dataclasses.asdict(problem),
        "parameters": len(refits.theta),
        "gradient norm": refits.gradient_norm,
        "rows": [dataclasses.asdict(row) for row in rows],
        "failures": failures,
    }


def others(
    library: environments.Library,
    problem: Problem,
    refits: Refits,
    dampings: tuple[float, ...],
    failures: dict[str, str],
) -> Iterator[Scores]:
    """The scores of a library's methods; reasons for missing ones are added to ``failures``."""
    try:
        environments.install(library)
    except Failed as error:
        failures[library.name] = str(error)
        return
    for method in theirs.METHODS[library.name]:
        try:
            yield from theirs.scores_of(library, method, problem, refits, dampings)
        except Failed as error:
            failures[f"{library.name} {method}"] = str(error)


def table(found: dict[str, Any]) -> str:
    """One problem's results as a Markdown table, best first."""
    settings, rows = found["settings"], [Row(**row) for row in found["rows"]]
    lines = [
        f"\n## {settings['name']}: {settings['rows']} rows, {found['parameters']} parameters, "
        f"{settings['judging']} half-subsets, {settings['queries']} queries, gradient norm "
        f"{found['gradient norm']:.1g}\n",
        "| library | method | setting | warm | cold | s |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {row.library} | {row.method} | {row.setting} | {row.warm:.3f} ± {row.error:.3f} | "
        f"{row.cold:.3f} | {row.seconds:.1f} |"
        for row in rows
    ]
    lines += [f"\nNot run: {name}: {why}" for name, why in found["failures"].items()]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the tables, write the JSON file if requested."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [problem.name for problem in PROBLEMS]
    parser.add_argument("problems", nargs="*", metavar="problem", help=", ".join(names))
    parser.add_argument("--quick", action="store_true", help="fewer subsets, queries and seeds")
    parser.add_argument("--json", type=Path, help="write all results to this file")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.problems) - set(names):
        parser.error(f"unknown problem: {', '.join(unknown)}; available: {', '.join(names)}")
    found: dict[str, Any] = {"machine": machine.facts(), "problems": {}}
    for problem in QUICK if chosen.quick else PROBLEMS:
        if not chosen.problems or problem.name in chosen.problems:
            found["problems"][problem.name] = measure(problem)
            print(table(found["problems"][problem.name]), flush=True)
    print("\n" + ", ".join(f"{name}: {value}" for name, value in found["machine"].items()))
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
