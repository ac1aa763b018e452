"""A saved fit as a folder of two files: ``fit.json`` and ``arrays.safetensors``. Nothing is pickled.

``fit.json`` has a checksum of itself and of the arrays, which reveals damage and edits, though not those of
somebody who computes a new checksum.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from afif_explorer import whole_file
from afif_explorer.errors import DataError
from afif_explorer.wording import quoted

FORMAT, VERSION = "afif_explorer fit", 1
ABOUT, ARRAYS = "fit.json", "arrays.safetensors"
_LONGEST_PATH = 200  # characters in a message


def write(folder: str | Path, about: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Write a new folder; ``about`` is JSON. Raises DataError if it holds a fit or cannot be written."""
    place = _path(folder)
    packed = save({name: np.asarray(array, order="C") for name, array in arrays.items()})
    content = {"format": FORMAT, "version": VERSION, **about, "arrays": _digest(packed)}
    content["checksum"] = _checksum(content)
    try:
        if (place / ABOUT).exists():
            raise DataError(f"There is a fit in {_named(place)} already; choose another folder.")
        place.mkdir(parents=True, exist_ok=True)
        whole_file.write(place / ARRAYS, packed)
        whole_file.write(place / ABOUT, json.dumps(content, indent=1, default=_number).encode())
    except OSError as error:
        raise DataError(
            f"The fit cannot be written to {_named(place)}: {error.strerror}."
        ) from error


def read(folder: str | Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The content of a folder. Raises DataError for one that is missing, damaged or of another version."""
    place = _path(folder)
    try:
        content = json.loads((place / ABOUT).read_text(encoding="utf-8"))
        packed = (place / ARRAYS).read_bytes()
    except OSError as error:
        raise DataError(f"There is no saved fit in {_named(place)}: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"'{ABOUT}' in {_named(place)} is not JSON; save the fit again.") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DataError(
            f"'{ABOUT}' in {_named(place)} does not describe a fit; choose another folder."
        )
    if content.get("version") != VERSION:
        raise DataError(
            f"The fit in {_named(place)} has format version {content.get('version')!r}, and this "
            f"release reads version {VERSION}; load it with the release that saved it."
        )
    checksum = content.pop("checksum", None)
    if checksum != _checksum(content) or content["arrays"] != _digest(packed):
        raise DataError(
            f"The fit in {_named(place)} was changed after it was saved; save it again."
        )
    try:
        return content, load(packed)
    except (SafetensorError, ValueError, KeyError) as error:
        raise DataError(
            f"'{ARRAYS}' in {_named(place)} cannot be read; save the fit again."
        ) from error


def _path(folder: str | Path) -> Path:
    if not isinstance(folder, str | Path):
        raise DataError(f"The folder of a fit must be a path, not {quoted(folder)}.")
    return Path(folder)


def _named(place: Path) -> str:
    return quoted(str(place), longest=_LONGEST_PATH)


def _checksum(content: Mapping[str, Any]) -> str:
    return _digest(json.dumps(content, sort_keys=True, default=_number).encode())


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()


def _number(value: Any) -> int | float | bool:
    """NumPy's numbers as Python's."""
    found: int | float | bool = value.item()
    return found
