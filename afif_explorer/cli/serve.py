"""``afif-explorer serve``: the dashboard in a browser."""

from __future__ import annotations

import argparse
from pathlib import Path

from afif_explorer.cli import network
from afif_explorer.cli.dashboard import open_dashboard


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``serve``."""
    parser = commands.add_parser(
        "serve",
        help="open the dashboard",
        description="Open the dashboard in a browser and print its address. Stop it with Ctrl-C.",
    )
    parser.add_argument(
        "--port",
        type=network.port,
        default=network.DASHBOARD_PORT,
        help="port; 0 picks a free one (default: %(default)s)",
    )
    parser.add_argument(
        "--address",
        default="127.0.0.1",
        help="address to listen on; 0.0.0.0 accepts other machines (default: %(default)s)",
    )
    parser.add_argument("--no-show", action="store_true", help="do not open a browser")
    parser.add_argument(
        "--password-file", type=Path, metavar="F", help="require the password in this file"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until stopped."""
    open_dashboard(
        port=options.port,
        address=options.address,
        show=not options.no_show,
        password_file=options.password_file,
    )
    return 0
