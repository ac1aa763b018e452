"""The LiSSA recursion."""

from __future__ import annotations

from afif_explorer.choices.call import Call
from afif_explorer.choices.solvers.kind import SolverOption, Used


class LissaOption(SolverOption):
    """LiSSA with all rows in every step: the mean that the explorer shows."""

    def call(self, used: Used) -> Call:
        settings = {"scale": used.scale, "depth": used.depth, "repeats": 1, "batch_size": used.n}
        return Call(self.public, **settings)


OPTION = LissaOption(
    key="lissa",
    label="LiSSA",
    order=30,
    needs=("scale", "depth", "batch_size"),
    public="LiSSA",
)
