"""``afif-explorer grade``: marks a folder of students' notebooks."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from afif_explorer.errors import InvalidChoice

SECONDS = 300.0
OUTPUT = "grades.csv"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``grade``."""
    parser = commands.add_parser(
        "grade",
        help="mark a folder of students' notebooks",
        description="Run every notebook in a folder, each in its own process and temporary folder, "
        "without network and with a time limit, mark its answers, and write a table with one row for "
        "each exercise. The submissions are not changed. Grade files of strangers in a container: the "
        "confinement stops accidents and shortcuts, not malicious machine code.",
    )
    parser.add_argument(
        "folder", type=Path, help="folder with notebooks (.ipynb), also in subfolders"
    )
    parser.add_argument(
        "--output", type=Path, metavar="F", help=f"table to write (default: {OUTPUT} in the folder)"
    )
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, help="time limit of a notebook (default: 300)"
    )
    parser.add_argument(
        "--jobs", type=int, help="notebooks that run at once (default: half the processors)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Mark the folder; the exit status is 1 if a notebook could not be marked."""
    jobs = options.jobs if options.jobs is not None else max(1, (os.cpu_count() or 1) // 2)
    if jobs < 1 or not options.seconds > 0:
        raise InvalidChoice("--jobs and --seconds must be above 0.")
    from afif_explorer.grading.folder import marks, to_csv

    found, unmarked = [], 0
    for marked in marks(options.folder, limit=options.seconds, jobs=jobs):
        points, of = sum(mark.points for mark in marked), sum(mark.of for mark in marked)
        failed = [mark for mark in marked if mark.result == "failed"]
        unmarked += not of
        told = f"{points:g} of {of:g}" + (f"; {failed[0].message}" if failed else "")
        print(f"{marked[0].submission}: {told}", flush=True)
        found += marked
    output = options.output or options.folder / OUTPUT
    to_csv(found, output)
    print(f"Marks of {len(found)} exercises: {output}")
    return 1 if unmarked else 0
