"""What a view is made of. Each kind of part has a renderer in each user interface; no toolkit is used here.

A part says by itself what it reads of the explorer, when it is shown, what it is called and which page
of :mod:`afif_explorer.explain` explains it. Texts are :mod:`content`, in raw text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Literal

from afif_explorer.choices import label
from afif_explorer.figures import FIGURES
from afif_explorer.figures.drawing.registry import Figure as Drawn
from afif_explorer.figures.drawing.serialization import Click
from afif_explorer.screens.content import Content, hint, line
from afif_explorer.state import Explorer

Skin = Literal["dashboard", "notebook"]
Icon = Literal["check", "run", "automatic", "retrain", "remove", "close", "undo", "again"]


def always(_explorer: Explorer) -> bool:
    """Whatever the explorer holds."""
    return True


def idle(explorer: Explorer) -> bool:
    """Nothing is being worked on."""
    return bool(explorer.status.kind != "running")


@dataclass(frozen=True)
class Part:
    """One thing on screen.

    ``reads``: the explorer's fields that it shows; ``label``: what people call it; ``page``: what explains
    it; ``width``: below how many px it takes a row of its own, ``grow``: its share of what is left;
    ``elsewhere``: why one of the user interfaces does not have it.
    """

    name: str
    _: KW_ONLY
    label: str
    page: str
    reads: tuple[str, ...]
    shown: Callable[[Explorer], bool] = always
    width: int = 0
    grow: float = 1
    elsewhere: Mapping[Skin, str] = field(default_factory=dict)

    @property
    def hears(self) -> frozenset[str]:
        """The fields after whose change it is brought up to date."""
        return frozenset(self.reads)


@dataclass(frozen=True)
class Figure(Part):
    """A figure of the catalogue. ``brush``: a region in it selects rows; ``told``: its verdict stands beside
    it; ``click``: what a click does, where rows may be brushed by default to select its row."""

    _: KW_ONLY
    brush: bool = False
    told: bool = False
    click: Callable[[Explorer, Click], None] | None = None

    @property
    def hears(self) -> frozenset[str]:
        return frozenset({*self.reads, "status", "stale"})

    @property
    def drawn(self) -> Drawn:
        """The entry of the catalogue."""
        return FIGURES[self.name]

    def result(self, explorer: Explorer) -> Any:
        """What it draws; None if that is not there."""
        found, part = getattr(explorer, self.drawn.needs), self.drawn.on_request
        return None if found is None or (part and part(found) is None) else found

    def options(self, explorer: Explorer, *, dark: bool) -> dict[str, Any]:
        """How it is drawn now."""
        selected = {"selected": explorer.selected} if "selected" in self.drawn.takes else {}
        return {"dark": dark} | selected

    def sketch(self, result: Any, options: dict[str, Any]) -> dict[str, Any]:
        """The figure as plain dictionaries, for the page and not for a picture to keep."""
        made = self.drawn.sketch(result, **options)
        if self.told and made["head"]:
            made["head"] |= {"verdict": ""}
        return made


@dataclass(frozen=True)
class Text(Part):
    """Sentences, statistics, tables: what ``content`` makes of the explorer.

    ``needs``: the result without which it has nothing to say but ``waiting``, or why there is none.
    ``tallest``: the px from which on it scrolls.
    """

    _: KW_ONLY
    content: Callable[[Explorer], Content]
    needs: str = ""
    waiting: str = ""
    tallest: int = 0

    @property
    def hears(self) -> frozenset[str]:
        return frozenset({*self.reads, self.needs, "status"} if self.needs else self.reads)

    def says(self, explorer: Explorer) -> Content:
        """What it says now."""
        if not self.needs or getattr(explorer, self.needs) is not None:
            return self.content(explorer)
        if not self.waiting:
            return ()
        why = explorer.absence(self.needs)
        return (line(why, tone="poor") if why else hint(self.waiting),)


@dataclass(frozen=True)
class Action(Part):
    """A button. ``act`` raises AfifError or ValueError where that cannot be done. ``main``: the one that
    people come for; ``caption``: what it is called now, if not always its label."""

    _: KW_ONLY
    icon: Icon
    act: Callable[[Explorer], None]
    about: str
    enabled: Callable[[Explorer], bool] = always
    caption: Callable[[Explorer], str] | None = None
    main: bool = False

    def called(self, explorer: Explorer) -> str:
        """What stands on it now."""
        return self.caption(explorer) if self.caption else self.label


@dataclass(frozen=True)
class Field(Part):
    """The control of a choice."""

    _: KW_ONLY
    enabled: Callable[[Explorer], bool] = always


@dataclass(frozen=True)
class Rows(Part):
    """The table of all training rows: see :mod:`rows`."""


@dataclass(frozen=True)
class Group:
    """Parts that belong together."""

    items: tuple[Item, ...]
    _: KW_ONLY
    width: int = 0
    grow: float = 1
    gap: int = 14


@dataclass(frozen=True)
class Card(Group):
    """On a sheet of paper, below each other."""

    _: KW_ONLY
    gap: int = 8


@dataclass(frozen=True)
class Below(Group):
    """Below each other."""


@dataclass(frozen=True)
class Beside(Group):
    """Side by side, as far as there is room."""

    _: KW_ONLY
    centred: bool = False


Item = Part | Group


@dataclass(frozen=True)
class Screen:
    """One view: ``name`` is its value in ``Spec.view``; ``first`` how many of its figures a visitor sees
    first: the others are drawn a moment later."""

    name: str
    body: tuple[Item, ...]
    first: int = 2
    parts: tuple[Part, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(parts_of(self.body)))

    @property
    def title(self) -> str:
        """What people call it."""
        return label("view", self.name)

    @property
    def page(self) -> str:
        """What explains it."""
        return f"views/{self.name}"

    @property
    def hears(self) -> frozenset[str]:
        """The fields that it shows."""
        return frozenset().union(*(part.hears for part in self.parts))


def parts_of(items: tuple[Item, ...]) -> Iterator[Part]:
    """All parts, in order."""
    for item in items:
        if isinstance(item, Part):
            yield item
        else:
            yield from parts_of(item.items)


def figure(name: str, **settings: Any) -> Figure:
    """The figure ``name`` of the catalogue; ``settings`` as for :class:`Figure`."""
    drawn = FIGURES[name]
    selected = ("selected",) if "selected" in drawn.takes else ()
    return Figure(
        name,
        label=drawn.title,
        page=f"figures/{name}",
        reads=(drawn.needs, *selected),
        **settings,
    )


def card(*items: Item, **settings: Any) -> Card:
    """A sheet of paper with ``items`` on it."""
    return Card(items, **settings)


def beside(*items: Item, **settings: Any) -> Beside:
    """``items`` side by side."""
    return Beside(items, **settings)


def below(*items: Item, **settings: Any) -> Below:
    """``items`` below each other."""
    return Below(items, **settings)
