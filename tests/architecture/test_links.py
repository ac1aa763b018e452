"""Links between files of the repository: what they name is there, and so is the heading. No network."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("*.md", "docs/**/*.md", "notebooks/src/**/*.py", "afif_explorer/explain/**/*.md")
FILES = sorted(path for place in PLACES for path in ROOT.glob(place))
SITE = {
    "scenes.md",
    "lessons/index.md",
    "reference/index.md",
}  # made by the site, which checks them
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")


def links(path: Path) -> list[str]:
    """Where the links of a file lead, without those to other machines."""
    text = CODE.sub("", path.read_text(encoding="utf-8"))
    found = [first or second for first, second in LINK.findall(text)]
    return [one for one in found if not re.match(r"[a-z]+:", one)]


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub and the site give to the headings of a page."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", one).strip().lower() for one in headings]
    return {re.sub(r"[^\w\- ]", "", one).replace(" ", "-") for one in plain}


def broken(path: Path) -> list[str]:
    """The links of a file that lead nowhere."""
    found = []
    for link in links(path):
        name, _, anchor = link.partition("#")
        aim = path.parent / unquote(name) if name else path
        generated = path == ROOT / "docs" / "index.md" and name in SITE
        lost = anchor and aim.suffix == ".md" and aim.exists() and anchor not in anchors(aim)
        if not generated and (not aim.exists() or lost):
            found.append(link)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    assert broken(path) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One *two*, `3`\n[a](#one-two-3) [b](#four) [c](lost.md) [d](https://x.org)")
    assert broken(page) == ["#four", "lost.md"]
    assert sum(len(links(path)) for path in FILES) > 40
