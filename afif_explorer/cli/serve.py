"""``afif-explorer serve``: the dashboard in a browser."""

from __future__ import annotations

import argparse
from pathlib import Path

from afif_explorer.cli import network
from afif_explorer.errors import ChoiceError

PORT = 5006


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``serve``."""
    parser = verbs.add_parser(
        "serve",
        help="open the dashboard",
        description="Open the dashboard in a browser and print its address. Stop it with Ctrl-C.",
    )
    parser.add_argument(
        "--port", type=int, default=PORT, help="port; 0 takes any free one (default: %(default)s)"
    )
    parser.add_argument(
        "--address",
        default="127.0.0.1",
        help="listen on this address; 0.0.0.0 lets other machines in (default: %(default)s)",
    )
    parser.add_argument("--no-show", action="store_true", help="do not open a browser")
    parser.add_argument(
        "--password-file", type=Path, metavar="F", help="ask visitors for the password in this file"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until stopped."""
    if options.password_file is not None:
        check_password_file(options.password_file)
    network.check_free(options.address, options.port)

    from afif_explorer import app

    app.serve(
        port=options.port,
        address=options.address,
        show=not options.no_show,
        password_file=options.password_file,
    )
    return 0


def check_password_file(path: Path) -> None:
    """Raise :class:`ChoiceError` unless ``path`` is a text file with a password in it."""
    try:
        password = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ChoiceError(f"The password file {path} cannot be read: {reason}.") from error
    if not password:
        raise ChoiceError(f"The password file {path} is empty; write a password into it.")
