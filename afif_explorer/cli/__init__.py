"""The command line: ``afif-explorer serve | lab | class | data | check``.

Every verb is one module with ``add(verbs)``, which declares its options, and ``run(options)``,
which returns the exit status. Only ``run`` imports what is heavy: ``--help`` answers at once.

Exit status: 0 done, 1 a check failed, 2 wrong use or an error with one clear sentence, 130 stopped
from the keyboard (143: by SIGTERM). A server that is up and is told to stop has done its work: 0.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from afif_explorer import __version__, ending
from afif_explorer.cli import check, classroom, data, lab, serve
from afif_explorer.errors import AfifError

VERBS = (serve, lab, classroom, data, check)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb of the command line and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except AfifError as error:
        print(f"afif-explorer: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def command() -> NoReturn:
    """:func:`main` as a process of its own, which ends when the verb does or a signal tells it to."""
    ending.on_signal(ending.give_up)
    ending.leave(main())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="afif-explorer",
        description="See what each training row did to a model, and what happens if it goes.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    for verb in VERBS:
        verb.add(verbs)
    return parser
