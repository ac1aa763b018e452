"""``afif-explorer grade``: submissions are worth what they deserve, whatever else they try."""

from __future__ import annotations

from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from afif_explorer import exercises
from afif_explorer.cli import main
from afif_explorer.grading.submission import grade
from tools.make_notebooks import SOURCES, notebooks_of

LESSON = "02_influence_from_scratch"
CHECK = 'exercises.check("02.1", answer_1)'
NAUGHTY = """
import os, socket, subprocess
tried = {
    "connect": lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
    "look up": lambda: socket.getaddrinfo("example.org", 80),
    "start": lambda: subprocess.run(["ls"]),
    "shell": lambda: os.system("ls"),
    "write": lambda: open(OUTSIDE, "w"),
    "remove": lambda: os.remove(OUTSIDE),
}
refused = []
for name, what in tried.items():
    try:
        what()
    except PermissionError as error:
        refused.append("A submission may" in str(error))
answer_1 = refused
"""


SOLUTIONS = """
from pathlib import Path
from afif_explorer import exercises
os.environ.pop("AFIF_GRADING")
home = Path(exercises.__file__).parent / "lessons" / "from_scratch.py"
tried = [
    lambda: exercises.check("02.1", 1),
    lambda: exercises.table("02"),
    lambda: exec("import afif_explorer.exercises.lessons.from_scratch"),
    lambda: home.read_text(),
    lambda: exec(compile(home.open("rb").read(), "copy", "exec")),
]
refused = []
for what in tried:
    try:
        what()
    except PermissionError as error:
        refused.append("may not read the solutions" in str(error))
answer_2 = refused
"""


def write(path: Path, *cells: str) -> None:
    path.parent.mkdir(exist_ok=True)
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The table of marks of a folder of submissions."""
    folder = tmp_path_factory.mktemp("submissions")
    kept = tmp_path_factory.mktemp("outside") / "file"
    kept.write_text("mine")
    forms = {
        one.variable: list(one.kind.forms(one.solution()).values())
        for one in exercises.lesson("02")
    }
    right = [f"{name} = {np.asarray(each[0]).tolist()!r}" for name, each in forms.items()]
    write(folder / "anna" / "right.ipynb", *right, CHECK)
    nbformat.write(wrong(mistake=0), folder / "=wrong.ipynb")
    ending = ("1 / 0", "import os; os._exit(0)", right[0])
    write(folder / "naughty.ipynb", f"OUTSIDE = {str(kept)!r}", NAUGHTY, CHECK, *ending)
    (folder / "broken.ipynb").write_text("{")
    write(folder / "other.ipynb", "answer_1 = 1")
    assert main(["grade", str(folder), "--jobs", "2"]) == 1
    assert kept.read_text() == "mine"
    return pd.read_csv(folder / "grades.csv", keep_default_na=False)


def wrong(mistake: int):
    """The whole notebook of the lesson, with one of the usual mistakes as the answer of each exercise."""
    notebook = notebooks_of(SOURCES / f"{LESSON}.py")[f"{LESSON}.ipynb"]
    todo = iter(exercises.lesson("02"))
    for cell in notebook.cells:
        if "exercise" in cell.metadata.get("tags", ()):
            one = next(todo)
            answer = np.asarray(one.mistakes[mistake].answer()).tolist()
            cell.source = f"{one.variable} = {answer!r}"
    return notebook


def of(marked: pd.DataFrame, name: str) -> tuple[list[str], float]:
    rows = marked[marked["submission"] == name]
    return rows["result"].tolist(), rows["points"].sum()


def test_submissions_are_worth_what_they_deserve(marked: pd.DataFrame) -> None:
    assert of(marked, "anna/right.ipynb") == (["right"] * 2, 2)
    assert of(marked, "'=wrong.ipynb") == (["wrong"] * 2, 0)  # also no formula for a spreadsheet
    for unread in ("broken.ipynb", "other.ipynb"):
        assert of(marked, unread) == (["failed"], 0)
    assert marked.groupby("submission")["of"].sum().max() == 2


def test_a_wrong_answer_has_its_hint_in_the_table(marked: pd.DataFrame) -> None:
    said = marked[marked["submission"] == "'=wrong.ipynb"]["message"].tolist()
    assert said == [one.mistakes[0].hint for one in exercises.lesson("02")]


def test_a_submission_reaches_no_network_no_program_and_no_other_file(
    marked: pd.DataFrame,
) -> None:
    rows = marked[marked["submission"] == "naughty.ipynb"]
    assert rows["answer"].tolist() == ["True, True, True, True, True, True", ""]
    assert rows["message"].tolist()[1] == "The notebook ended its process."


def test_a_submission_cannot_read_the_solutions(tmp_path: Path) -> None:
    taken = "answer_1 = exercises.lesson('02')[0].solution()"
    later = (
        "import os; before = exercises.check('02.1', 1).message + exercises.hint('02.1').message"
    )
    cells = ("from afif_explorer import exercises", later, taken, SOLUTIONS, CHECK)
    write(tmp_path / "sneaky.ipynb", *cells)
    first, second = grade(tmp_path / "sneaky.ipynb", "sneaky", limit=120)
    assert (first.result, first.points, first.answer) == ("failed", 0, "")
    assert "cell 3: Refused: A submission may not read the solutions" in first.message
    assert second.answer == "True, True, True, True, True"


def test_cells_that_check_their_answer_run_on(tmp_path: Path) -> None:
    answer = f"answer_1 = {exercises.lesson('02')[0].solution()!r}"
    told = "answer_2 = [str(exercises.check('02.1', 3)), str(exercises.hint('02.1', 2))]"
    write(tmp_path / "plain.ipynb", "from afif_explorer import exercises", answer, told)
    first, second = grade(tmp_path / "plain.ipynb", "plain", limit=60)
    assert first.result == "right"
    assert second.answer == ", ".join(["Marked after the notebook has run."] * 2)


def test_a_submission_is_stopped_and_its_answers_before_that_count(tmp_path: Path) -> None:
    answer = f"answer_1 = {exercises.lesson('02')[0].solution()!r}"
    write(tmp_path / "slow.ipynb", answer, "1 / 0", CHECK, "import time; time.sleep(1000)")
    done, missing = grade(tmp_path / "slow.ipynb", "slow", limit=6)
    assert (done.result, done.points) == ("right", 1)
    assert (missing.result, missing.points) == ("failed", 0)
    assert missing.message == "The notebook took more than 6 seconds and was stopped."


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere",), "There is no folder"),
        ((".",), "There is no notebook"),
        ((".", "--jobs", "0"), "must be above 0"),
    ],
)
def test_what_cannot_be_graded_is_said(
    arguments: tuple[str, ...],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["grade", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_cells_have_the_metadata_of_nbgrader() -> None:
    for source in sorted(SOURCES.glob("[0-9]*.py"))[1:]:
        notebook = notebooks_of(source)[f"{source.stem}.ipynb"]
        told = [cell.metadata["nbgrader"] for cell in notebook.cells if "nbgrader" in cell.metadata]
        todo = exercises.lesson(source.stem[:2])
        assert len({one["grade_id"] for one in told}) == len(told) == 2 * len(todo)
        assert [one["points"] for one in told if one["grade"]] == [one.points for one in todo]
        assert all(one["locked"] == one["grade"] != one["solution"] for one in told)
        assert all(one["schema_version"] == 3 and one["task"] is False for one in told)
