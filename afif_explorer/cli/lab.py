"""``afif-explorer lab``: JupyterLab with the user's own copy of the lessons."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from afif_explorer.cli import network
from afif_explorer.cli.lessons import copy_lessons, lessons, replaced

# JupyterLab would request news, updates and its extension list from the internet, which nobody who
# opens a lesson has asked for, and would ask every student whether to be told of news.
QUIET = (
    f"--LabApp.app_settings_dir={Path(__file__).parent.parent / 'static' / 'lab'}",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``lab``."""
    parser = commands.add_parser(
        "lab",
        help="open the lessons in JupyterLab",
        description="Copy the lessons into a folder of yours and open JupyterLab there. Existing files "
        "are never overwritten: a new version of a lesson is saved beside your copy.",
    )
    parser.add_argument(
        "--port", type=network.port, default=8888, help="port (default: %(default)s)"
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.add_argument(
        "--folder", type=Path, help="folder for your copy (default: in your user data folder)"
    )
    parser.add_argument("--teacher", action="store_true", help="also copy the solutions")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run JupyterLab until stopped."""
    folder = options.folder or default_folder()
    new = copy_lessons(lessons(), folder, teacher=options.teacher)
    print(f"Your copy of the lessons: {folder} ({len(new)} new)", flush=True)
    for path in new:
        if original := replaced(path):
            print(f"{original} has a new version, saved as {path.name}; your copy is unchanged.")

    from jupyterlab.labapp import LabApp

    LabApp.launch_instance(arguments(folder, port=options.port, browser=not options.no_browser))
    return 0


def arguments(folder: Path, *, port: int, browser: bool) -> list[str]:
    """The arguments for JupyterLab to open ``folder``."""
    place = [f"--ServerApp.root_dir={folder.resolve()}", f"--port={port}"]
    # JupyterLab refuses to run as root by default, but containers usually run as root.
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [*place, *QUIET, *as_root, *([] if browser else ["--no-browser"])]


def default_folder() -> Path:
    """The folder for the user's own copy of the lessons."""
    from platformdirs import user_data_path

    return user_data_path("afif_explorer", appauthor=False) / "lessons"
