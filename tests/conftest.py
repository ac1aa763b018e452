"""What every test shares: thread limits, a served dashboard, a browser, notebooks, no silent skips."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # small work; threads would wait for each other

pytest_plugins = [
    "tests.plugins.browser",
    "tests.plugins.data",
    "tests.plugins.no_skips",
    "tests.plugins.notebooks",
    "tests.plugins.server",
    "tests.plugins.study",
]
