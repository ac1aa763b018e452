"""Help pages: one short page for every setting, target, figure and view, a guide and a glossary.

Pages are Markdown files beside this one; ``choices/<field of Spec>``, ``choices/target/<target>``,
``figures/<name>``, ``views/<name>``, ``guide`` and ``glossary``. They hold text only: no HTML, images or
links.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from afif_explorer.choices.targets import TARGETS
from afif_explorer.errors import InvalidChoice

VALUES = "{values}"  # where the page of a choice lists its values


@cache
def names() -> tuple[str, ...]:
    """The names of all pages, sorted: ``"choices/damping"``, ``"figures/ranking"``, ..."""
    return tuple(sorted(_below(files(__name__), "")))


def page(name: str) -> str:
    """The Markdown text of a page; its first line is its title.

    Raises :class:`~afif_explorer.errors.InvalidChoice` if there is no such page; the message lists
    those that exist.
    """
    if name not in names():
        known = ", ".join(names())
        raise InvalidChoice(f"There is no page {str(name)[:60]!r}; the pages are: {known}.")
    text = files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8")
    return text.replace(VALUES, "\n".join(values()))


def values() -> list[str]:
    """The targets as a list, from what each declares of itself."""
    return [f"- **{option.label}**: {option.summary}" for option in TARGETS.values()]


def _below(folder: Traversable, prefix: str) -> list[str]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _below(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".md"):
            found.append(prefix + entry.name.removesuffix(".md"))
    return found
