"""Original files: found in a local folder, in the cache, or downloaded; checksums are always verified.

``AFIF_DATA_HOME`` can be set to a folder that already contains them (``adult/adult.data`` and so on).
Missing files are downloaded once into the user's cache folder; if they cannot be kept there, on a full disk
for example, they are used from memory. A file whose sha256 differs from the
one listed here is never used.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import platformdirs

from afif_explorer import whole_file
from afif_explorer.errors import DownloadError
from afif_explorer.progress import report

HOME_VARIABLE = "AFIF_DATA_HOME"
_TIMEOUT = 20  # seconds without a response, per mirror
_CHUNK = 1 << 16
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Original:
    """A published file. ``also`` lists the checksums of copies with the same content."""

    path: str  # relative to the data folder, with "/"
    sha256: str
    urls: tuple[str, ...]  # mirrors, in the order in which they are tried
    also: tuple[str, ...] = ()


def cache_folder() -> Path:
    """The download folder.

    Returns:
        The path, whether or not it exists.

    >>> import afif_explorer as ax
    >>> ax.datasets.cache_folder().name
    'data'
    """
    return Path(platformdirs.user_cache_dir("afif_explorer", appauthor=False)) / "data"


def home_folder() -> Path | None:
    """The folder set by ``AFIF_DATA_HOME``, if any."""
    named = os.environ.get(HOME_VARIABLE)
    return Path(named).expanduser() if named else None


def at_hand(original: Original) -> bool:
    """Whether the file is available without a download (its checksum is not verified)."""
    return any(path.is_file() for path in _places(original))


def content(original: Original) -> bytes:
    """The bytes of the file.

    Raises :class:`~afif_explorer.errors.DownloadError` if the file in ``AFIF_DATA_HOME`` is not the
    original, or if the file is missing and cannot be downloaded; the message says what to do.
    """
    home = home_folder()
    if home is not None and (home / original.path).is_file():
        return _checked(home / original.path, original)
    cached = cache_folder() / original.path
    if cached.is_file():
        data = _read(cached, original)
        if _is_original(data, original):
            return data
    return _download(original)


def _places(original: Original) -> Iterator[Path]:
    home = home_folder()
    if home is not None:
        yield home / original.path
    yield cache_folder() / original.path


def _is_original(data: bytes, original: Original) -> bool:
    return hashlib.sha256(data).hexdigest() in (original.sha256, *original.also)


def _read(path: Path, original: Original) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise DownloadError(f"The file {original.path} exists but cannot be read: {why}.") from None


def _checked(path: Path, original: Original) -> bytes:
    data = _read(path, original)
    if not _is_original(data, original):
        found = hashlib.sha256(data).hexdigest()
        raise DownloadError(
            f"The file {original.path} in the folder set by {HOME_VARIABLE} is not the "
            f"original: its sha256 is {found}, not {original.sha256}. Replace it with the file at "
            f"{original.urls[0]}, or delete it to download it again."
        )
    return data


def _download(original: Original) -> bytes:
    """Try each mirror; what arrives complete and verified is kept in the cache, if it can be."""
    import pooch
    import requests

    path = cache_folder() / original.path
    failures = []
    for url in original.urls:
        bar = _Progress(f"downloading {path.name}")
        downloader = pooch.HTTPDownloader(progressbar=bar, chunk_size=_CHUNK, timeout=_TIMEOUT)
        arrived = BytesIO()
        try:
            downloader(url, arrived, None)
        except requests.RequestException as error:
            failures.append(_reason(error))
            continue
        data = arrived.getvalue()
        if _is_original(data, original):
            _keep(path, data)
            return data
        failures.append("wrong checksum")
    raise DownloadError(
        f"{path.name} could not be downloaded ({', '.join(dict.fromkeys(failures))}). To download it "
        f"manually: save {original.urls[0]} as {original.path} in a folder of your choice and set "
        f"{HOME_VARIABLE} to that folder, or save it as {path}; "
        f"its sha256 must be {original.sha256}."
    )


def _keep(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        whole_file.write(path, data)
    except OSError as error:
        why = error.strerror or type(error).__name__
        log.warning(
            "%s cannot be kept in %s (%s) and will be downloaded again next time; free some space "
            "there.",
            path.name,
            path.parent,
            why,
        )


def _reason(error: Exception) -> str:
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server responded with status {response.status_code}"
    if "Timeout" in type(error).__name__:
        return "the server did not respond"
    return "no connection"


class _Progress:
    """A progress bar for pooch that reports to our listener."""

    total = 0

    def __init__(self, what: str) -> None:
        self._what, self._done = what, 0

    def update(self, count: int) -> None:
        self._done += count
        report(self._what, min(self._done, self.total or self._done), self.total or None)

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        """Required by the interface; nothing to close."""
