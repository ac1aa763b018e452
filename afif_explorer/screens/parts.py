"""The parts of a view. Each kind of part has a renderer in each user interface; no toolkit is used here.

A part declares which fields of the explorer it reads, when it is shown, its label and its page in
:mod:`afif_explorer.explain`. Texts are :mod:`content`, as raw text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from afif_explorer.choices import label
from afif_explorer.figures import FIGURES
from afif_explorer.figures.drawing.registry import Figure as Drawn
from afif_explorer.figures.drawing.serialization import Click
from afif_explorer.screens.content import Content, hint, line
from afif_explorer.state import Explorer

NOTHING: Mapping[str, str] = MappingProxyType({})
Interface = Literal["dashboard", "notebook"]
Icon = Literal[
    "check",
    "run",
    "automatic",
    "retrain",
    "remove",
    "close",
    "delete",
    "undo",
    "redo",
    "again",
    "save",
    "search",
    "select",
    "add",
    "learn",
]


def always(_explorer: Explorer) -> bool:
    """True for every state of the explorer."""
    return True


def idle(explorer: Explorer) -> bool:
    """True if nothing is being computed."""
    return bool(explorer.status.kind != "running")


@dataclass(frozen=True)
class Part:
    """One element of a view.

    ``reads``: the explorer's fields that it shows; ``label``: its name for users; ``page``: its help page;
    ``width``: minimum width in px beside other parts; ``grow``: its share of the remaining width, 0 without
    a width: as wide as its content;
    ``elsewhere``: why a user interface does not have it.
    """

    name: str
    _: KW_ONLY
    label: str
    page: str
    reads: tuple[str, ...]
    shown: Callable[[Explorer], bool] = always
    width: int = 0
    grow: float = 1
    elsewhere: Mapping[Interface, str] = field(default_factory=dict)

    @property
    def hears(self) -> frozenset[str]:
        """The fields whose changes update it."""
        return frozenset(self.reads)


@dataclass(frozen=True)
class Figure(Part):
    """A figure of the catalogue.

    ``brush``: lasso and box select rows; ``hides_verdict``: its verdict is shown elsewhere; ``click``: the
    action of a click; by default, in figures with ``brush``, it selects the row.
    """

    _: KW_ONLY
    brush: bool = False
    hides_verdict: bool = False
    click: Callable[[Explorer, Click], None] | None = None

    @property
    def hears(self) -> frozenset[str]:
        return frozenset({*self.reads, "status", "stale"})

    @property
    def drawn(self) -> Drawn:
        """The entry of the catalogue."""
        return FIGURES[self.name]

    def result(self, explorer: Explorer) -> Any:
        """The result that it draws; None if not available."""
        found, part = getattr(explorer, self.drawn.needs), self.drawn.on_request
        return None if found is None or (part and part(found) is None) else found

    def options(self, explorer: Explorer, *, dark: bool) -> dict[str, Any]:
        """The current options of the drawing function."""
        selected = {"selected": explorer.selected} if "selected" in self.drawn.takes else {}
        return {"dark": dark} | selected

    def sketch(
        self, result: Any, options: dict[str, Any], about: Mapping[str, str] = NOTHING
    ) -> dict[str, Any]:
        """The figure as plain dictionaries, for display; ``about``: what a picture of it says of itself."""
        made = self.drawn.sketch(result, **options)
        if self.hides_verdict and made["head"]:
            made["head"] |= {"verdict": ""}
        if made["head"]:
            made["head"] |= about
        return made


@dataclass(frozen=True)
class Text(Part):
    """Sentences, statistics or tables, created by ``content`` from the explorer.

    ``needs``: a required result; without it, ``waiting`` or the reason for its absence is shown.
    ``tallest``: maximum height in px, above which it scrolls.
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
        """Its current content."""
        if not self.needs or getattr(explorer, self.needs) is not None:
            return self.content(explorer)
        if not self.waiting:
            return ()
        why = explorer.absence(self.needs)
        return (line(why, tone="poor") if why else hint(self.waiting),)


@dataclass(frozen=True)
class Action(Part):
    """A button. ``act`` raises AfifError or ValueError if it is not possible. ``main``: whether it is the
    primary action of its view; ``caption``: its current caption, if not always the label."""

    _: KW_ONLY
    icon: Icon
    act: Callable[[Explorer], None]
    about: str
    enabled: Callable[[Explorer], bool] = always
    caption: Callable[[Explorer], str] | None = None
    main: bool = False

    def called(self, explorer: Explorer) -> str:
        """Its current caption."""
        return self.caption(explorer) if self.caption else self.label


@dataclass(frozen=True)
class Field(Part):
    """The control of a setting."""

    _: KW_ONLY
    enabled: Callable[[Explorer], bool] = always


@dataclass(frozen=True)
class Menu(Part):
    """A list to choose from, for choices that a result offers. ``options``: raw labels and their values;
    ``value``: the current one; ``act`` takes another, and raises as an action's; ``about``: its tooltip."""

    _: KW_ONLY
    options: Callable[[Explorer], Mapping[str, Any]]
    value: Callable[[Explorer], Any]
    act: Callable[[Explorer, Any], None]
    about: str

    def offered(self, explorer: Explorer) -> dict[str, Any]:
        """The options, the current value always among them."""
        options, value = dict(self.options(explorer)), self.value(explorer)
        return options if value in options.values() else {**options, str(value): value}


@dataclass(frozen=True)
class Entry(Part):
    """A line of text, used when it is entered. ``act`` raises as an action's; ``example``: what it may look
    like."""

    _: KW_ONLY
    value: Callable[[Explorer], str]
    act: Callable[[Explorer, str], None]
    example: str


@dataclass(frozen=True)
class Rows(Part):
    """The table of all training rows: see :mod:`rows`."""


@dataclass(frozen=True)
class Scenes(Part):
    """The interactive scenes: see :mod:`afif_explorer.scenes`."""


@dataclass(frozen=True)
class Group:
    """Parts laid out together."""

    items: tuple[Item, ...]
    _: KW_ONLY
    width: int = 0
    grow: float = 1
    gap: int = 14

    @property
    def hears(self) -> frozenset[str]:
        """The fields whose changes update its parts."""
        return frozenset().union(*(part.hears for part in parts_of(self.items)))


@dataclass(frozen=True)
class Card(Group):
    """A card with parts below each other; ``sticky``: it stays in sight while the page scrolls."""

    _: KW_ONLY
    gap: int = 8
    sticky: bool = False


@dataclass(frozen=True)
class Below(Group):
    """Below each other."""


@dataclass(frozen=True)
class Beside(Group):
    """Side by side; wraps in narrow windows."""

    _: KW_ONLY
    centred: bool = False


Item = Part | Group


@dataclass(frozen=True)
class Screen:
    """One view: ``name`` is its value in ``Spec.view``; ``first``: how many of its figures are drawn
    immediately; the others are drawn after the paint."""

    name: str
    body: tuple[Item, ...]
    first: int = 2
    parts: tuple[Part, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(parts_of(self.body)))

    @property
    def title(self) -> str:
        """Its name for users."""
        return label("view", self.name)

    @property
    def page(self) -> str:
        """Its help page."""
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


def choice(name: str, **settings: Any) -> Menu:
    """A menu that sets the explorer's field ``name``; ``settings`` as for :class:`Menu`."""

    def take(explorer: Explorer, value: Any) -> None:
        explorer.param.update(**{name: value})

    return Menu(name, **{"value": lambda explorer: getattr(explorer, name), "act": take} | settings)


def card(*items: Item, **settings: Any) -> Card:
    """A card with ``items``."""
    return Card(items, **settings)


def beside(*items: Item, **settings: Any) -> Beside:
    """``items`` side by side."""
    return Beside(items, **settings)


def below(*items: Item, **settings: Any) -> Below:
    """``items`` below each other."""
    return Below(items, **settings)
