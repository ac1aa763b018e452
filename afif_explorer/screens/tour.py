"""The two-minute tour: one question about the embedded hiring data, from the question to the known answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from afif_explorer.choices.targets import demographic_parity
from afif_explorer.spec import Spec
from afif_explorer.state import Explorer
from afif_explorer.state.options import OPENING

OFFER = "Take the two-minute tour"
LABEL = "Tour"
DATASET = Spec().dataset
ROWS = 40  # that are removed: nearly all of them have one of the planted labels


def _nothing(_explorer: Explorer) -> None:
    """Leave the explorer as it is."""


@dataclass(frozen=True)
class Step:
    """One step: a sentence about ``place``, the name of a part or of a setting.

    ``act`` brings the explorer there, once the results in ``needs`` are fresh.
    """

    text: str
    place: str
    act: Callable[[Explorer], None] = _nothing
    needs: tuple[str, ...] = ()

    def ready(self, explorer: Explorer) -> bool:
        """Whether ``act`` has the results that it needs."""
        return all(explorer.fresh(name) for name in self.needs)


def _begin(explorer: Explorer) -> None:
    explorer.apply(Spec().replace(**OPENING))


def _gap(explorer: Explorer) -> None:
    explorer.param.update(view="points", target=demographic_parity.OPTION.key, selected=())


def _select(explorer: Explorer) -> None:
    """Select the rows without which the gap falls most."""
    explorer.view = "points"
    points = explorer.points
    explorer.select(np.sort(points.ids[np.argsort(points.effect)[:ROWS]]), by="tour")


def _retrain(explorer: Explorer) -> None:
    explorer.view = "points"
    explorer.retrain_selected()


STEPS = (
    Step(
        "Which applicants' rows made this model unfair? Some labels in these data were made unfair on "
        "purpose, so the answer is known.",
        "headline",
        _begin,
    ),
    Step("The target is the gap between the two groups: the number to bring down.", "target", _gap),
    Step(
        "Each point of the map is an applicant; its colour says how the gap would change without that row.",
        "row_map",
        needs=("points",),
    ),
    Step(
        f"Selected are the {ROWS} rows without which the gap falls most; the bar predicts the gap without "
        "them.",
        "selection",
        _select,
        needs=("points", "frame"),
    ),
    Step(
        "Retraining without them shows what really happens, beside the prediction.",
        "selection",
        _retrain,
        needs=("removal",),
    ),
    Step(
        "The planted truth says how many of the removed rows have one of the labels made unfair on purpose.",
        "removed",
        Explorer.remove_selected,
    ),
    Step(
        "Done brings your own settings back. Then choose other data or use your own file; Help repeats "
        "this tour.",
        "dataset",
    ),
)


def outline() -> str:
    """The steps as a numbered list in Markdown, without the last, which is about the dashboard."""
    lines = (f"{n}. {step.text}" for n, step in enumerate(STEPS[:-1], 1))
    return "\n".join(("# A tour of the hiring data", "", *lines))
