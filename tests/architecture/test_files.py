"""Rules for all files: they are short, and contain no paths of a machine."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.helpers.files import ROOT, files, name_of

LONGEST = 400
MOST_MODULES = 16
TEXT = {"", ".css", ".ipynb", ".js", ".json", ".md", ".py", ".toml", ".txt", ".yaml", ".yml"}

# Each with a gap that is taken out below, so that this list does not find itself.
REGISTRIES = ("pypi .org", "python hosted", "npm js", "download.py torch", "un pkg")
FOREIGN = {
    "a folder of one machine": re.compile(r"(?<![\w.])/(?:home|root|work|Users)/\w"),
    "a package registry": re.compile(
        "|".join(re.escape(host.replace(" ", "")) for host in REGISTRIES)
    ),
}


FILES = [path for path in files() if path.suffix in TEXT]
PACKAGE = [
    path for path in FILES if path.is_relative_to(ROOT / "afif_explorer") and path.suffix == ".py"
]
CODE = [path for path in FILES if path.suffix in {".py", ".js", ".css"}]


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_a_file_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST, "split this file by purpose"


def test_a_folder_has_few_modules() -> None:
    counts = Counter(name_of(path.parent) for path in PACKAGE if path.name != "__init__.py")
    assert {name: n for name, n in counts.items() if n > MOST_MODULES} == {}, "make rooms"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_names_no_machine_and_no_registry(path: Path) -> None:
    text = path.read_text()
    for what, pattern in FOREIGN.items():
        found = pattern.search(text)
        assert not found, f"{what}: {found.group()}"


@pytest.mark.parametrize("path", PACKAGE, ids=name_of)
def test_pickle_is_never_loaded(path: Path) -> None:
    calls = r"\bpickle\.loads?\(|\bread_pickle\(|\btorch\.load\(|allow_pickle=True"
    found = re.search(calls, path.read_text())
    assert not found, "files of other people may not run code"
