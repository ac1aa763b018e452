"""``Tour``: the steps of :mod:`afif_explorer.screens.tour`, one at a time, beside what they are about."""

from __future__ import annotations

import json
from typing import Any

import param
from panel.custom import JSComponent

from afif_explorer.app.theme import SHEET, STATIC
from afif_explorer.app.views.context import PageContext
from afif_explorer.screens.tour import DATASET, LABEL, OFFER, STEPS, Step
from afif_explorer.spec import Spec


class Tour(JSComponent):
    """Offers the tour until it was taken or declined; the browser remembers that.

    What a step does is done as soon as the results are there that it needs. When the tour ends, the settings
    from before it come back, unless the visitor has chosen other data on the way; the browser keeps them, so
    that a reload of the page only interrupts the tour.
    """

    content = param.String(
        constant=True,
        default=json.dumps(
            {"offer": OFFER, "label": LABEL, "steps": [[one.text, one.place] for one in STEPS]}
        ),
        doc="What is offered and the steps (text, place), as JSON.",
    )

    _esm = STATIC / "tour.js"
    _stylesheets = [SHEET, (STATIC / "tour.css").read_text(encoding="utf-8")]

    def __init__(self, context: PageContext) -> None:
        super().__init__(margin=0)
        self._context = context
        self._due: Step | None = None  # until the results are there that it needs
        self._before: Spec | None = None  # the visitor's own settings, while the tour lasts
        needed = {name for step in STEPS for name in step.needs}
        context.follower.on((*needed, "status"), lambda _changed: self._go())

    def start(self) -> None:
        """Show the first step."""
        self._send_msg(json.dumps({"start": True}))

    def _handle_msg(self, data: Any) -> None:
        step = data.get("step") if isinstance(data, dict) else None
        if step is None:
            self._due = None
            self._end()
        elif isinstance(step, int) and 0 <= step < len(STEPS):
            self._before = self._before or self._begun(data.get("before"))
            self._due = STEPS[step]
            self._go()

    def _begun(self, kept: Any) -> Spec:
        """The settings from before a tour, which the browser has ``kept`` if its page was loaded again."""
        if isinstance(kept, str):
            return Spec.from_query(kept)[0]
        spec = self._context.explorer.spec
        self._send_msg(json.dumps({"before": spec.to_query()}))
        return spec

    def _end(self) -> None:
        explorer, before = self._context.explorer, self._before
        self._before = None
        if before is not None and explorer.dataset == DATASET:
            self._context.attempt(lambda: explorer.apply(before))

    def _go(self) -> None:
        explorer, step = self._context.explorer, self._due
        if step is not None and step.ready(explorer):
            self._due = None
            self._context.attempt(lambda: step.act(explorer))
