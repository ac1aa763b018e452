"""The pages of a class and their scripts, made once and served as they are."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from afif_explorer.scenes import bundle
from afif_explorer.scenes.page import message
from afif_explorer.script_data import in_script

SOURCES = files("afif_explorer") / "static" / "classroom"
ROLES = {"student": "Scenes", "teacher": "Teacher", "projector": "Projector"}


@dataclass(frozen=True)
class Asset:
    """A file as it is sent."""

    kind: str
    packed: bytes
    etag: str


def asset(text: str, kind: str) -> Asset:
    """``text`` compressed, with a tag that changes with it."""
    return _packed(text.encode(), f"{kind}; charset=utf-8")


def notebook(content: bytes) -> Asset:
    """A lesson, likewise."""
    return _packed(content, "application/x-ipynb+json")


def _packed(data: bytes, kind: str) -> Asset:
    return Asset(
        kind,
        gzip.compress(data, mtime=0),
        f'"{hashlib.sha256(data).hexdigest()[:32]}"',
    )


def scripts() -> dict[str, Asset]:
    """What all pages load, by file name."""
    script = "text/javascript"
    found = {
        name: asset(_source(name), script)
        for name in ("host.js", "student.js", "teacher.js", "projector.js", "bars.js")
    }
    return {
        **found,
        "scenes.js": asset(bundle.script(), script),
        "class.css": asset(_source("class.css"), "text/css"),
    }


def page(role: str, **more: Any) -> Asset:
    """The page of a student, the teacher or the projector; ``more`` is for its script."""
    data = {"catalogue": message(), "styles": bundle.styles(), **more}
    filled = {
        "TITLE": f"{ROLES[role]} - AFIF explorer",
        "ROLE": role,
        "DATA": in_script(data),
    }
    text = _source("page.html")
    for name, value in filled.items():
        text = text.replace(f"<!--{name}-->", value)
    return asset(text, "text/html")


def _source(name: str) -> str:
    return SOURCES.joinpath(name).read_text(encoding="utf-8")
