"""A new target is one file, with which it can be chosen, computed, explained and copied as code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

DECLARATION = """
from afif_explorer.choices.targets.kinds import CLASSES, Gap
from afif_explorer.choices.units import prediction_unit

OPTION = Gap(
    key="new_gap", label="New gap", order=21, summary="A second name.", noun="new gap",
    public="DemographicParityDifference", unit=prediction_unit, tasks=CLASSES, decisions=True,
)
"""

SESSION = '''
import sys
from importlib.machinery import PathFinder


class WithOneMoreFolder(PathFinder):
    """The package of targets, with a folder more to look for its modules in."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        found = super().find_spec(name, path, target)
        if name == "afif_explorer.choices.targets":
            found.submodule_search_locations.append(sys.argv[1])
        return found


sys.meta_path.insert(0, WithOneMoreFolder)

import numpy as np

import afif_explorer as ax
from afif_explorer import explain, study
from afif_explorer.state.relevance import relevant

old, new = (ax.Spec(target=key, view="unlearning") for key in ("demographic_parity", "new_gap"))
assert ax.Spec.from_query(new.to_query()) == (new, ())
assert study.settle(new) == (new, ())
assert "new_gap" in study.offered(new)["target"]
settled, notes = study.settle(new.replace(dataset="diabetes"))
assert settled.target == "mean_prediction_difference"
assert notes[0].startswith("New gap does not fit the task of")
assert study.key("effects", new) != study.key("effects", old)
assert "- **New gap**: A second name." in explain.page("choices/target")

explorer = ax.Explorer(target="new_gap", view="unlearning")
assert explorer.await_idle(100), explorer.status
assert explorer.offered["target"]["New gap"] == "new_gap"
assert "sensitive" in relevant(explorer) and "row" not in relevant(explorer)
assert explorer.points.target_label == "new gap by group on the test rows"
assert explorer.points.unit == "probability"
assert np.array_equal(explorer.points.effect, study.points(old).effect)
metrics = explorer.unlearning.metrics["before"]
for form in ("probabilities", "decisions"):
    assert metrics[f"New gap, {form}"] == metrics[f"Demographic parity gap, {form}"]
names = {}
exec(explorer.as_python(), names)
assert np.allclose(names["effects"], explorer.points.effect, rtol=1e-9)
assert "new_gap" in ax.audit_fairness(names["fit"], "group").effects
explorer.close()
'''


def test_a_target_that_is_one_file_is_everywhere(tmp_path: Path) -> None:
    (tmp_path / "new_gap.py").write_text(DECLARATION)
    done = subprocess.run(
        [sys.executable, "-c", SESSION, str(tmp_path)],
        capture_output=True,
        text=True,
        env=os.environ,
        check=False,
    )
    assert done.returncode == 0, done.stderr
