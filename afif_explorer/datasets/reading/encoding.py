"""The bytes of a text file as text."""

from __future__ import annotations

import codecs
import re

from afif_explorer.datasets.reading.text import clean
from afif_explorer.errors import DataError

_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: "utf-8-sig",
}
_WESTERN = "cp1252"
# UTF-8 that was read as Western text and saved again: "Ã¼" for "ü".
_MOJIBAKE = re.compile("Ã[\u0080-¿ŒœŠšŽžŸƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]|â€[\u0080-¿™œ“”]")


def decode(data: bytes, encoding: str | None = None) -> tuple[str, str, tuple[str, ...]]:
    """The text of a file in UTF-8, UTF-16, UTF-32 or, failing these, Windows-1252; its encoding; notes."""
    found = encoding or _guess(data)
    notes: list[str] = []
    try:
        content = data.decode(found)
    except LookupError:
        raise DataError(
            f"There is no encoding '{clean(found)}'; try 'utf-8' or 'cp1252'."
        ) from None
    except UnicodeDecodeError:
        if encoding is not None:
            raise DataError(f"The file is not in the encoding '{clean(found)}'.") from None
        if not found.startswith("utf-8"):
            raise DataError(
                f"The file looks like {found[:6].upper()} but is damaged; save it as UTF-8."
            ) from None
        found, content = _WESTERN, data.decode(_WESTERN, errors="replace")
        notes.append(
            "The file is not in UTF-8; it was read as Western text (Windows-1252). If letters look wrong, "
            "name the encoding."
        )
    if "\0" in content:
        line = content[: content.index("\0")].count("\n") + 1
        raise DataError(f"Line {line} contains a NUL character; the file is damaged or not text.")
    suspect = any(
        start in content for start in ("Ã", "â€")
    )  # quick, while the pattern keeps all threads waiting
    if suspect and (broken := _MOJIBAKE.search(content)) is not None:
        line = content[: broken.start()].count("\n") + 1
        notes.append(
            f"Letters may have been damaged before the file was saved ('{clean(broken.group())}' in line "
            f"{line}); export the table again as UTF-8 if names or levels look wrong."
        )
    return content, found.removesuffix("-sig"), tuple(notes)


def _guess(data: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return encoding
    if data[:2000:2].count(0) > 0.4 * len(data[:2000:2]):
        return "utf-16-be"
    if data[1:2000:2].count(0) > 0.4 * len(data[1:2000:2]):
        return "utf-16-le"
    return "utf-8"
