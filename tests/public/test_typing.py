"""Editors and type checkers know every public name and every option, although names load lazily."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_type_hints

import pytest

import afif_explorer as ax
from afif_explorer.datasets.options import FrameOptions
from afif_explorer.spec import Spec
from afif_explorer.state.options import ExplorerOptions
from tools import make_stub

ROOT = Path(__file__).resolve().parents[2]
RIGHT = """
import numpy as np
from typing import assert_type

import afif_explorer as ax

data = ax.load_dataset("hiring", seed=1)
assert_type(data, ax.Dataset)
other = ax.Dataset.from_arrays(np.eye(30), np.arange(30.0), validation=0.2, test=0.2, name="mine")
fit = ax.fit(data, model="logistic", penalty=ax.Ridge(1e-3))
assert_type(fit, ax.Fit)
target: ax.Target = ax.MeanLoss("test")
effects: ax.Effects = ax.attribute(fit, [target], ax.AFIF(solver=ax.Cholesky(), damping=1e-3))
trusted: str = ax.unlearn(fit, [0, 1], targets=target).reach.level
with ax.memory_limit("1 GB"), ax.use_device("cpu"):
    losses: np.ndarray = ax.cross_validate(fit, folds=5).losses
names: tuple[str, ...] = ax.datasets.names()
explorer = ax.Explorer("hiring", penalty="lasso", strength=1e-2, selected=[3])
version: str = ax.__version__
"""
WRONG = {  # a line of a script, and what the checker has to say about it
    "ax.atribute(fit, target)": 'Module has no attribute "atribute"; maybe "attribute"?',
    "ax.Rigde(1e-3)": 'Module has no attribute "Rigde"; maybe "Ridge"?',
    "ax.fit(data, penality=None)": 'Unexpected keyword argument "penality" for "fit"',
    "ax.fit(data, penalty=1e-3)": 'Argument "penalty" to "fit" has incompatible type "float"',
    "ax.attribute(fit, 'test')": 'Argument 2 to "attribute" has incompatible type "str"',
    "ax.AFIF(damping='a')": 'Argument "damping" to "AFIF" has incompatible type "str"',
    "ax.MeanLoss('test').grad": '"MeanLoss" has no attribute "grad"',
    "ax.load_dataset(3)": 'Argument 1 to "load" has incompatible type "int"',
    "ax.Dataset.from_arrays(X, y, tests=0.2)": 'Unexpected keyword argument "tests"',
    "ax.Dataset.from_arrays(X, y, seed='a')": 'Argument "seed" to "from_arrays" of "Dataset"',
    "ax.Dataset.from_frame(X, targets='y')": 'Unexpected keyword argument "targets"',
    "ax.Explorer('hiring', strenght=1.0)": 'Unexpected keyword argument "strenght" for "Explorer"',
    "ax.Explorer('hiring', strength='a')": 'Argument "strength" to "Explorer" has incompatible',
    "ax.serve(port='5006')": 'Argument "port" to "serve" has incompatible type "str"',
}


def test_the_stub_is_in_step_with_the_table() -> None:
    assert make_stub.STUB.read_text(encoding="utf-8") == make_stub.stub(), (
        "run: python tools/make_stub.py"
    )


@pytest.mark.parametrize("name", ax.__all__)
def test_every_name_of_the_table_exists(name: str) -> None:
    assert getattr(ax, name) is not None


def untyped() -> str:
    """The libraries that this project's own check does not read, and torch, which takes a minute."""
    checks = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["overrides"]
    skipped = [one["module"] for one in checks if one.get("follow_imports") == "skip"]
    return ",".join([name for names in skipped for name in names] + ["torch.*"])


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What ``mypy --strict`` says about each of two scripts, line by line."""
    folder = tmp_path_factory.mktemp("scripts")
    head = "import numpy as np\nimport afif_explorer as ax\nX, y = np.eye(9), np.arange(9.0)\n"
    head += "data = ax.load_dataset('hiring')\nfit, target = ax.fit(data), ax.MeanLoss()\n"
    (folder / "right.py").write_text(RIGHT)
    (folder / "wrong.py").write_text(head + "\n".join(WRONG) + "\n")
    (folder / "mypy.ini").write_text(f"[mypy]\n[mypy-{untyped()}]\nfollow_imports = skip\n")
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--no-pretty"]
    done = subprocess.run(
        [*command, "right.py", "wrong.py"],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(ROOT), "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert lines, done.stderr
    return {name: [line for line in lines if line.startswith(name)] for name in ("right", "wrong")}


def test_a_type_checker_accepts_a_correct_script(told: dict[str, list[str]]) -> None:
    assert told["right"] == []


@pytest.mark.parametrize("line", WRONG)
def test_a_type_checker_finds_a_wrong_name_or_argument(
    line: str, told: dict[str, list[str]]
) -> None:
    number = 6 + list(WRONG).index(line)
    found = [text for text in told["wrong"] if text.startswith(f"wrong.py:{number}:")]
    assert any(WRONG[line] in text for text in found), found


def test_from_arrays_takes_the_options_of_from_frame() -> None:
    signature = inspect.signature(ax.Dataset.from_frame, eval_str=True).parameters.values()
    named = {one.name: one.annotation for one in signature if one.kind is one.KEYWORD_ONLY}
    assert get_type_hints(FrameOptions) == {
        name: kind for name, kind in named.items() if name != "target"
    }


def test_an_explorer_takes_every_choice() -> None:
    wanted = {name: kind for name, kind in get_type_hints(Spec).items() if name != "dataset"}
    listed = get_type_hints(ExplorerOptions)
    assert re.fullmatch(r".*Iterable\[int\]", str(listed.pop("selected")))  # lists as well
    assert wanted.pop("selected") == tuple[int, ...]
    assert listed == wanted
