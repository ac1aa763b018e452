"""Build the documentation site: ``make docs``. It needs no network and warns of every broken link."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import main as sphinx

from tools.site import sources

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None) -> int:
    """Put the sources together in a folder, and build the pages beside it."""
    parser = argparse.ArgumentParser(prog="tools.site", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "build" / "site")
    folder = parser.parse_args(arguments).folder.resolve()
    source, pages = folder / "source", folder / "html"
    shutil.rmtree(source, ignore_errors=True)
    sources.collect(ROOT, source)
    # -W: a link without an aim is an error.
    status = sphinx(["-b", "html", "-W", "--keep-going", "-q", str(source), str(pages)])
    if not status:
        print(f"{pages / 'index.html'}: open it in a browser.")
    return status


if __name__ == "__main__":
    sys.exit(main())
