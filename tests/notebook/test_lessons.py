"""The lessons: made from their sources, and right from top to bottom without any network."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from afif_explorer.datasets import load
from tools.make_notebooks import SOURCES, notebooks_of

ROOT = Path(__file__).resolve().parents[2]
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


NO_DATA = {
    "1",
    "2",
    "3",
    "45",
    "50",
}  # orders, sections, exercises, minutes, the line of a decision


def test_no_number_about_the_data_stands_in_the_prose() -> None:
    notebook = read(ROOT / "notebooks" / "01_what_one_row_does.ipynb")
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for not_prose in (r"\$\$.*?\$\$", r"\$.*?\$", r"`[^`]*`", r"(?m)^#.*$"):
        prose = re.sub(not_prose, "", prose, flags=re.DOTALL if "$" in not_prose else 0)
    assert set(re.findall(r"\d+(?:[.,]\d+)*", prose)) <= NO_DATA, "compute it and print it"


@pytest.fixture(scope="module")
def plain():
    """What an independent program knows: the training rows' planted labels, and loss and chance of each."""
    data = load("hiring")
    n = len(data.train)
    model = LogisticRegression(C=1 / (n * 1e-3), solver="newton-cholesky", tol=1e-10)
    p = model.fit(data.train.X, data.train.y).predict_proba(data.train.X)[:, 1]
    y = np.asarray(data.train.y)
    loss = -np.log(np.where(y == 1, p, 1 - p))
    return np.isin(data.train.ids, data.planted), loss, p, y, data.train.ids


def compared_with_others(text: str, plain) -> None:
    """The numbers that lesson 1 tells about influence are those of another program."""
    planted, loss, p, y, ids = plain
    n = len(ids)
    order = np.argsort(-loss)
    rejected = order[y[order] == 0]

    def share(rows: np.ndarray) -> str:
        return f"{planted[rows[: n // 10]].sum() / planted.sum():.0%}"

    assert f"ranking by loss among the rejected, which finds {share(rejected)}." in text
    assert f"Ranking by loss alone finds {share(order)};" in text
    assert f"its own loss rises for {n} of {n} rows" in text
    surprising = int(np.argmax(np.abs(p - y)))
    assert re.search(
        rf"the most surprising +{ids[surprising]} +{p[surprising] - y[surprising]:.4f}", text
    )
    rounding = [float(d) for d in re.findall(r"(?:order 1|the formula|order 2): (\S+e-\d+)", text)]
    assert sorted(d < 1e-14 for d in rounding) == [False, True, True, True], rounding


@pytest.mark.notebook
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_offline(path: Path, run_notebook, plain) -> None:
    text = printed(run_notebook(read(path)))
    if path.stem.startswith("01_what_one_row_does"):
        compared_with_others(text, plain)
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
