"""JSON inside the script elements of HTML pages."""

from __future__ import annotations

import json
from typing import Any


def in_script(value: Any) -> str:
    """``value`` as JSON that no text in it can end: every "<" is escaped.

    Raises ValueError for NaN and infinity, which JSON does not have.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
