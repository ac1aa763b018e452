"""``afif-explorer scenes``: the interactive scenes as one HTML file."""

from __future__ import annotations

import argparse
from pathlib import Path

from afif_explorer.errors import InvalidChoice

NAME = "scenes.html"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``scenes``."""
    parser = commands.add_parser(
        "scenes",
        help="write the interactive scenes as one HTML file",
        description=f"Write {NAME}, with all scenes about influence, into a folder. It opens in a "
        "browser from disk and needs no network.",
    )
    parser.add_argument("folder", type=Path, help="folder for the file; made if it is not there")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the file and say where it is."""
    from afif_explorer import whole_file
    from afif_explorer.scenes.page import html

    path = options.folder / NAME
    try:
        options.folder.mkdir(parents=True, exist_ok=True)
        whole_file.write(path, html().encode())
    except OSError as error:
        raise InvalidChoice(f"{path} cannot be written: {error.strerror}.") from error
    print(f"{path}: open it in a browser.")
    return 0
