"""``History``: the earlier and later selections of one data set, for undo and redo."""

from __future__ import annotations

from afif_explorer.state.rows import Ids

MOST = 50  # steps that can be undone


class History:
    """Selections before and after the current one. A new data set begins a new history."""

    def __init__(self) -> None:
        self._of = ""  # the data set
        self.earlier: list[Ids] = []
        self.later: list[Ids] = []

    def record(self, dataset: str, before: Ids | None) -> None:
        """A change from the selection ``before``; None: only the data set may be another."""
        if dataset != self._of:
            self._of, self.earlier = dataset, []
        elif before is not None:
            self.earlier = [*self.earlier[-MOST + 1 :], before]
        self.later = []

    def back(self, now: Ids) -> Ids:
        """The selection before ``now``, which becomes the next one."""
        self.later.append(now)
        return self.earlier.pop()

    def forward(self, now: Ids) -> Ids:
        """The selection after ``now``, which becomes the previous one."""
        self.earlier.append(now)
        return self.later.pop()
