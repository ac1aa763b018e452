"""What every test shares: thread limits, a served dashboard, a browser, notebooks, no silent skips."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "2")  # torch reads it when it is first imported

pytest_plugins = [
    "tests.plugins.browser",
    "tests.plugins.data",
    "tests.plugins.no_skips",
    "tests.plugins.notebooks",
    "tests.plugins.server",
    "tests.plugins.study",
]
