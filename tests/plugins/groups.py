"""How tests are shared among processes: a file stays in one, and all files with a browser too.

A browser draws WebGL in software: two of them at once would keep each other waiting on a small machine.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORDS = ("app_url", "mark.browser", ": Page")


@cache
def group(file: str) -> str:
    """The tests of a file run in the same process as those of all files of the same group."""
    text = (ROOT / file).read_text(encoding="utf-8")
    return "browser" if any(word in text for word in WORDS) else file


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadFileScheduling

    class Groups(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group(nodeid.split("::", 1)[0])

    return Groups(config, log)
