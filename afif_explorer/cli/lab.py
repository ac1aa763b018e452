"""``afif-explorer lab``: JupyterLab on a copy of the lessons that is the user's own."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from afif_explorer.cli import network
from afif_explorer.cli.lessons import copy_lessons, lessons, replaced

# JupyterLab asks for news, new versions and the list of its extensions on the internet; nobody
# who opens a lesson has asked for that.
QUIET = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``lab``."""
    parser = verbs.add_parser(
        "lab",
        help="open the lessons in JupyterLab",
        description="Copy the lessons into a folder of yours and open JupyterLab there. A file that "
        "is already in that folder is never overwritten: a lesson that has changed comes beside it.",
    )
    parser.add_argument(
        "--port", type=network.port, default=8888, help="port (default: %(default)s)"
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.add_argument(
        "--folder", type=Path, help="where your copy is (default: a folder for your user data)"
    )
    parser.add_argument(
        "--teacher", action="store_true", help="copy the lessons with their solutions, too"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run JupyterLab until stopped."""
    folder = options.folder or default_folder()
    new = copy_lessons(lessons(), folder, teacher=options.teacher)
    print(f"Your copy of the lessons: {folder} ({len(new)} new)", flush=True)
    for path in new:
        if original := replaced(path):
            print(
                f"{original} has changed since you got it. Yours stays; the new one is {path.name}."
            )

    from jupyterlab.labapp import LabApp

    LabApp.launch_instance(arguments(folder, port=options.port, browser=not options.no_browser))
    return 0


def arguments(folder: Path, *, port: int, browser: bool) -> list[str]:
    """What JupyterLab is told, to open on ``folder``."""
    place = [f"--ServerApp.root_dir={folder.resolve()}", f"--port={port}"]
    # In a container one is root; JupyterLab would refuse, and the command was root's own choice.
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [*place, *QUIET, *as_root, *([] if browser else ["--no-browser"])]


def default_folder() -> Path:
    """The folder for the user's own copy of the lessons."""
    from platformdirs import user_data_path

    return user_data_path("afif_explorer", appauthor=False) / "lessons"
