"""LiSSA lab: what its scale and depth do, over all of both, and the real thing beside it."""

from __future__ import annotations

from typing import Any

from afif_explorer.app.components.elements import (
    Text,
    absent,
    button,
    card,
    flow,
    html,
    share,
    stack,
    stats,
)
from afif_explorer.app.views.view import View
from afif_explorer.figures.serialization import Click
from afif_explorer.figures.text import number
from afif_explorer.results import LissaReport
from afif_explorer.wording import count


class LissaView(View):
    name = "lissa"
    title = "LiSSA lab"
    hears = ("lissa",)

    def build(self) -> object:
        explorer = self.desk.explorer
        self._stats = Text(stylesheets=share(420))
        self._advice = Text()
        self._run = button("Run LiSSA for real", "play_arrow", explorer.run_lissa, main=True)
        self._auto = button(
            "Set both automatically",
            "auto_fix_high",
            lambda: explorer.param.update(scale=None, depth=None),
        )
        return stack(
            card(
                flow(self._stats, self._run, self._auto, gap=10, align="center"),
                self._advice,
            ),
            flow(
                self.drawing("lissa_error", width=440),
                self.drawing("lissa_map", on_click=self._pick, width=440),
            ),
        )

    def update(self) -> None:
        explorer = self.desk.explorer
        report = explorer.lissa
        self._stats.put(
            _stats(report)
            if report
            else absent(explorer, "lissa", "What scale and depth do appears here.")
        )
        self._advice.put(_advice(report))
        self._run.disabled = explorer.status.kind == "running" or report is None
        self._auto.disabled = explorer.scale is None and explorer.depth is None

    def _pick(self, click: Click) -> None:
        if click.x is None or click.y is None:
            return
        try:
            self.desk.explorer.param.update(
                scale=float(f"{click.x:.3g}"), depth=max(1, round(click.y))
            )
        except ValueError as error:
            self.desk.complain(str(error))


def _stats(report: LissaReport) -> Any:
    return stats(
        [
            (f"scale; the rule says {number(report.automatic_scale)}", number(report.scale)),
            (
                f"steps; here the rule says {count(report.automatic_depth)}",
                count(report.depth),
            ),
            ("largest eigenvalue", number(report.largest_eigenvalue)),
            ("smallest eigenvalue", number(report.smallest_eigenvalue)),
        ]
    )


def _advice(report: LissaReport | None) -> Any:
    if report is None:
        return ""
    kind = "poor" if report.run_status == "diverged" else "hint"
    real = (
        f"The real run with batches of {count(report.batch_size)} rows, {report.repeats} times: "
        f"{RUN[report.run_status]}."
        if report.run_status
        else "The curves are computed; run LiSSA for real to see its noise beside them."
    )
    return html(
        '<p class="{kind}" style="margin-top:8px">{real}</p>',
        kind=kind,
        real=real,
    )


RUN = {
    "converged": "settled",
    "max_steps": "stopped at the chosen depth before it had settled",
    "diverged": "grew without bound and was stopped",
}
