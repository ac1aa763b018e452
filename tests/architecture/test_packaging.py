"""One truth about what the project needs: pyproject.toml, with every other list in step."""

from __future__ import annotations

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import afif_explorer

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
NEEDED = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
EXTRAS = PROJECT["project"]["optional-dependencies"]
ALL = NEEDED + [Requirement(text) for texts in EXTRAS.values() for text in texts]
CONDA_NAMES = {"torch": "pytorch"}


def pinned() -> dict[str, str]:
    """Name to version of every line of constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


@pytest.mark.parametrize("requirement", ALL, ids=str)
def test_the_pinned_version_is_within_the_bounds(requirement: Requirement) -> None:
    assert requirement.specifier.contains(pinned()[canonicalize_name(requirement.name)])


@pytest.mark.parametrize("requirement", NEEDED, ids=str)
def test_a_dependency_has_a_lower_and_an_upper_bound(requirement: Requirement) -> None:
    assert {part.operator for part in requirement.specifier} >= {">=", "<"}


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
    declared = {canonicalize_name(requirement.name) for requirement in NEEDED}
    assert used <= declared


def test_the_citation_has_the_version() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == afif_explorer.__version__
    assert cited["license"] == PROJECT["project"]["license"]


def test_the_hosted_workflow_runs_the_script_of_this_project() -> None:
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    steps = yaml.safe_load(text)["jobs"]["test"]["steps"]
    assert {"run": "bash .ci/run"} in steps
