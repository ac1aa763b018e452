"""``afif-explorer data``: the catalogue of data sets, and where their files are stored."""

from __future__ import annotations

import argparse
import sys

from afif_explorer.progress import Step, listening


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``data list``, ``data fetch`` and ``data where``."""
    parser = commands.add_parser(
        "data", help="list data sets, download one, show where they are stored"
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list all data sets with task, rows and licence")
    listing.set_defaults(run=show_all)
    fetching = actions.add_parser("fetch", help="download a data set and verify its checksum")
    fetching.add_argument("name", metavar="NAME")
    fetching.set_defaults(run=fetch)
    place = actions.add_parser("where", help="show the folders with the files")
    place.set_defaults(run=where)


def show_all(options: argparse.Namespace) -> int:
    """Print one line per data set of the catalogue."""
    from afif_explorer import datasets

    print(f"{'name':<16}{'task':<16}{'rows':>7}  {'download':<10}{'licence'}")
    for name in datasets.names():
        about = datasets.describe(name)
        download = "needed" if about.needs_network else "none"
        print(f"{name:<16}{about.task:<16}{about.rows:>7}  {download:<10}{about.licence}")
    return 0


def fetch(options: argparse.Namespace) -> int:
    """Download a data set, if necessary, and print a summary."""
    from afif_explorer import datasets

    with listening(_show_progress):
        data = datasets.load(options.name)
    parts = (("training", data.train), ("validation", data.validation), ("test", data.test))
    rows = ", ".join(f"{len(split)} {part}" for part, split in parts)
    print(f"{data.title} is ready: {rows} rows, {len(data.feature_names)} features.")
    for note in data.notes:
        print(f"- {note}")
    print(f"Source: {data.source}. Licence: {data.licence}.")
    return 0


def where(options: argparse.Namespace) -> int:
    """Print the folder set by the user, if any, and the download folder."""
    from afif_explorer.datasets.catalogue import originals

    named = originals.home_folder()
    print(f"{originals.HOME_VARIABLE + ':':<16}{named or '(not set)'}")
    print(f"{'Downloads:':<16}{originals.cache_folder()}")
    return 0


def _show_progress(step: Step) -> None:
    """A progress line on a terminal; nothing if the output is not a terminal."""
    if sys.stderr.isatty():
        share = f"{step.done / step.total:.0%}" if step.total else f"{step.done} bytes"
        end = "\n" if step.done == step.total else ""
        print(f"\r{step.what}: {share}", end=end, file=sys.stderr, flush=True)
