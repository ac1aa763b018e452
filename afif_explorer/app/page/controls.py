"""The sidebar with all settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn

from afif_explorer import datasets
from afif_explorer.app.components.columns import Notes
from afif_explorer.app.components.elements import (
    Lazy,
    Text,
    ask,
    button,
    flow,
    stack,
)
from afif_explorer.app.components.field_widget import field_widget
from afif_explorer.app.components.fields import WIDE, Fields
from afif_explorer.app.page.upload import Upload
from afif_explorer.choices import CONDITIONAL, PICKS, pages
from afif_explorer.choices.sections import SECTIONS, Section
from afif_explorer.errors import AfifError
from afif_explorer.screens.files import notes
from afif_explorer.screens.files.own_table import OPEN
from afif_explorer.screens.given import about_given
from afif_explorer.screens.markup import html, join
from afif_explorer.state.options import OF_A_FIT
from afif_explorer.state.relevance import relevant
from afif_explorer.wording import count

INSET = ":host { border-left: 3px solid var(--mui-palette-divider); padding-left: 12px; }"


class Controls:
    """All settings of ``fields.explorer``. ``explain(*names)`` opens help pages, ``upload`` own tables."""

    def __init__(self, fields: Fields, *, explain: Callable[..., None], upload: Upload) -> None:
        self._explorer = fields.explorer
        self._fields = fields
        self._explain = explain
        self._upload = upload
        self._about = Text()
        self._given = Text()
        self._notes = Notes(upload.change)
        self._conditional: dict[str, Lazy] = {}
        self._groups: dict[tuple[str, ...], pn.Column] = {}
        self.panel = stack(
            *(self._section(str(n), section) for n, section in enumerate(SECTIONS, 1)),
            gap=20,
            stylesheets=[":host { padding: 16px 16px 32px; }"],
        )
        fields.follower.on((*PICKS, "data", "offered"), lambda _changed: self._arrange())
        fields.follower.on(("dataset", "data"), lambda _changed: self._describe())
        self._arrange()
        self._describe()

    def _section(self, step: str, section: Section) -> pn.Column:
        title, field = section.title, section.about
        head = Text(
            html('<h2 class="step"><span class="n">{n}</span>{title}</h2>', n=step, title=title)
        )
        about = ask(title, lambda: self._explain(*pages(field, getattr(self._explorer, field))))
        row = flow(head, about, gap=4, align="center", stylesheets=[":host { flex-wrap: nowrap; }"])
        parts = [self._place(part) for part in section.fields]
        if field == "dataset":
            own = button(OPEN, "upload_file", self._upload.open, **WIDE)
            parts[1:1] = [self._about, self._notes, own]
        if field == "model":
            parts.insert(0, self._given)
        return stack(row, *parts, gap=10)

    def _place(self, part: str | tuple[str, ...]) -> Any:
        """The control of a field, or of grouped fields."""
        if isinstance(part, str):
            sometimes = part in CONDITIONAL or part in (*OF_A_FIT, "seed")
            return self._postponed(part) if sometimes else field_widget(self._fields, part)
        group = stack(*map(self._postponed, part), gap=4, stylesheets=[INSET])
        self._groups[part] = group
        return group

    def _postponed(self, name: str) -> pn.Column:
        self._conditional[name] = Lazy(lambda: field_widget(self._fields, name))
        return self._conditional[name].panel

    def _arrange(self) -> None:
        """Show the settings that have an effect."""
        shown = relevant(self._explorer)
        for name, place in self._conditional.items():
            place.show(name in shown)
        for names, group in self._groups.items():
            group.visible = not shown.isdisjoint(names)

    def _describe(self) -> None:
        self._about.put(about(self._explorer))
        words = about_given(self._explorer)
        self._given.put(html('<p class="hint">{words}</p>', words=words) if words else "")
        data, name = self._explorer.data, self._explorer.dataset
        here = data if data is not None and data.name == name else None
        self._notes.content = notes.as_json(here, self._upload.columns(name))


def about(explorer: Any) -> Any:
    """A short description of an explorer's data set."""
    data = explorer.data
    if data is not None and data.name == explorer.dataset:
        rows = html(
            "{train} training, {validation} validation and {test} test rows. "
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
        return join(html('<p class="hint">{line}</p>', line=line) for line in lines)
    try:
        entry = datasets.describe(explorer.dataset)
    except AfifError:
        return ""
    wait = "Downloaded from its source on first use." if entry.needs_network else ""
    return html('<p class="hint">{title}. {wait}</p>', title=entry.title, wait=wait)


def _sentence(text: str) -> str:
    text = text.strip()
    return f"{text}." if text and text[-1] not in ".!?" else text
