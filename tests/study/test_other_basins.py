"""Refits of a network that end in another minimum are told where their numbers are shown."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer import study
from afif_explorer.figures import FIGURES
from afif_explorer.spec import Spec
from afif_explorer.study.given import Given, add_fit
from tests.analysis.test_basins import ROWS, network

TOLD = "another minimum than the one next to the fit"


@functools.cache
def shown() -> Given:
    return add_fit(network())


@pytest.fixture
def spec() -> Iterator[Spec]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield Spec(**shown().start)


def elsewhere(rows: list[int]) -> list[bool]:
    return [ax.retrain(network(), [row]).another_basin for row in rows]


def test_the_check_by_retraining_counts_them(spec: Spec) -> None:
    count = sum(elsewhere(ROWS))
    assert 0 < count < len(ROWS)
    found = study.verify(spec, random=0, top=0, selected=ROWS)
    assert found.elsewhere.startswith(f"{count} of {len(ROWS)} refits ended in {TOLD}")
    drawn = str(FIGURES["verification"].draw(found).layout.title.text)
    assert TOLD in drawn.replace("<br>", " ")


def test_so_does_the_bar_of_the_selection(spec: Spec) -> None:
    there = ROWS[int(np.argmax(elsewhere(ROWS)))]
    here = ROWS[int(np.argmin(elsewhere(ROWS)))]
    found = study.removal(spec.replace(selected=(there,)), retrained=True)
    assert found.elsewhere.startswith(f"The refit ended in {TOLD}")
    assert not study.removal(spec.replace(selected=(there,))).elsewhere  # nothing is retrained
    assert not study.removal(spec.replace(selected=(here,)), retrained=True).elsewhere


def test_and_the_view_of_removals(spec: Spec) -> None:
    there = ROWS[int(np.argmax(elsewhere(ROWS)))]
    asked = spec.replace(selected=(there,), rule="selection", view="unlearning")
    assert any(TOLD in note for note in study.unlearning(asked, retrained=True).notes)
    assert not any(TOLD in note for note in study.unlearning(asked).notes)
