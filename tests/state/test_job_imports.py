"""What background jobs import: no further package, so that an import of the user's never waits for them."""

from __future__ import annotations

import subprocess
import sys

WALK = """
import sys, threading
import afif_explorer as ax
from afif_explorer.state.work import NEEDED

found = []
class Recorder:
    def find_spec(self, name, path=None, target=None):
        package = name.partition(".")[0]
        new = package not in sys.modules and package not in sys.stdlib_module_names
        if new and threading.current_thread() is not threading.main_thread():
            found.append(name)

ax.Explorer, ax.load_dataset  # imported here, before the first job
sys.meta_path.insert(0, Recorder())
explorer = ax.Explorer({name!r})
for view in NEEDED:
    explorer.view = view
    assert explorer.await_idle(timeout=100), view
explorer.select(explorer.known_rows[:2].tolist(), None)
assert explorer.await_idle(timeout=100)
slow = {{"sympy", "torch._dynamo"}} & set(sys.modules)  # what an answer does not need
print([*found, *slow])
"""


def test_a_walk_through_all_views_imports_nothing_in_its_jobs() -> None:
    code = WALK.format(name="hiring")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True
    )
    assert done.stdout.strip() == "[]", done.stderr
