"""What every test shares: a served dashboard, a browser, notebooks, no silent skips.

Tests run with the threads that a user's own process has; no number of threads is set here.
"""

from __future__ import annotations

pytest_plugins = [
    "tests.plugins.browser",
    "tests.plugins.data",
    "tests.plugins.groups",
    "tests.plugins.lab",
    "tests.plugins.no_skips",
    "tests.plugins.notebooks",
    "tests.plugins.seeds",
    "tests.plugins.server",
    "tests.plugins.study",
]
