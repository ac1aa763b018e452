"""A saved fit as a folder of two files: ``fit.json`` and ``arrays.npz``. Nothing is pickled.

``fit.json`` has a checksum of itself and of the arrays, which reveals damage and edits, though not those of
somebody who computes a new checksum.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from afif_explorer.errors import DataError

FORMAT, VERSION = "afif_explorer fit", 1
ABOUT, ARRAYS = "fit.json", "arrays.npz"


def write(folder: str | Path, about: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Write a new folder; ``about`` is JSON. Raises DataError if it holds a fit or cannot be written."""
    place = Path(folder)
    if (place / ABOUT).exists():
        raise DataError(f"There is a fit in '{place}' already; choose another folder.")
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    content = {"format": FORMAT, "version": VERSION, **about, "arrays": _digest(packed.getvalue())}
    content["checksum"] = _checksum(content)
    try:
        place.mkdir(parents=True, exist_ok=True)
        (place / ARRAYS).write_bytes(packed.getvalue())
        (place / ABOUT).write_text(json.dumps(content, indent=1, default=_number), encoding="utf-8")
    except OSError as error:
        raise DataError(f"The fit cannot be written to '{place}': {error.strerror}.") from error


def read(folder: str | Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The content of a folder. Raises DataError for one that is missing, damaged or of another version."""
    place = Path(folder)
    try:
        content = json.loads((place / ABOUT).read_text(encoding="utf-8"))
        packed = (place / ARRAYS).read_bytes()
    except OSError as error:
        raise DataError(f"There is no saved fit in '{place}': {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"'{ABOUT}' in '{place}' is not JSON; save the fit again.") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DataError(f"'{ABOUT}' in '{place}' does not describe a fit; choose another folder.")
    if content.get("version") != VERSION:
        raise DataError(
            f"The fit in '{place}' has format version {content.get('version')!r}, and this release reads "
            f"version {VERSION}; load it with the release that saved it."
        )
    checksum = content.pop("checksum", None)
    if checksum != _checksum(content) or content["arrays"] != _digest(packed):
        raise DataError(f"The fit in '{place}' was changed after it was saved; save it again.")
    try:
        with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
            return content, dict(arrays)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"'{ARRAYS}' in '{place}' cannot be read; save the fit again.") from error


def _checksum(content: Mapping[str, Any]) -> str:
    return _digest(json.dumps(content, sort_keys=True, default=_number).encode())


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()


def _number(value: Any) -> int | float | bool:
    """NumPy's numbers as Python's."""
    found: int | float | bool = value.item()
    return found
