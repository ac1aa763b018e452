"""``afif-explorer class``: scenes, lessons and dashboard for one class, under one address."""

from __future__ import annotations

import argparse
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from afif_explorer.cli import network
from afif_explorer.cli.dashboard import open_class
from afif_explorer.cli.lessons import for_students, lessons
from afif_explorer.errors import InvalidChoice

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without letters that look alike on a projector
LENGTH = 10


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``class``."""
    parser = commands.add_parser(
        "class",
        help="serve scenes, lessons and the dashboard to a class",
        description="Serve the scenes, the lessons and the dashboard to all machines on the network, "
        "protected by a password, and print the address with a QR code, the password, and the address of "
        "your own page: there you see all bets, lead everybody to a scene, and open the page for the "
        "projector. The connection is not encrypted: use a trusted network.",
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
        help="file with the password (default: a new password is generated and printed)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve the class until stopped."""
    if not options.port:
        raise InvalidChoice("A class needs a fixed address; choose a --port.")
    with _password(options.password_file) as (path, password):
        open_class(
            network.reachable_address(), options.port, path, password, for_students(lessons())
        )
    return 0


@contextmanager
def _password(chosen: Path | None) -> Iterator[tuple[Path, str]]:
    """The password file, and the password if it was generated here and may be shown.

    A generated file is readable by its owner only and deleted afterwards.
    """
    if chosen is not None:
        yield chosen, ""
        return
    with tempfile.TemporaryDirectory(prefix="afif-class-") as folder:
        password = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        path = Path(folder, "password")
        path.write_text(password, encoding="utf-8")
        yield path, password
