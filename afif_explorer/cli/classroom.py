"""``afif-explorer class``: one dashboard for a room full of people."""

from __future__ import annotations

import argparse
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from afif_explorer.cli import network
from afif_explorer.cli.dashboard import open_dashboard
from afif_explorer.errors import InvalidChoice

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike on a projector
LENGTH = 10


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``class``."""
    parser = verbs.add_parser(
        "class",
        help="open the dashboard to a class",
        description="Open the dashboard to all machines of the network, behind a password, and "
        "print the address and the password to write on the board. What one student computes is "
        "there at once for the others. The connection is not encrypted: use a network you trust.",
    )
    parser.add_argument(
        "--port",
        type=network.port,
        default=network.DASHBOARD_PORT,
        help="port (default: %(default)s)",
    )
    parser.add_argument(
        "--password-file",
        type=Path,
        metavar="F",
        help="use the password in this file (default: a new one is made and shown)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve the class until stopped."""
    if not options.port:
        raise InvalidChoice("A class needs an address that is known beforehand; choose a --port.")
    with _password(options.password_file) as path:
        address = f"http://{network.reachable_address()}:{options.port}"
        print(f"For the class: {address}", flush=True)
        open_dashboard(
            port=options.port, address=network.EVERY_INTERFACE, show=False, password_file=path
        )
    return 0


@contextmanager
def _password(chosen: Path | None) -> Iterator[Path]:
    """The file with the password; a new one lives, readable by its owner alone, while in use."""
    if chosen is not None:
        yield chosen
        return
    with tempfile.TemporaryDirectory(prefix="afif-class-") as folder:
        password = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        path = Path(folder, "password")
        path.write_text(password, encoding="utf-8")
        print(f"Password: {password}")
        yield path
