"""``afif-explorer class``: one password-protected dashboard for a class."""

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

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without letters that look alike on a projector
LENGTH = 10


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``class``."""
    parser = commands.add_parser(
        "class",
        help="serve the dashboard to a class",
        description="Serve the dashboard to all machines on the network, protected by a password, and "
        "print the address and the password. Results computed for one student are cached for all "
        "others. The connection is not encrypted: use a trusted network.",
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
    with _password(options.password_file) as path:
        address = f"http://{network.reachable_address()}:{options.port}"
        print(f"For the class: {address}", flush=True)
        open_dashboard(
            port=options.port, address=network.EVERY_INTERFACE, show=False, password_file=path
        )
    return 0


@contextmanager
def _password(chosen: Path | None) -> Iterator[Path]:
    """The password file; a generated one is readable by its owner only and deleted afterwards."""
    if chosen is not None:
        yield chosen
        return
    with tempfile.TemporaryDirectory(prefix="afif-class-") as folder:
        password = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        path = Path(folder, "password")
        path.write_text(password, encoding="utf-8")
        print(f"Password: {password}")
        yield path
