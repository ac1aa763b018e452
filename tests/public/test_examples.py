"""The example in each public docstring is complete, runs, and prints the stated output."""

from __future__ import annotations

import doctest
from typing import Any

import pytest

import afif_explorer as ax
from afif_explorer import datasets, notebook
from tests.helpers.public import NAMES

DOCUMENTED: dict[str, Any] = {
    "afif_explorer": ax,
    "afif_explorer.datasets": datasets,
    "Dataset.from_arrays": ax.Dataset.from_arrays,
    "Dataset.from_frame": ax.Dataset.from_frame,
    **NAMES,
    **{f"datasets.{name}": getattr(datasets, name) for name in datasets.__all__},
    **{f"notebook.{name}": getattr(notebook, name) for name in notebook.__all__},
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_example_runs(name: str) -> None:
    finder = doctest.DocTestFinder(recurse=False)
    (found,) = finder.find(DOCUMENTED[name], name, module=False, globs={"__name__": "__main__"})
    assert found.examples, "add an example"
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(found, out=told.append)
    assert not runner.failures, "".join(told)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_example_is_never_skipped(name: str) -> None:
    assert "+SKIP" not in (DOCUMENTED[name].__doc__ or "")
