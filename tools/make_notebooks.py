"""Generate the lessons from their sources: ``python tools/make_notebooks.py``.

A source is a plain script in ``notebooks/src/`` whose cells begin with ``# %%`` (markdown cells with
``# %% [markdown]``). Each becomes a notebook without output in ``notebooks/``. A source with cells
tagged "solution" becomes two: the students' notebook has the cells tagged "exercise" instead, the one
with the ending ``_solutions`` has the solutions, so that the two stay in step. A line ``# %% include FILE``
inserts the cells of that file, to keep sources short.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "notebooks" / "src"
_HEAD = re.compile(r"^# %%(?P<kind> \[markdown\])?(?: tags=\[(?P<tags>[^\]]*)\])?\s*$")
_INCLUDE = re.compile(r"^# %% include (?P<file>\S+)$", re.MULTILINE)
_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebooks_of(source: Path) -> dict[str, str]:
    """File name -> content of the notebooks generated from a source."""
    cells = list(_cells(_whole(source)))
    made = {f"{source.stem}.ipynb": _notebook(cells, without="solution")}
    if any("solution" in tags for _, tags, _ in cells):
        made[f"{source.stem}_solutions.ipynb"] = _notebook(cells, without="exercise")
    return made


def _whole(source: Path) -> str:
    """The text of a source with its includes."""

    def included(line: re.Match[str]) -> str:
        return (source.parent / line["file"]).read_text(encoding="utf-8").rstrip()

    return _INCLUDE.sub(included, source.read_text(encoding="utf-8"))


def _cells(text: str) -> list[tuple[bool, list[str], str]]:
    """For each cell: whether it is markdown, its tags, its text."""
    found: list[tuple[bool, list[str], list[str]]] = []
    for line in text.splitlines():
        if head := _HEAD.match(line):
            tags = re.findall(r'"([^"]+)"', head["tags"] or "")
            found.append((bool(head["kind"]), tags, []))
        elif found:
            found[-1][2].append(line)
    return [
        (markdown, tags, "\n".join(_plain(lines) if markdown else lines).strip())
        for markdown, tags, lines in found
    ]


def _plain(lines: list[str]) -> list[str]:
    return [line.removeprefix("#").removeprefix(" ") for line in lines]


def _notebook(cells: list[tuple[bool, list[str], str]], without: str) -> str:
    notebook: Any = nbformat.v4.new_notebook(metadata=_METADATA)
    for markdown, tags, text in cells:
        if without in tags:
            continue
        new = nbformat.v4.new_markdown_cell if markdown else nbformat.v4.new_code_cell
        # Deterministic ids, so that unchanged cells produce no diff.
        name = f"cell-{len(notebook.cells):02}"
        notebook.cells.append(new(text, id=name, metadata={"tags": tags} if tags else {}))
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def main() -> int:
    """Write every notebook and print which changed."""
    for source in sorted(SOURCES.glob("*.py")):
        for name, content in notebooks_of(source).items():
            path = ROOT / "notebooks" / name
            same = path.exists() and path.read_text(encoding="utf-8") == content
            path.write_text(content, encoding="utf-8")
            print(f"{name}: {'unchanged' if same else 'written'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
