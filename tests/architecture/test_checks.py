"""The tests and commands named on the page of checks exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
COMMANDS = sorted(set(re.findall(r"`python -m (benchmarks[\w.]*)", PAGE)))
TABLE = re.findall(r"^\| (\d+) \|.*$", PAGE, re.MULTILINE)


def test_the_rows_are_numbered() -> None:
    assert [int(number) for number in TABLE] == list(range(1, len(TABLE) + 1))


@pytest.mark.parametrize("row", re.findall(r"^\| \d+ \|.*$", PAGE, re.MULTILINE))
def test_every_check_names_a_test_or_a_command(row: str) -> None:
    assert re.search(r"`tests/[\w/]+\.py::\w+`|`python -m benchmarks", row), row


@pytest.mark.parametrize(("file", "name"), TESTS)
def test_a_test_that_is_named_exists(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("module", COMMANDS)
def test_a_command_that_is_named_exists(module: str) -> None:
    path = ROOT / Path(*module.split("."))
    files = [path.with_suffix(".py"), path / "__main__.py"]
    assert any(file.is_file() and "def main(" in file.read_text() for file in files) or (
        module == "benchmarks"
    )
