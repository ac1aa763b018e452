"""The files of the project: those of the checkout, or of an unpacked source distribution."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT = (
    "PKG-INFO",
    "setup.cfg",
    "*.egg-info/*",
    "*.pyc",
    ".*_cache/*",
)  # by an archive and by tests


def files() -> list[Path]:
    """All of them, without what git ignores or what was built."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        found = [ROOT / name for name in done.stdout.split("\0") if name]
    else:
        found = [path for path in ROOT.rglob("*") if not any(map(path.match, BUILT))]
    return [path for path in found if path.is_file()]


def name_of(path: Path) -> str:
    """Its path within the project."""
    return path.relative_to(ROOT).as_posix()
