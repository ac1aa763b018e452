"""``python -m benchmarks.peers``: this and six other libraries on four problems, on the same fits.

Each library runs in its own environment and each measurement in its own process, one at a time. Times start
when everything is imported and the data are loaded; measurements below 3 s are repeated (median of up to
five). Accuracy is measured against exact results in float64 and against retraining on 30 random halves of the
rows (LDS, see ``python -m benchmarks.lds``). The first run creates the environments and the refits, which
takes most of an hour; both are cached.

    python -m benchmarks.peers [case ...] [--only WORD] [--quick] [--limit SECONDS] [--json FILE]
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shlex
import sys
from pathlib import Path
from typing import Any

from benchmarks.common import machine
from benchmarks.common.problems import refits_of
from benchmarks.peers.exact import exact_of
from benchmarks.peers.measure import measure, score
from benchmarks.peers.problems import CASES, Case, quick
from benchmarks.peers.runs import RUNS
from benchmarks.peers.table import summary, table, target_table
from benchmarks.peers.targets import target_results


def measure_case(case: Case, chosen: argparse.Namespace) -> dict[str, Any]:
    """All results of a case; prints its tables."""
    refits = refits_of(case.problem)
    exact = exact_of(case, refits)
    exact_lds = score(exact.fisher, case, refits)
    rows = []
    for run in RUNS[case.name]:
        if chosen.only and not any(word in run.name for word in chosen.only):
            continue
        row = measure(run, case, refits, exact, limit=chosen.limit, prefix=chosen.prefix)
        print(f"{case.name}, {run.name}: {summary(row)}", file=sys.stderr, flush=True)
        rows.append(row)
    results = target_results(case.name, rows, exact_lds)
    print(table(case.title, len(refits.theta), exact_lds, rows))
    print(target_table(results), flush=True)
    return {
        "settings": dataclasses.asdict(case),
        "parameters": len(refits.theta),
        "gradient norm": refits.gradient_norm,
        "lds of the exact Fisher": exact_lds,
        "rows": [dataclasses.asdict(row) for row in rows],
        "targets": [dataclasses.asdict(one) | {"met": one.met} for one in results],
    }


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the tables, write the JSON file if requested."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [case.name for case in CASES]
    parser.add_argument("cases", nargs="*", metavar="case", help=", ".join(names))
    parser.add_argument(
        "--only", action="append", help="only methods with this in their name (repeatable)"
    )
    parser.add_argument(
        "--quick", action="store_true", help="smoke test: a tenth of the rows, few refits"
    )
    parser.add_argument(
        "--limit", type=float, default=120, help="time limit of one measurement in seconds"
    )
    parser.add_argument(
        "--prefix", type=shlex.split, default=(), help="prefix of each command, such as 'nice'"
    )
    parser.add_argument("--json", type=Path, help="write all results to this file")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.cases) - set(names):
        parser.error(f"unknown case: {', '.join(unknown)}; available: {', '.join(names)}")
    facts = machine.measured(chosen.prefix) | {"limit s": chosen.limit}
    found: dict[str, Any] = {"machine": facts, "cases": {}}
    by_name = {case.name: case for case in CASES}
    for name in chosen.cases or names:
        case = quick(by_name[name]) if chosen.quick else by_name[name]
        found["cases"][name] = measure_case(case, chosen)
        if chosen.json:
            chosen.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print("\n" + ", ".join(f"{name}: {value}" for name, value in facts.items()))


if __name__ == "__main__":
    main()
