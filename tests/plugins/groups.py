"""How tests are shared among processes: a file stays in one, and all tests with a browser or a notebook too.

A browser draws WebGL in software, and JupyterLab starts kernels: two of them at once would keep each other
waiting on a small machine.
"""

from __future__ import annotations

import pytest

FIXTURES = {"app_url", "browser", "run_notebook"}
MARKS = ("browser", "notebook")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = FIXTURES.intersection(getattr(item, "fixturenames", ()))
        alone = fixtures or any(map(item.get_closest_marker, MARKS))
        item.add_marker(pytest.mark.xdist_group("browser" if alone else str(item.path)))
