"""Every choice and every figure has its page of plain words."""

from __future__ import annotations

import pytest

from afif_explorer import explain
from afif_explorer.figures import FIGURES
from afif_explorer.spec import FIELDS

PAGES = [*(f"choices/{field}" for field in FIELDS), *(f"figures/{name}" for name in FIGURES)]


@pytest.mark.parametrize("name", PAGES)
def test_there_is_a_page(name: str) -> None:
    words = explain.page(name).split()
    assert 20 <= len(words) <= 400, "long enough to help, short enough to be read"
