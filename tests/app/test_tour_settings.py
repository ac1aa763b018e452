"""The tour gives the visitor's own settings back when it ends, however it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from afif_explorer.app.page.tour import Tour
from afif_explorer.screens.tour import STEPS
from afif_explorer.spec import Spec
from afif_explorer.state.options import OPENING

MINE = Spec(dataset="adult", strength=0.1, target="mean_loss", view="lissa", selected=(3, 5))
LAST = len(STEPS) - 1


class Context:
    """An explorer that only remembers its settings, and what the tour needs of the page."""

    def __init__(self) -> None:
        self.explorer, self.spec = self, MINE
        self.follower = self

    def on(self, fields: Any, act: Any) -> None:
        """Nothing changes by itself."""

    def attempt(self, act: Callable[[], None]) -> None:
        act()

    def apply(self, spec: Spec) -> None:
        self.spec = spec

    def fresh(self, name: str) -> bool:
        return False

    @property
    def dataset(self) -> str:
        return self.spec.dataset


@pytest.fixture
def context() -> Context:
    return Context()


def tell(tour: Tour, *steps: int | None) -> None:
    for step in steps:
        tour._handle_msg({"step": step})


@pytest.mark.parametrize("way", [(0,), (0, 2), (0, 3, 2), (0, 2, 0)])
def test_the_settings_from_before_come_back(context: Context, way: tuple[int, ...]) -> None:
    tour = Tour(context)  # type: ignore[arg-type]
    tell(tour, *way)
    assert context.spec == Spec().replace(**OPENING), "the tour has its own"
    tell(tour, None)
    assert context.spec == MINE


def test_every_tour_has_its_own_before(context: Context) -> None:
    tour = Tour(context)  # type: ignore[arg-type]
    tell(tour, 0, None)
    context.spec = MINE.replace(strength=1.0)
    tell(tour, 0, None)
    assert context.spec == MINE.replace(strength=1.0)


def test_a_page_that_is_loaded_again_knows_them(context: Context) -> None:
    tour, told = Tour(context), []  # type: ignore[arg-type]
    tour._send_msg = told.append  # type: ignore[method-assign]
    tell(tour, 0, 2)
    [kept] = [json.loads(message)["before"] for message in told]
    again = Tour(context)  # type: ignore[arg-type]
    again._handle_msg({"step": 2, "before": kept})
    tell(again, 3, None)
    assert context.spec == MINE


@pytest.mark.parametrize("kept", ["v=1&strength=<b>&selected=no", "&&&", 7, ["v=1"]])
def test_what_a_browser_should_not_have_kept_is_no_error(context: Context, kept: Any) -> None:
    tour = Tour(context)  # type: ignore[arg-type]
    tour._handle_msg({"step": 0, "before": kept})
    tell(tour, None)
    assert context.spec == (Spec() if isinstance(kept, str) else MINE)


def test_who_declines_or_has_chosen_other_data_keeps_them(context: Context) -> None:
    tour = Tour(context)  # type: ignore[arg-type]
    tell(tour, None)
    assert context.spec == MINE
    tell(tour, 0)
    context.spec = Spec(dataset="digits")
    tell(tour, LAST, None)
    assert context.spec == Spec(dataset="digits")
