"""All settings, declared once.

A *field* is a setting (the target, the damping, ...; see :mod:`afif_explorer.choices.fields`). An *option*
is one of its values, declared in its own file: key, label, help page, what it fits and needs, its unit, and
the call of a public name that creates it, which is also its code. ``Spec``, available values and
corrections, keys of results, controls, labels and "Copy as Python" use these declarations. To add a value,
add a file to its folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from afif_explorer.choices.fields import FIELDS, LARGEST_ID, NUMBERS, PICKS
from afif_explorer.choices.option import Option

__all__ = ["CONDITIONAL", "FIELDS", "LARGEST_ID", "NUMBERS", "PICKS", "chosen", "label", "pages"]

CONDITIONAL = frozenset(  # fields that have an effect only with some values of others
    name for field in PICKS.values() for option in field.options.values() for name in option.needs
)


def chosen(choices: Any) -> Iterator[Option]:
    """The declarations of the values that a ``Spec`` holds."""
    return (field.options[getattr(choices, name)] for name, field in PICKS.items())


def pages(field: str, value: Any) -> tuple[str, ...]:
    """The pages of :mod:`afif_explorer.explain` about a setting, and about its value if there is one."""
    general = FIELDS[field].page
    own = PICKS[field].options[value].page if field in PICKS else general
    return (general,) if own == general else (general, own)


def label(field: str, value: str) -> str:
    """The label of ``value`` of the setting ``field``; the value itself if it has none."""
    options = PICKS[field].options if field in PICKS else {}
    return options[value].label if value in options else value
