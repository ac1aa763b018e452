"""The architecture: imports point down only, and each toolkit is confined to its packages."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = "afif_explorer"
ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / PACKAGE).rglob("*.py"))

LEVELS = (
    (
        "errors",
        "progress",
        "progress_bar",
        "numeric",
        "collector",
        "wording",
        "ending",
        "sizes",
        "html_tables",
        "script_data",
        "whole_file",
    ),
    ("engine", "datasets", "choices"),
    ("analysis",),
    ("spec", "results", "cache"),
    ("study",),
    ("jobs",),
    ("state", "figures", "explain", "exercises", "scenes"),
    ("screens",),
    ("app", "notebook", "grading"),
    ("cli",),
)
FRONT_DOORS = {"__init__", "__main__"}  # public names, and `python -m afif_explorer`
RANK = {package: rank for rank, level in enumerate(LEVELS) for package in level}

# Packages on one level that may import each other; all others on a level may not.
NEIGHBOURS = {
    ("errors", "progress"),
    ("progress", "errors"),
    ("progress_bar", "errors"),
    ("progress_bar", "progress"),
    ("progress_bar", "wording"),
    ("numeric", "errors"),
    ("numeric", "wording"),
    ("results", "spec"),
    ("cache", "spec"),
    ("cache", "results"),
    ("figures", "explain"),
    ("state", "explain"),
}

# The subpackages of a package, each importing only those before it; "" is its top-level modules.
WINGS = {
    "engine": (
        "runtime",
        "jacobians",
        "models",
        "problem",
        "curvature",
        "solvers",
        "training",
        "targets",
        "influence",
    ),
    "datasets": ("reading", "columns", "", "inspection", "rows", "catalogue"),
    "app": ("", "updates", "components", "views", "page", "server", "classroom"),
    "analysis": (
        "fits",
        "limits",
        "rows",
        "heldout",
        "removal",
        "fairness",
        "fragility",
        "patterns",
        "checks",
        "",
    ),
    "study": ("", "views"),
    "figures": ("drawing", ""),
}

TOOLKITS = {
    "torch": {"engine", "analysis", "study", "exercises"},
    "param": {"state", "app", "notebook"},
    "plotly": {"figures", "notebook"},  # the notebook shows figures as widgets
    "matplotlib": {"figures"},
    "PIL": {"figures"},
    "panel": {"app"},
    "panel_material_ui": {"app"},
    "bokeh": {"app"},
    "tornado": {"app"},
    "ipywidgets": {"notebook"},
    "anywidget": {"notebook"},
    "traitlets": {"notebook"},
    "IPython": {"notebook", "grading"},
}


def package_of(module: str) -> str:
    """``engine`` of ``afif_explorer.engine.training.fit``; empty for the package itself."""
    return [*module.split("."), ""][1]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def imports(path: Path) -> Iterator[str]:
    """Full names of all modules that a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: write imports from the package's root"
            # `from afif_explorer import spec` imports a package as well as a name.
            whole = node.module == PACKAGE
            yield from (f"{node.module}.{a.name}" for a in node.names) if whole else (node.module,)


def modules_used(path: Path, known: Container[str]) -> Iterator[str]:
    """The modules that a file imports, out of those that are known: ``a.b`` for ``from a import b``."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield from (
                    name for name in ([whole] if whole in known else [node.module]) if name in known
                )
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)


def wing_of(module: str, package: str) -> str:
    """``solvers`` of ``afif_explorer.engine.solvers.lissa.rule``; empty for a top-level module."""
    found = module.split(".")[2:3] if package_of(module) == package else []
    return found[0] if found and found[0] in WINGS[package] else ""


def allowed(package: str, other: str) -> bool:
    """Whether a file of ``package`` may import ``other``; a front door may import every package."""
    if package in FRONT_DOORS:
        return True
    below = RANK[other] < RANK[package]
    return package == other or below or (package, other) in NEIGHBOURS


def test_every_file_belongs_to_a_known_package() -> None:
    packages = {package_of(module_of(path)) for path in SOURCES}
    assert packages <= RANK.keys() | FRONT_DOORS


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_imports_point_downwards(path: Path) -> None:
    package = package_of(module_of(path))
    others = {
        package_of(name) for name in imports(path) if name.split(".")[0] == PACKAGE
    } & RANK.keys()
    wrong = sorted(other for other in others if not allowed(package, other))
    assert not wrong, f"{package} may not import {wrong}"


@pytest.mark.parametrize("package", WINGS)
def test_wings_import_those_before_them(package: str) -> None:
    order = WINGS[package]
    for path in (ROOT / PACKAGE / package).rglob("*.py"):
        if path == ROOT / PACKAGE / package / "__init__.py":
            continue  # the package's public names
        wing = wing_of(module_of(path), package)
        used = [name for name in imports(path) if package_of(name) == package]
        later = [name for name in used if order.index(wing_of(name, package)) > order.index(wing)]
        assert not later, f"{module_of(path)} may not import {later}"


def test_no_imports_go_in_a_circle() -> None:
    files = {module_of(path).removesuffix(".__init__"): path for path in SOURCES}
    graph = {name: set(modules_used(path, files)) - {name} for name, path in files.items()}
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_toolkits_are_confined_to_their_packages(path: Path) -> None:
    package = package_of(module_of(path))
    used = {name.split(".")[0] for name in imports(path)}
    wrong = sorted(kit for kit in used & TOOLKITS.keys() if package not in TOOLKITS[kit])
    assert not wrong, f"{package} may not import {wrong}"
