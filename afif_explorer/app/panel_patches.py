"""Every message reaches the browser, none waits for the next one.

While Panel writes messages to a browser, new ones go on a list. It reads the list once more after it has
written, but if the new ones came in between, it first takes away the mark without which it reads nothing:
they stay on the list until something else happens on the page. Seen with Panel 1.9.4.
"""

from __future__ import annotations

from typing import Any

from panel.io import document as panels

_dispatch = panels._dispatch_msgs


async def _dispatch_all(document: Any) -> None:
    await _dispatch(document)
    if document in panels._WRITE_MSGS and document not in panels._WRITE_BLOCK:
        panels._WRITE_BLOCK[document] = True
        panels._dispatch_write_task(document, _dispatch_all, document)


def deliver_all() -> None:
    """From now on Panel looks at its list until nothing is left on it."""
    panels._dispatch_msgs = _dispatch_all
