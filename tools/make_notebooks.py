"""Generate the lessons from their sources: ``python tools/make_notebooks.py [NAME ...]``.

A source is a plain script in ``notebooks/src/`` whose cells begin with ``# %%`` (markdown cells with
``# %% [markdown]``). Each becomes a notebook in ``notebooks/``. A source with cells tagged "solution"
becomes two: the students' notebook has the cells tagged "exercise" instead, the one with the ending
``_solutions`` has the solutions, so that the two stay in step. A line ``# %% include FILE`` inserts the
cells of that file, to keep sources short.

The solutions are run, so that both notebooks can be read without a kernel; what the solutions' own cells
show stays out of the students' notebook. Notebooks whose code has changed are run again, and those that
are named.
"""

from __future__ import annotations

import re
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import nbformat

from afif_explorer import exercises

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "notebooks" / "src"
SECONDS = 600  # for one cell
_HEAD = re.compile(r"^# %%(?P<kind> \[markdown\])?(?: tags=\[(?P<tags>[^\]]*)\])?\s*$")
_INCLUDE = re.compile(r"^# %% include (?P<file>\S+)$", re.MULTILINE)
_CHECK = re.compile(r'^exercises\.check\("(?P<name>\d\d\.\d+)", answer_\d+\)$')
_PLACE = re.compile(r"(?m)^\S*/(?=[\w.-]+:\d+: )")  # the folder in front of a file that warns
_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_WIDGET = (
    "application/vnd.jupyter.widget-view+json"  # needs a kernel; its picture is another output
)
_NBGRADER = {"schema_version": 3, "task": False, "cell_type": "code"}


def notebooks_of(source: Path) -> dict[str, Any]:
    """File name -> the notebooks generated from a source, without output."""
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


def _notebook(cells: list[tuple[bool, list[str], str]], without: str) -> Any:
    notebook: Any = nbformat.v4.new_notebook(metadata=_METADATA)
    checks = iter([found["name"] for *_, text in cells if (found := _CHECK.match(text))])
    for markdown, tags, text in cells:
        if without in tags:
            continue
        new = nbformat.v4.new_markdown_cell if markdown else nbformat.v4.new_code_cell
        # Deterministic ids, so that unchanged cells produce no diff.
        name = f"cell-{len(notebook.cells):02}"
        metadata: dict[str, Any] = {"tags": tags} if tags else {}
        if tags:
            metadata["nbgrader"] = _answered(answer := next(checks))
        elif _CHECK.match(text):
            metadata["nbgrader"] = _checked(answer)
        notebook.cells.append(new(text, id=name, metadata=metadata))
    notebook.metadata["afif_explorer"] = {"outputs_of": _digest(notebook)}
    nbformat.validate(notebook)
    return notebook


def _answered(name: str) -> dict[str, Any]:
    """What nbgrader has to know about the cell of an answer."""
    kind = {"grade": False, "solution": True, "locked": False}
    return {**_NBGRADER, **kind, "grade_id": f"answer-{name.replace('.', '-')}"}


def _checked(name: str) -> dict[str, Any]:
    """What nbgrader has to know about the cell that checks an answer."""
    (found,) = [one for one in exercises.lesson(name[:2]) if one.id == name]
    kind = {"grade": True, "solution": False, "locked": True, "points": found.points}
    return {**_NBGRADER, **kind, "grade_id": f"check-{name.replace('.', '-')}"}


def _digest(notebook: Any) -> str:
    """Of the code that the outputs come from."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return sha256("\n\n".join(code).encode()).hexdigest()[:16]


def without_output(notebook: Any) -> Any:
    """The notebook as :func:`notebooks_of` makes it."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _run(notebook: Any) -> None:
    """Put the outputs of a run into a notebook."""
    from nbclient import NotebookClient

    NotebookClient(notebook, timeout=SECONDS, record_timing=False).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [one for one in cell.outputs if _WIDGET not in one.get("data", {})]
        for output in cell.get("outputs", ()):
            if output.output_type == "stream":
                output.text = _PLACE.sub("", output.text)
    notebook.metadata = nbformat.from_dict(
        {**_METADATA, "afif_explorer": notebook.metadata["afif_explorer"]}
    )


def _share_outputs(solved: Any, plain: Any) -> None:
    """Give the students' notebook what the cells before, between and after the exercises show."""
    for mine, theirs in zip(solved.cells, plain.cells, strict=True):
        if theirs.cell_type == "code" and not {"tags", "nbgrader"} & theirs.metadata.keys():
            theirs.outputs, theirs.execution_count = mine.outputs, mine.execution_count


def _keep_outputs(path: Path, notebook: Any) -> bool:
    """Take the outputs of the notebook that is there, if they are of the same code; whether they were."""
    if not path.exists():
        return False
    old = nbformat.read(path, as_version=4)
    if old.metadata.get("afif_explorer") != notebook.metadata["afif_explorer"]:
        return False
    code = [[cell for cell in one.cells if cell.cell_type == "code"] for one in (old, notebook)]
    for before, after in zip(*code, strict=True):
        after.outputs, after.execution_count = before.outputs, before.execution_count
    return True


def _is_made(path: Path, notebook: Any) -> bool:
    """Whether the notebook is there, with the outputs of this code."""
    if not path.exists():
        return False
    return without_output(nbformat.read(path, as_version=4)) == notebook


def main(names: list[str]) -> int:
    """Write every notebook and print which changed."""
    for source in sorted(SOURCES.glob("*.py")):
        made = notebooks_of(source)
        paths = {ROOT / "notebooks" / name: notebook for name, notebook in made.items()}
        if source.stem not in names and all(_is_made(*pair) for pair in paths.items()):
            print(f"{source.stem}: unchanged")
            continue
        *students, last = made.values()
        if source.stem in names or not _keep_outputs(list(paths)[-1], last):
            _run(last)
        for plain in students:
            _share_outputs(last, plain)
        for path, notebook in paths.items():
            path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
            print(f"{path.name}: written, {path.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
