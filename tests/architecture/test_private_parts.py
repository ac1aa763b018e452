"""Private parts of other libraries are used only in ``app/panel_patches.py`` and ``app/panel_costs.py``."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "afif_explorer"
PATCHES = [PACKAGE / "app" / name for name in ("panel_patches.py", "panel_costs.py")]
MODULES = sorted({*(PACKAGE / "app").rglob("*.py")} - {*PATCHES})
SCRIPTS = sorted((PACKAGE / "static").glob("*.js"))
OWN = ("self", "cls")


def private_uses(path: Path) -> list[str]:
    """``name._part`` in a module, unless ``name`` is the object itself."""
    return [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and re.match("_[a-z]", node.attr, re.IGNORECASE)
        and not (isinstance(node.value, ast.Name) and node.value.id in OWN)
    ]


@pytest.mark.parametrize("path", PATCHES, ids=lambda path: path.stem)
def test_the_patches_are_found(path: Path) -> None:
    assert private_uses(path)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_module_touches_private_parts(path: Path) -> None:
    assert private_uses(path) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_touches_private_parts(path: Path) -> None:
    assert re.findall(r"\w+\._\w+", path.read_text(encoding="utf-8")) == []
