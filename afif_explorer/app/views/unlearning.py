"""Unlearning and fairness: take rows away, see what is predicted, and what retraining says."""

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
    table,
)
from afif_explorer.app.views.agreement import seconds
from afif_explorer.app.views.view import View
from afif_explorer.figures.text import number, numbers, percent
from afif_explorer.results import Reach, Unlearning
from afif_explorer.wording import count, within

STATES = {"before": "Before", "predicted": "Predicted", "retrained": "Retrained"}


class UnlearningView(View):
    name = "unlearning"
    title = "Unlearning and fairness"
    hears = ("unlearning", "rule", "selected", "offered")

    def build(self) -> object:
        explorer, fields = self.desk.explorer, self.desk.fields
        self._count = fields.whole("count", stylesheets=share(130, 0))
        self._retrain = button(
            "Retrain without them", "model_training", explorer.retrain, main=True
        )
        self._says = Text()
        self._metrics = Text()
        self._notes = Text()
        rule = fields.select("rule", stylesheets=share(240))
        return stack(
            card(
                flow(rule, self._count, self._retrain, gap=14, align="center"),
                self._says,
                stylesheets=[":host { padding-top: 16px; }"],
            ),
            flow(
                self.drawing("metrics_change", told=True, width=440),
                stack(
                    self.drawing("sweep"),
                    self.drawing("score_distributions"),
                    stylesheets=share(440),
                ),
            ),
            card(self._metrics, self._notes),
        )

    def update(self) -> None:
        explorer = self.desk.explorer
        result = explorer.unlearning
        self._count.disabled = explorer.rule == "selection"
        self._retrain.disabled = explorer.status.kind == "running" or result is None
        self._says.put(
            _says(result)
            if result
            else absent(explorer, "unlearning", "What the removal does appears here.")
        )
        self._metrics.put(_metrics(result))
        self._notes.put(_notes(result))


def _says(result: Unlearning) -> Any:
    return html(
        '<p style="margin:10px 0 6px"><b>{n}</b> of {total} training rows removed ({share}): '
        "{rule}.</p>{reach}",
        n=count(result.ids.size),
        total=count(result.n_train),
        share=percent(result.ids.size / max(result.n_train, 1)),
        rule=within(result.rule),
        reach=_reach(result.reach),
    )


def _reach(reach: Reach) -> Any:
    words = {
        "good": "Trust the prediction",
        "fair": "Trust it with care",
        "poor": "RefitEstimate its reach",
    }
    return html(
        '<p><span class="badge {level}">{word}</span> <span class="hint">{text}</span></p>',
        level=reach.level,
        word=words[reach.level],
        text=reach.text,
    )


def _metrics(result: Unlearning | None) -> Any:
    if result is None:
        return ""
    shown = [name for name in STATES if name in result.metrics.columns]
    rows = [_metric(name, result) for name in result.metrics.index]
    return table("On the test rows", ("", *(STATES[name] for name in shown)), rows)


def _metric(name: Any, result: Unlearning) -> list[object]:
    values = result.metrics.loc[name]
    states = [state for state in STATES if state in values.index]
    shown = numbers(float(values[state]) for state in states)
    if name in result.undefined:
        shown = ["not defined"] * len(states)
    unit = html('<span class="unit">{unit}</span>', unit=result.units.get(name, ""))
    about = result.undefined.get(name) or result.compares.get(name, "")
    line = html('<div class="about">{about}</div>', about=about) if about else ""
    return [html("{name} {unit}{line}", name=name, unit=unit, line=line), *shown]


def _notes(result: Unlearning | None) -> Any:
    if result is None:
        return ""
    lines = list(result.notes)
    if result.retrained and result.gradient_norm is not None:
        lines.append(
            f"Retraining stopped at a gradient norm of {number(result.gradient_norm)} "
            f"and took {seconds(result.seconds)}."
        )
    elif not result.retrained:
        lines.append("These are predictions. Retrain to see the truth beside them.")
    return html(
        "{lines}", lines=html("").join(html('<p class="hint">{x}</p>', x=line) for line in lines)
    )
