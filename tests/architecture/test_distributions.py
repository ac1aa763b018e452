"""Distributions are complete: the source distribution passes its own tests, the wheel runs anywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path

import pytest

from tests.helpers.files import ROOT, files, name_of

# Quick ones of every kind: about the project, pages, mathematics and public names.
SOME_TESTS = (
    "tests/architecture/test_imports.py",
    "tests/architecture/test_packaging.py",
    "tests/engine/problem/test_losses.py",
    "tests/explain",
    "tests/public/test_bad_input.py",
)
SHIPPED = {
    "afif_explorer/explain": "**/*.md",
    "afif_explorer/static": "**/*",
    "notebooks": "*.ipynb",
}


def _run(*command: str | Path, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, built of a copy of this project's files and unpacked."""
    place = tmp_path_factory.mktemp("sdist")
    for path in files():
        copy = place / "copy" / name_of(path)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    code = "from setuptools import build_meta; build_meta.build_sdist('../dist')"
    _run(sys.executable, "-c", code, cwd=place / "copy")
    (archive,) = (place / "dist").glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(place, filter="data")
    return place / archive.name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, unpacked: Path) -> Path:
    """A folder with an environment in which the wheel is installed, its libraries borrowed.

    The wheel is built from the source distribution, as it is for a release.
    """
    place = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
    building = ("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", place)
    _run(*pip, *building, unpacked, cwd=place)

    venv.create(place / "env", with_pip=False, symlinks=True)
    python = place / "env" / "bin" / "python"
    site = _run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=place)
    Path(site.strip(), "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    (wheel,) = place.glob("*.whl")
    _run(*pip, "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=place)
    return place


def test_the_source_distribution_has_every_file_and_no_other(unpacked: Path) -> None:
    found = {path.relative_to(unpacked) for path in unpacked.rglob("*") if path.is_file()}
    made = {path for path in found if path.match("*.egg-info/*")}
    made |= {Path("PKG-INFO"), Path("setup.cfg")}
    assert found - made == {Path(name_of(path)) for path in files()}


def test_the_source_distribution_passes_its_own_tests(unpacked: Path) -> None:
    code = "import afif_explorer; print(afif_explorer.__file__)"
    own = _run(sys.executable, "-c", code, cwd=unpacked)
    assert Path(own.strip()).is_relative_to(unpacked)
    command = (sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider")
    assert " passed in " in _run(*command, *SOME_TESTS, cwd=unpacked)


def test_the_command_starts(place: Path) -> None:
    command = place / "env" / "bin" / "afif-explorer"
    assert "dashboard" in _run(command, "--help", cwd=place)


def test_every_page_script_and_lesson_is_there(place: Path) -> None:
    code = "import afif_explorer; print(afif_explorer.__path__[0])"
    package = Path(_run(place / "env" / "bin" / "python", "-c", code, cwd=place).strip())
    assert package.is_relative_to(place)
    for folder, pattern in SHIPPED.items():
        inside = folder.removeprefix("afif_explorer/").replace("notebooks", "lessons")
        for path in (ROOT / folder).glob(pattern):
            if path.is_file():
                name = path.relative_to(ROOT / folder)
                assert (package / inside / name).is_file(), path.relative_to(ROOT)


def test_students_get_no_solutions_and_teachers_do(place: Path) -> None:
    code = "import sys; from pathlib import Path; from afif_explorer.cli import lab; " + (
        "print(*[path.name for path in lab.copy_lessons("
        "lab.lessons(), Path(sys.argv[1]), teacher=sys.argv[1] == 'teacher')])"
    )
    python = place / "env" / "bin" / "python"
    given = {who: _run(python, "-c", code, who, cwd=place) for who in ("student", "teacher")}
    assert "01_what_one_row_does.ipynb" in given["student"]
    assert "solutions" not in given["student"]
    assert "01_what_one_row_does_solutions.ipynb" in given["teacher"]


def test_the_lessons_are_found(place: Path) -> None:
    code = "from afif_explorer.cli import lab; print(lab.lessons())"
    printed = _run(place / "env" / "bin" / "python", "-c", code, cwd=place)
    assert printed.strip().endswith("lessons")
