"""The lessons in the package, and the user's copies of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path

from afif_explorer import whole_file
from afif_explorer.errors import AfifError, InvalidChoice

RECORD = ".afif-lessons.json"  # in the folder of copies: file name -> digest of the lesson as last copied
SOLUTIONS = "_solutions"  # suffix of lessons with solutions


def lessons() -> Path:
    """The original lessons: inside the installed package, or ``notebooks/`` of a checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "lessons", package.parent / "notebooks"):
        if folder.is_dir():
            return folder
    raise AfifError("The lessons are missing from this installation; reinstall the package.")


def copy_lessons(source: Path, folder: Path, *, teacher: bool = False) -> list[Path]:
    """Copy the lessons that ``folder`` does not have yet; return the new files.

    If a lesson has changed since it was copied, the new version is saved as "name (new)". Existing
    files are never overwritten. Solutions are copied only for a ``teacher``.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        given = _read(folder / RECORD)
        made = list(_copies(source, folder, given, teacher))
        _write(folder / RECORD, given)
    except OSError as error:
        raise InvalidChoice(
            f"The lessons cannot be copied to {folder}: {error.strerror}; "
            "choose another folder with --folder."
        ) from error
    return made


def for_students(source: Path) -> dict[str, bytes]:
    """The notebooks without solutions, by file name."""
    return {
        path.name: path.read_bytes()
        for path in sorted(source.glob("*.ipynb"))
        if not path.stem.endswith(SOLUTIONS)
    }


def _copies(source: Path, folder: Path, given: dict[str, str], teacher: bool) -> Iterator[Path]:
    """Copy the missing lessons; records their digests in ``given``."""
    for lesson in sorted(path for path in source.iterdir() if path.is_file()):
        if lesson.stem.endswith(SOLUTIONS) and not teacher:
            continue
        content = lesson.read_bytes()
        digest = sha256(content).hexdigest()
        copy = folder / lesson.name
        if not copy.exists():
            yield _put(copy, content)
        elif _outdated(copy, content, given.get(lesson.name)):
            yield _put(_beside(copy), content)
        given[lesson.name] = digest


def _outdated(copy: Path, content: bytes, given: str | None) -> bool:
    """Whether ``copy`` was made from another version of the lesson than ``content``.

    For copies older than the record, a copy counts as outdated if it differs from the current lesson
    but shares cells with it.
    """
    if given is not None:
        return given != sha256(content).hexdigest()
    theirs = copy.read_bytes()
    return theirs != content and bool(_cells(theirs) & _cells(content))


def _cells(content: bytes) -> set[str]:
    """The cell texts of a notebook; empty for anything else."""
    try:
        cells = json.loads(content)["cells"]
        return {"".join(cell["source"]).strip() for cell in cells} - {""}
    except (ValueError, KeyError, TypeError):
        return set()


def _beside(copy: Path) -> Path:
    """An unused file name for the new version."""
    names = (f"{copy.stem} (new{f' {n}' if n > 1 else ''}){copy.suffix}" for n in count(1))
    return next(path for name in names if not (path := copy.with_name(name)).exists())


def replaced(new: Path) -> str | None:
    """The name of the copy that ``new`` is a new version of; None if it is the first copy."""
    name = re.sub(r" \(new(?: \d+)?\)$", "", new.stem) + new.suffix
    return name if name != new.name else None


def _put(path: Path, content: bytes) -> Path:
    whole_file.write(path, content)
    return path


def _read(record: Path) -> dict[str, str]:
    try:
        found = json.loads(record.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(record: Path, given: dict[str, str]) -> None:
    whole_file.write(record, json.dumps(given, indent=1).encode())
