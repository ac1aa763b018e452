"""Slips of the pen: one letter wrong, missing, added or exchanged."""

from __future__ import annotations

import re


def one_slip(a: str, b: str) -> bool:
    """Whether one letter is wrong, missing, added, or exchanged with the next; digits are never slips."""
    if a == b or abs(len(a) - len(b)) > 1 or re.sub(r"\D", "", a) != re.sub(r"\D", "", b):
        return False
    start = next(
        (i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
    )
    ours, theirs = a[start:], b[start:]
    if len(ours) == len(theirs):
        swapped = ours[:2] == theirs[:2][::-1] and ours[2:] == theirs[2:]
        return ours[1:] == theirs[1:] or swapped
    longer, shorter = (ours, theirs) if len(ours) > len(theirs) else (theirs, ours)
    return longer[1:] == shorter
