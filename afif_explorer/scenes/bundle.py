"""The scenes' scripts as one ES module, and their style sheet.

A notebook's widget, the dashboard and a page opened from disk each take one module without imports. The
scripts keep to two forms, ``import {a, b} from "./file.js"`` on a line of its own and ``export`` before a
declaration or a list of names, so that joining them takes no build step.
"""

from __future__ import annotations

import posixpath
import re
from functools import cache
from graphlib import TopologicalSorter
from importlib.resources import files

SOURCES = files("afif_explorer") / "static" / "scenes"
ENTRY = "index.js"
_IMPORT = re.compile(r'^import \{([^}]+)\} from "(\.[^"]+)"\n', re.MULTILINE)
_DECLARED = re.compile(r"^export ((?:const|function\*?) (\w+))", re.MULTILINE)
_LISTED = re.compile(r"^export \{([^}]+)\}\n", re.MULTILINE)


def source(name: str) -> str:
    """The text of one of the scenes' files."""
    return SOURCES.joinpath(name).read_text(encoding="utf-8")


@cache
def styles() -> str:
    """The style sheet."""
    return source("scenes.css")


@cache
def joined(entry: str = ENTRY) -> str:
    """A script and what it imports as functions in ``const modules``, each after those that it needs."""
    texts: dict[str, str] = {}
    needs: dict[str, set[str]] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if name not in texts:
            texts[name] = source(name)
            needs[name] = {_beside(name, other) for _, other in _IMPORT.findall(texts[name])}
            waiting += sorted(needs[name])
    order = TopologicalSorter(needs).static_order()
    return "\n".join(["const modules = {}", *(_module(name, texts[name]) for name in order)])


def script() -> str:
    """One ES module whose default export has ``render({model, el})``."""
    return f'{joined()}\nexport {{modules}}\nexport default {{render: modules["{ENTRY}"].render}}\n'


def _beside(name: str, other: str) -> str:
    """The path of ``other`` as ``name`` refers to it."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), other))


def _exported(text: str) -> list[str]:
    listed = [name.strip() for names in _LISTED.findall(text) for name in names.split(",")]
    return [name for _, name in _DECLARED.findall(text)] + listed


def _module(name: str, text: str) -> str:
    """A function around a module that returns what it exports."""

    def taken(found: re.Match[str]) -> str:
        return f'const {{{found[1]}}} = modules["{_beside(name, found[2])}"]\n'

    body = _DECLARED.sub(r"\1", _IMPORT.sub(taken, text))
    exported = ", ".join(_exported(text))
    return f'modules["{name}"] = (() => {{\n{_LISTED.sub("", body)}return {{{exported}}}\n}})()'
