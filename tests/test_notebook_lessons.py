"""The lessons: made from their sources, and right from top to bottom without any network."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from tools.make_notebooks import SOURCES, notebooks_of

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def read(path: Path):
    return nbformat.read(path, as_version=4)


def printed(notebook) -> str:
    """Everything that the cells print or show as text."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    texts = [
        output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs
    ]
    return "\n".join(texts)


@pytest.mark.parametrize("source", sorted(SOURCES.glob("*.py")), ids=lambda path: path.stem)
def test_the_notebooks_are_in_step_with_their_source(source: Path) -> None:
    for name, content in notebooks_of(source).items():
        path = ROOT / "notebooks" / name
        assert path.read_text(encoding="utf-8") == content, "run: python tools/make_notebooks.py"


def test_every_notebook_has_a_source() -> None:
    made = {name for source in SOURCES.glob("*.py") for name in notebooks_of(source)}
    assert {path.name for path in NOTEBOOKS} == made


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_holds_no_output(path: Path) -> None:
    notebook = read(path)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)


@pytest.mark.notebook
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_offline(path: Path, run_notebook) -> None:
    text = printed(run_notebook(read(path)))
    if path.stem == "01_what_one_row_does":
        assert text.count("Not answered yet") == 3
    if path.stem.endswith("_solutions"):
        assert text.count("Right.") == 3
        assert "Not " not in text


@pytest.mark.notebook
def test_a_notebook_cannot_reach_the_network(run_notebook) -> None:
    cell = nbformat.v4.new_code_cell(
        "import socket\n"
        "for ask in (lambda: socket.create_connection(('192.0.2.1', 80), timeout=1),\n"
        "            lambda: socket.socket().connect(('192.0.2.1', 80))):\n"
        "    try:\n"
        "        ask()\n"
        "    except OSError as error:\n"
        "        print('a notebook' in str(error))"
    )
    assert printed(run_notebook(nbformat.v4.new_notebook(cells=[cell]))) == "True\nTrue\n"
