"""Requirements: pyproject.toml, and all other lists in step with it."""

from __future__ import annotations

import ast
import json
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import afif_explorer

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
NEEDED = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
EXTRAS = PROJECT["project"]["optional-dependencies"]
ALL = NEEDED + [Requirement(text) for texts in EXTRAS.values() for text in texts]
WITHIN_A_MINOR = {"bokeh", "panel", "panel-material-ui"}  # private parts are patched or styled
CONDA_NAMES = {"torch": "pytorch"}


def pinned() -> dict[str, str]:
    """Name to version of every line of constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


@pytest.mark.parametrize("requirement", ALL, ids=str)
def test_the_pinned_version_is_within_the_bounds(requirement: Requirement) -> None:
    assert requirement.specifier.contains(pinned()[canonicalize_name(requirement.name)])


def bound(requirement: Requirement, operator: str) -> Version:
    """The version after an operator, which must be there once."""
    (found,) = [part.version for part in requirement.specifier if part.operator == operator]
    return Version(found)


@pytest.mark.parametrize("requirement", ALL, ids=str)
def test_a_dependency_has_a_lower_bound_and_excludes_the_next_major(
    requirement: Requirement,
) -> None:
    assert bound(requirement, ">=") <= Version(pinned()[canonicalize_name(requirement.name)])
    upper = bound(requirement, "<")
    if requirement.name not in WITHIN_A_MINOR:
        next_major = Version(pinned()[canonicalize_name(requirement.name)]).major + 1
        assert upper == Version(str(next_major)), "tighter only where private parts are patched"


def test_patched_libraries_exclude_the_next_minor() -> None:
    named = {part.name: part for part in NEEDED}
    for name in WITHIN_A_MINOR:
        version = Version(pinned()[name])
        assert bound(named[name], "<") == Version(f"{version.major}.{version.minor + 1}")


def test_torch_is_pinned_to_the_release_it_was_tested_with() -> None:
    assert pinned()["torch"] == "2.13.0"


def test_conda_environment_is_in_step() -> None:
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    *plain, from_pip = listed
    conda = {part.name: part.specifier for part in map(Requirement, plain) if part.name != "pip"}
    expected = {CONDA_NAMES.get(part.name, part.name): part.specifier for part in NEEDED}
    expected["python"] = Requirement("python" + PROJECT["project"]["requires-python"]).specifier
    assert conda == expected
    assert from_pip == {"pip": ["--editable ."]}


def test_every_package_folder_is_packaged() -> None:
    listed = set(PROJECT["tool"]["setuptools"]["packages"])
    mapped = set(PROJECT["tool"]["setuptools"]["package-dir"])
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in (ROOT / "afif_explorer").rglob("__init__.py")
    }
    assert listed - mapped == found


def imported(path: Path) -> set[str]:
    """The top-level names that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in whole | parts}


def test_what_is_imported_is_declared() -> None:
    names = set().union(*(imported(path) for path in (ROOT / "afif_explorer").rglob("*.py")))
    owners = packages_distributions()
    foreign = names - sys.stdlib_module_names - {"afif_explorer", ""}
    used = {canonicalize_name(owner) for name in foreign for owner in owners.get(name, [name])}
    optional = [Requirement(text) for text in EXTRAS["progress"]]
    declared = {canonicalize_name(requirement.name) for requirement in [*NEEDED, *optional]}
    assert used <= declared


def test_the_citation_has_the_version() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == afif_explorer.__version__
    assert cited["license"] == PROJECT["project"]["license"]


def test_the_hosted_workflow_runs_the_script_of_this_project() -> None:
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    steps = yaml.safe_load(text)["jobs"]["test"]["steps"]
    assert {"run": "bash .ci/run"} in steps


def test_the_templates_ask_for_what_can_be_given() -> None:
    forms = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    assert [path.name for path in forms] == ["bug.yml", "config.yml", "question.yml"]
    for path in forms:
        form = yaml.safe_load(path.read_text(encoding="utf-8"))
        if path.name != "config.yml":
            assert form.keys() >= {"name", "description", "body"}
    commands = "afif-explorer check"
    assert commands in (ROOT / ".github" / "ISSUE_TEMPLATE" / "bug.yml").read_text(encoding="utf-8")


def test_commits_are_checked_as_continuous_integration_does() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    hooks = [hook for repo in yaml.safe_load(text)["repos"] for hook in repo["hooks"]]
    entries = {hook["id"]: hook["entry"] for hook in hooks}
    assert entries["check"] == "make check"
    assert entries["ruff-check"].startswith(".venv/bin/ruff check")
    assert entries["ruff-format"].startswith(".venv/bin/ruff format")
    assert (ROOT / entries["stub"].split()[1]).is_file()


def test_the_drawing_library_is_built_from_a_lock_file() -> None:
    folder = ROOT / "tools" / "plotly"
    asked = json.loads((folder / "package.json").read_text())["dependencies"]
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert locked.pop("")["dependencies"] == asked
    assert all(one["integrity"].startswith("sha512-") for one in locked.values())
    assert {name: locked[f"node_modules/{name}"]["version"] for name in asked} == asked
    library = ROOT / "afif_explorer" / "static" / "plotly"
    for name in ("plotly.min.js", "plotly.css"):
        head = (library / name).read_text(encoding="utf-8")[:100]
        assert f"plotly.js {asked['plotly.js']}," in head
