"""The command line: ``afif-explorer serve | lab | class | scenes | grade | data | check``.

Each subcommand is a module with ``add(commands)``, which declares its options, and ``run(options)``,
which returns the exit status. Only ``run`` imports heavy libraries, so ``--help`` is fast.

Exit status: 0 success, 1 a check failed, 2 a usage error or any error of this package, 130
interrupted from the keyboard (143: by SIGTERM). A running server that is stopped exits with 0.
"""

from __future__ import annotations

import argparse
import errno
import sys
from collections.abc import Sequence
from typing import NoReturn

from afif_explorer import __version__, ending
from afif_explorer.cli import check, classroom, data, grade, lab, scenes, serve
from afif_explorer.errors import AfifError

FULL = (errno.ENOSPC, errno.EDQUOT)
COMMANDS = (serve, lab, classroom, scenes, grade, data, check)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except AfifError as error:
        print(f"afif-explorer: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if error.errno not in FULL:
            raise
        where = f" of {error.filename}" if error.filename else ""
        print(f"afif-explorer: The disk{where} is full; free some space there.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def command() -> NoReturn:
    """The entry point: run :func:`main` and exit when it returns or a signal arrives."""
    ending.on_signal(ending.give_up)
    ending.leave(main())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="afif-explorer",
        description="See what each training row did to a model, and what happens if it is removed.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for each in COMMANDS:
        each.add(commands)
    return parser
