"""Continuous integration: with CI set, no test is skipped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SKIPPING = """
import pytest

def test_skips():
    pytest.skip("no data")

@pytest.mark.gpu
def test_needs_a_device():
    pytest.skip("no device")

@pytest.mark.xfail(reason="known")
def test_known():
    raise AssertionError
"""


def _run(folder: Path, text: str, ci: str) -> subprocess.CompletedProcess[str]:
    """Run ``text`` as a test file, with the plug-in and nothing else."""
    (folder / "test_sample.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = gpu: needs a device\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.plugins.no_skips", "-q", "-rA"]
    return subprocess.run(
        [*command, "--rootdir", str(folder), "-c", str(folder / "pytest.ini"), str(folder)],
        cwd=ROOT,
        env={**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_skip_fails_in_ci(tmp_path: Path) -> None:
    run = _run(tmp_path, SKIPPING, "true")
    assert "1 failed, 1 skipped, 1 xfailed" in run.stdout, run.stdout + run.stderr
    assert "CI may not skip this: Skipped: no data" in run.stdout


def test_a_skipped_file_fails_in_ci(tmp_path: Path) -> None:
    run = _run(tmp_path, "import pytest\npytest.importorskip('no_such_library')\n", "true")
    assert "CI may not skip this" in run.stdout, run.stdout + run.stderr
    assert run.returncode != 0


@pytest.mark.parametrize("ci", ["", "false"])
def test_a_skip_is_a_skip_elsewhere(tmp_path: Path, ci: str) -> None:
    run = _run(tmp_path, SKIPPING, ci)
    assert "2 skipped, 1 xfailed" in run.stdout, run.stdout + run.stderr
