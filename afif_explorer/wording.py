"""Formatting of counts and phrases for display."""

from __future__ import annotations

from collections.abc import Sized

SPACE = "\u00a0"  # a no-break space, within numbers and between a number and its unit
_MOST_BITS = 200
_SPOKEN_VOWELS = ("a", "e", "i", "o", "nd")  # of an ndarray


def count(value: float) -> str:
    """A count with a thousands separator: ``30 162``."""
    return f"{int(value):,}".replace(",", SPACE)


def measured(value: str, unit: str) -> str:
    """A number with its unit, within a sentence: ``0.38 nats``, ``0.02 in probability``."""
    return f"{value} in probability" if unit == "probability" else f"{value} {unit}".strip()


def within(phrase: str) -> str:
    """A stand-alone phrase, adapted for use within a sentence: ``the 100 rows``."""
    return phrase[:1].lower() + phrase[1:].rstrip(".")


def quoted(value: object, longest: int = 60) -> str:
    """A value that someone gave, as a message quotes it: short, and in one line."""
    if isinstance(value, str):
        return repr(value if len(value) <= longest else f"{value[:longest]}...")
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        return "so large a number"
    shape = getattr(value, "shape", None)
    if shape == () and callable(item := getattr(value, "item", None)):
        return quoted(item(), longest)
    if isinstance(shape, tuple):
        return f"{a_type(value)} of shape {list(shape)}"
    text = repr(value)
    if len(text) <= longest and "\n" not in text:
        return text
    return f"{a_type(value)} of {count(len(value))}" if isinstance(value, Sized) else a_type(value)


def a_type(value: object) -> str:
    """The type of a value with its article: ``a Tensor``, ``an ndarray``."""
    name = type(value).__name__
    return f"{'an' if name.casefold().startswith(_SPOKEN_VOWELS) else 'a'} {name}"
