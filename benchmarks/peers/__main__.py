"""``python -m benchmarks.peers``: this and six other libraries on four problems, on the same fits.

Each library runs in an environment of its own, each measurement in a process of its own with nothing else of
ours running; times start when everything is imported and the data are there, and what takes less than 3 s is
repeated (median of up to five). Accuracy is against exact answers in float64 and against training again on
30 random halves of the rows (LDS, see ``python -m benchmarks.lds``). The first run makes environments and
refits, which takes most of an hour; both are kept.

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
from benchmarks.common.problems import truth_of
from benchmarks.peers.exact import exact_of
from benchmarks.peers.measure import measure, score
from benchmarks.peers.problems import CASES, Case, quick
from benchmarks.peers.promises import verdicts
from benchmarks.peers.runs import RUNS
from benchmarks.peers.table import promised, said, table


def measured(case: Case, chosen: argparse.Namespace) -> dict[str, Any]:
    """All figures of a case; prints its tables."""
    truth = truth_of(case.problem)
    exact = exact_of(case, truth)
    exact_lds = score(exact.fisher, case, truth)
    rows = []
    for asked in RUNS[case.name]:
        if chosen.only and not any(word in asked.name for word in chosen.only):
            continue
        row = measure(asked, case, truth, exact, limit=chosen.limit, prefix=chosen.prefix)
        print(f"{case.name}, {asked.name}: {said(row)}", file=sys.stderr, flush=True)
        rows.append(row)
    found = verdicts(case.name, rows, exact_lds)
    print(table(case.title, len(truth.theta), exact_lds, rows))
    print(promised(found), flush=True)
    return {
        "settings": dataclasses.asdict(case),
        "parameters": len(truth.theta),
        "gradient norm": truth.gradient_norm,
        "lds of the exact Fisher": exact_lds,
        "rows": [dataclasses.asdict(row) for row in rows],
        "promises": [dataclasses.asdict(one) | {"kept": one.kept} for one in found],
    }


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the tables, write the JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [case.name for case in CASES]
    parser.add_argument("cases", nargs="*", metavar="case", help=", ".join(names))
    parser.add_argument(
        "--only", action="append", help="only what has this in its name (repeat it)"
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, few refits")
    parser.add_argument("--limit", type=float, default=120, help="seconds for one measurement")
    parser.add_argument(
        "--prefix", type=shlex.split, default=(), help="words before each measurement, as in 'nice'"
    )
    parser.add_argument("--json", type=Path, help="where to write all figures")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.cases) - set(names):
        parser.error(f"there is no case {', '.join(unknown)}; choose of {', '.join(names)}")
    facts = machine.measured(chosen.prefix) | {"limit s": chosen.limit}
    found: dict[str, Any] = {"machine": facts, "cases": {}}
    by_name = {case.name: case for case in CASES}
    for name in chosen.cases or names:
        case = quick(by_name[name]) if chosen.quick else by_name[name]
        found["cases"][name] = measured(case, chosen)
        if chosen.json:
            chosen.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print("\n" + ", ".join(f"{name}: {value}" for name, value in facts.items()))


if __name__ == "__main__":
    main()
