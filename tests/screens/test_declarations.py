"""The declared views: complete, with help pages, and with the correct fields."""

from __future__ import annotations

import pytest

from afif_explorer import explain
from afif_explorer.choices.views import VIEWS
from afif_explorer.figures import FIGURES
from afif_explorer.screens import HEAD, SCREENS, SELECTION
from afif_explorer.screens.parts import Action, Field, Figure, Menu, Part, Text, parts_of
from afif_explorer.spec import FIELDS
from afif_explorer.state.work import ALWAYS, NEEDED, SOURCES
from tests.helpers.screens import Reads, explorer

STRIPS = {"head": tuple(HEAD), "selection": tuple(parts_of((SELECTION,)))}
PARTS = {name: screen.parts for name, screen in SCREENS.items()} | STRIPS
ALL = [
    pytest.param(part, id=f"{name}-{part.name}") for name, parts in PARTS.items() for part in parts
]
NO_FIELDS = {
    "sentence",
    "absence",
    "can_undo",
    "can_redo",
    "fresh",
    "known_rows",
    "table",
    "matching",
    "nearest",
    "selected_cohort",
}  # each goes with fields that are read beside it


def test_every_view_is_declared_once_and_in_order():
    assert tuple(SCREENS) == tuple(VIEWS)


def test_every_figure_is_in_one_view():
    shown = [part.name for parts in PARTS.values() for part in parts if isinstance(part, Figure)]
    assert sorted(shown) == sorted(FIGURES)


@pytest.mark.parametrize("name", PARTS)
def test_the_parts_of_a_view_have_names_of_their_own(name):
    names = [part.name for part in PARTS[name]]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", SCREENS)
def test_a_view_shows_the_results_that_are_computed_for_it(name):
    read = {field for part in SCREENS[name].parts for field in part.reads}
    asked_for = {"verification", "brush"}  # computed when a person asks for it
    assert read & SOURCES.keys() - {*ALWAYS} - asked_for == set(NEEDED[name])


@pytest.mark.parametrize("part", ALL)
def test_a_part_has_a_label_and_a_page(part: Part):
    assert part.label.strip()
    assert part.page in explain.names()


@pytest.mark.parametrize("part", ALL)
def test_a_part_reads_what_it_says(part: Part):
    for found in (explorer(), explorer(selected=(), verification=None, scale=3.0)):
        reads = Reads(found)
        part.shown(reads)
        if isinstance(part, Text):
            part.says(reads)
        elif isinstance(part, Figure):
            part.options(reads, dark=False)
            part.result(reads)
        elif isinstance(part, Action):
            part.called(reads)
            part.enabled(reads)
        elif isinstance(part, Field):
            part.enabled(reads)
        elif isinstance(part, Menu):
            assert part.value(reads) in part.offered(reads).values()
        assert reads.names - NO_FIELDS <= part.hears


@pytest.mark.parametrize("part", ALL)
def test_what_a_part_reads_exists(part: Part):
    state = {"selected", "primary", "status", "stale", "offered", "cohorts", "scene", "recorded"}
    state |= {"finding", "condition", "column", "operator", "level"}
    assert part.hears <= {*FIELDS, *SOURCES, *state}
