"""The left side: what a person chooses, in the order in which it is chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
from markupsafe import Markup

from afif_explorer import datasets
from afif_explorer.app.components.elements import (
    Postponed,
    Text,
    ask,
    button,
    flow,
    stack,
)
from afif_explorer.app.components.fields import WIDE, Fields
from afif_explorer.app.components.sliders import Automatic, LogSlider
from afif_explorer.errors import AfifError
from afif_explorer.figures.notes import notes_markup
from afif_explorer.screens.markup import html, join
from afif_explorer.state.relevance import relevant
from afif_explorer.wording import count

INSET = ":host { border-left: 3px solid var(--mui-palette-divider); padding-left: 12px; }"


class Controls:
    """All choices of ``fields.explorer``. ``explain(name)`` opens a page of explanations."""

    def __init__(
        self, fields: Fields, *, explain: Callable[[str], None], upload: Callable[[], None]
    ) -> None:
        self._explorer = fields.explorer
        self._fields = fields
        self._explain = explain
        self._upload = upload
        self._about = Text()
        self._made_of: dict[str, Any] = {}
        self.panel = stack(
            self._section("1", "Data", "choices/dataset", *self._data()),
            self._section("2", "Model", "choices/model", *self._model()),
            self._section("3", "What to watch", "choices/target", *self._target()),
            self._section("4", "Curvature and solver", "choices/method", *self._curvature()),
            gap=20,
            stylesheets=[":host { padding: 16px 16px 32px; }"],
        )
        fields.follower.on(
            ("model", "penalty", "target", "solver", "view", "data", "offered"),
            lambda _changed: self._arrange(),
        )
        fields.follower.on(("dataset", "data"), lambda _changed: self._describe())
        self._arrange()
        self._describe()

    def _section(self, step: str, title: str, page: str, *parts: Any) -> pn.Column:
        head = Text(
            html('<h2 class="step"><span class="n">{n}</span>{title}</h2>', n=step, title=title)
        )
        about = ask(title, lambda: self._explain(page))
        row = flow(head, about, gap=4, align="center", stylesheets=[":host { flex-wrap: nowrap; }"])
        return stack(row, *parts, gap=10)

    def _data(self) -> tuple[Any, ...]:
        own = button("Use my own file", "upload_file", self._upload, **WIDE)
        seed = self._fields.whole("seed")
        return self._fields.select("dataset"), self._about, own, seed

    def _model(self) -> tuple[Any, ...]:
        self._hidden = Postponed(lambda: self._fields.whole("hidden"))
        self._strength = LogSlider(self._fields, "strength").connect().widget
        return (
            self._fields.select("model"),
            self._hidden.panel,
            self._fields.select("penalty"),
            self._strength,
        )

    def _target(self) -> tuple[Any, ...]:
        self._sensitive = self._fields.select("sensitive")
        self._row = Postponed(lambda: self._fields.whole("row"))
        return (
            self._fields.select("target"),
            self._fields.select("split"),
            self._row.panel,
            self._sensitive,
        )

    def _curvature(self) -> tuple[Any, ...]:
        self._lissa = Postponed(self._lissas_own)
        return (
            self._fields.select("method"),
            self._fields.select("solver"),
            self._lissa.panel,
            LogSlider(self._fields, "damping").connect().widget,
            self._fields.switch("rescale"),
        )

    def _lissas_own(self) -> pn.Column:
        scale, depth = (
            Automatic(self._fields, name, ("lissa", "points")) for name in ("scale", "depth")
        )
        repeats = self._fields.whole("repeats")
        return stack(scale.panel, depth.panel, repeats, gap=4, stylesheets=[INSET])

    def _arrange(self) -> None:
        """Show the choices that mean something now."""
        shown = relevant(self._explorer)
        self._hidden.reveal("hidden" in shown)
        self._strength.visible = "strength" in shown
        self._row.reveal("row" in shown)
        self._sensitive.visible = "sensitive" in shown
        self._lissa.reveal("depth" in shown)

    def _describe(self) -> None:
        self._about.put(about(self._explorer))


def about(explorer: Any) -> Any:
    """The data set of an explorer in a few lines."""
    data = explorer.data
    if data is not None and data.name == explorer.dataset:
        rows = html(
            "{train} rows to train on, {validation} to validate, {test} to test. "
            "Predicts <b>{target}</b>.",
            train=count(data.n_train),
            validation=count(data.n_validation),
            test=count(data.n_test),
            target=data.target,
        )
        origin = html(
            "{source} Licence: {licence}.", source=_sentence(data.source), licence=data.licence
        )
        lines = [rows, *([origin] if data.licence else [])]
        notes = Markup(notes_markup(data))  # escaped there
        return join([*(html('<p class="hint">{line}</p>', line=line) for line in lines), notes])
    try:
        entry = datasets.describe(explorer.dataset)
    except AfifError:
        return ""
    wait = " Fetched from its source at first use." if entry.needs_network else ""
    return html('<p class="hint">{title}.{wait}</p>', title=entry.title, wait=wait)


def _sentence(text: str) -> str:
    text = text.strip()
    return f"{text}." if text and text[-1] not in ".!?" else text
