"""The lessons: made from their sources, and right from top to bottom without any network."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from afif_explorer import exercises
from afif_explorer.datasets import load
from afif_explorer.scenes import SCENES
from tools.make_notebooks import SOURCES, notebooks_of, without_output

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


SOURCE = pytest.mark.parametrize("source", sorted(SOURCES.glob("*.py")), ids=lambda path: path.stem)


@SOURCE
def test_the_notebooks_are_in_step_with_their_source(source: Path) -> None:
    for name, made in notebooks_of(source).items():
        stored = read(ROOT / "notebooks" / name)
        assert without_output(stored) == made, "run: python tools/make_notebooks.py"


def test_every_notebook_has_a_source() -> None:
    made = {name for source in SOURCES.glob("*.py") for name in notebooks_of(source)}
    assert {path.name for path in NOTEBOOKS} == made


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_small_and_can_be_read_without_a_kernel(path: Path) -> None:
    assert path.stat().st_size <= 500_000
    outputs = [output for cell in read(path).cells for output in cell.get("outputs", ())]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not any("application/vnd.jupyter.widget-view+json" in o.get("data", {}) for o in outputs)
    assert not any(output.output_type == "error" for output in outputs)


@pytest.mark.parametrize("path", NOTEBOOKS[1:], ids=lambda path: path.stem)
def test_a_lesson_is_solved_in_its_solutions_only(path: Path) -> None:
    cells = read(path).cells
    answers = [cell for cell in cells if cell.metadata.get("tags")]
    solved = path.stem.endswith("_solutions")
    assert all(("..." in cell.source) != solved for cell in answers)
    checks = [cell for cell in cells if cell.get("source", "").startswith("exercises.check(")]
    assert len(checks) == len(answers) >= 2
    assert all(("Right." in str(cell.outputs)) == solved for cell in checks)


SCENE = re.compile(r'^ax\.notebook\.scene\("(\w+)"')


def test_every_scene_has_its_step_in_a_lesson_with_a_bet() -> None:
    found = set()
    for path in NOTEBOOKS:
        cells = read(path).cells
        for before, cell in itertools.pairwise(cells):
            if shown := SCENE.match(cell.source):
                found.add(shown[1])
                assert "**Try:**" in before.source
                assert "**Bet first:**" in before.source
                title = f"Scene {SCENES[shown[1]].order}: {SCENES[shown[1]].title}"
                pictures = [one.metadata.get("image/png", {}).get("alt") for one in cell.outputs]
                assert title in pictures, "it can be read without a kernel"
    assert found == set(SCENES)


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


TABLE = r"""
import re
from afif_explorer import exercises
from afif_explorer.exercises.answers import flatten
table = exercises.table("{number}")
hints = [(one.id, m.name, m.hint) for one in exercises.lesson("{number}") for m in one.mistakes]
assert (table["passed"].eq(True) == table["is right"]).all(), table[table["passed"] != table["is right"]]
wrong = table[~table["is right"]]
assert list(zip(wrong["exercise"], wrong["answer"], wrong["message"])) == hints  # each its own
for one in exercises.lesson("{number}"):  # help does not give the answer away
    told = " ".join([*one.hints, *(mistake.hint for mistake in one.mistakes)])
    values = one.kind.read(flatten(one.solution()))
    for value in values if isinstance(values, tuple) else [values]:
        assert not re.search(rf"(?<![\w.]){{value:.4g}}(?![\w.])", told), (one.id, value)
print(table.groupby(["exercise", "is right"]).size().unstack().min().to_list())
"""


@pytest.mark.notebook
@SOURCE
def test_a_lesson_runs_offline_and_its_answers_are_marked(
    source: Path, run_notebook, plain, request: pytest.FixtureRequest
) -> None:
    """With the solutions all checks pass; in the same kernel, all forms pass and all mistakes fail."""
    if re.search(r'load_dataset\("adult"', source.read_text(encoding="utf-8")):
        request.getfixturevalue("data_home")  # the kernel cannot download
    *_, notebook = notebooks_of(source).values()
    number = source.stem[:2]
    if number in exercises.numbers():
        notebook.cells.append(nbformat.v4.new_code_cell(TABLE.format(number=number)))
    text = printed(run_notebook(notebook))
    if number in exercises.numbers():
        assert text.count("Right.") == len(exercises.lesson(number))
        assert "Not " not in text
        wrong, right = map(int, re.findall(r"\d+", text.splitlines()[-1]))
        assert right >= 8
        assert wrong >= 6
    if number == "01":
        compared_with_others(text, plain)


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
