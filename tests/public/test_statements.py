"""Every command of ``docs/statements.md`` runs, and the lessons and scenes that it names exist."""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from typing import Any

import pytest

import afif_explorer as ax
from afif_explorer.scenes import SCENES
from tests.helpers.files import ROOT

LINES = (ROOT / "docs" / "statements.md").read_text(encoding="utf-8").splitlines()
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in LINES if line.startswith("|")]
STATEMENTS = ROWS[2:]
MODULES = {name for row in ROWS[2:] for name in re.findall(r"`python -m ([\w.]+)", row[1])}
COMMANDS = sorted({code for row in STATEMENTS for code in re.findall(r"`(ax\.[^`]+)`", row[1])})


@cache
def _space() -> dict[str, Any]:
    data = ax.load_dataset("hiring")
    fit = ax.fit(data, model="logistic", penalty=ax.Ridge(1e-3))
    target, ids = ax.MeanLoss("test"), data.train.ids[:3]
    return {
        "ax": ax,
        "data": data,
        "fit": fit,
        "target": target,
        "ids": ids,
        "row": data.test.ids[0],
    }


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs(command: str) -> None:
    assert eval(command, _space()) is not None


def test_the_modules_that_are_run_exist() -> None:
    assert {name for name in MODULES if find_spec(name) is None} == set()


def test_the_lessons_scenes_and_figures_exist() -> None:
    assert len(STATEMENTS) == 12
    for _statement, command, seen, lessons in STATEMENTS:
        assert command.startswith(("`ax.", "`python -m "))
        for file in re.findall(r"\((images/[^)]+)\)", seen):
            assert (ROOT / "docs" / file).is_file()
        for lesson in lessons.split(", ") if lessons != "none" else ():
            assert list((ROOT / "notebooks").glob(f"{lesson}_*.ipynb"))
        named = re.search(r"scenes? (\d+)(?: and (\d+))?", seen)
        orders = {scene.order for scene in SCENES.values()}
        assert named is None or {int(order) for order in named.groups() if order} <= orders
