"""``FileField``: a button that sends a file of the person to the server.

The browser sends it by a request of its own (see ``server/uploads.py``), which neither the page nor the
messages of other pages wait for.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

import panel as pn
import param
from panel.custom import JSComponent

from afif_explorer.app.theme import SHEET, STATIC

ADDRESS = "upload"  # of the server, followed by a field's key
WORDS = {
    "cancel": "Cancel",
    "stopped": "It was stopped on its way.",
    "lost": "The connection ended before the file had arrived. Choose the file again.",
    "refused": "The file was not taken (status {}); a proxy before the server may allow smaller files only.",
    "forgotten": "The server no longer knows this page. Reload the page and choose the file again.",
}


class FileField(JSComponent):
    """A button that sends a file that is chosen or dropped on it.

    Args:
        arrived: called with the name and content of every file, also an empty one or the same one again.
        refused: called with the reason if the browser could not send a file.
        most: bytes of the largest file.
        too_large: the reason for larger ones.
        began: called with the first ``beginning`` bytes of a larger file, while the rest is on its way.
    """

    label = param.String(constant=True)
    plain = param.Boolean(constant=True, doc="Without a border: for what is optional.")
    words = param.Dict(constant=True)
    address = param.String(constant=True, doc="Where this field's files are sent.")
    most = param.Integer(constant=True)

    _esm = STATIC / "file_field.js"
    _stylesheets = [SHEET, (STATIC / "file_field.css").read_text(encoding="utf-8")]

    def __init__(
        self,
        arrived: Callable[[str, bytes], None],
        refused: Callable[[str], None],
        *,
        most: int,
        too_large: str,
        began: Callable[[bytes], None] | None = None,
        beginning: int = 0,
        **params: Any,
    ) -> None:
        key = secrets.token_urlsafe(32)  # only this page knows it
        words = WORDS | {"too_large": too_large}
        settings = {"sizing_mode": "stretch_width", "margin": 0} | params
        super().__init__(address=f"{ADDRESS}/{key}", most=most, words=words, **settings)
        self._arrived, self._refused, self._began = arrived, refused, began
        self._beginning = beginning
        self._document = pn.state.curdoc
        self._count = 0  # of files that began to arrive; only the newest counts
        _FIELDS[key] = self

    def expect(self, name: str, size: int) -> Arriving:
        """A file that begins to arrive; an earlier one that is still on its way no longer counts."""
        self._count += 1
        return Arriving(self, name, self._count, size > self._beginning)

    def heard(self, arriving: Arriving, content: bytes, whole: bool) -> None:
        """What has arrived of a file; the page changes with its next step."""
        if arriving.number != self._count:
            return
        if whole:
            self._soon(partial(self._arrived, arriving.name, content))
        elif self._began is not None:
            self._soon(partial(self._began, content))

    def _soon(self, action: Callable[[], None]) -> None:
        if self._document is None:
            action()
        else:
            self._document.add_next_tick_callback(action)

    def _handle_msg(self, msg: Any) -> None:
        """Hear from the script why a file was not sent."""
        self._count += 1
        self._refused(str(msg))

    @property
    def beginning(self) -> int:
        """Bytes after which a larger file is told to have begun."""
        return self._beginning


class Arriving:
    """A file that arrives in parts."""

    def __init__(self, field: FileField, name: str, number: int, tells: bool) -> None:
        self.name, self.number = name, number
        self._field = field
        self._parts: list[bytes] = []
        self._size = 0
        self._tells = tells  # that it has begun

    def add(self, part: bytes) -> None:
        """The next part."""
        self._parts.append(part)
        self._size += len(part)
        if self._tells and self._size >= self._field.beginning:
            self._tells = False
            self._field.heard(self, b"".join(self._parts), whole=False)

    def end(self) -> None:
        """That was all."""
        self._field.heard(self, b"".join(self._parts), whole=True)


def field_of(key: str) -> FileField | None:
    """The field whose address has this key, as long as its page is open."""
    return _FIELDS.get(key)


_FIELDS: WeakValueDictionary[str, FileField] = WeakValueDictionary()
