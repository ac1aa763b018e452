"""How to join a class: its address as text and as a QR code."""

from __future__ import annotations

import io
from dataclasses import dataclass

import segno

QUIET = 2  # modules of margin around a code; the page and the terminal add their own


@dataclass(frozen=True)
class Joining:
    """The address of a class, and its password if it may be shown."""

    address: str
    password: str = ""

    def picture(self) -> str:
        """The address as a QR code in a data URI, dark on light so that every camera reads it."""
        return segno.make(self.address, micro=False).svg_data_uri(
            scale=8, border=QUIET, dark="#000", light="#fff", omitsize=True
        )

    def text(self) -> str:
        """The address as a QR code for a terminal."""
        out = io.StringIO()
        segno.make(self.address, micro=False).terminal(out, border=QUIET, compact=True)
        return out.getvalue()
