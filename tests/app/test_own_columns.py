"""A table with many faults is mended in the upload dialog, and gives the numbers of a clean one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import expect

import afif_explorer as ax
from tests.helpers.pages import PATIENCE, Dashboard

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
N = 400
RNG = np.random.default_rng(5)
AGE = RNG.integers(20, 60, N)
SHARE = RNG.integers(1, 99, N)
SEX = RNG.choice(["F", "M"], N)
HIRED = np.where(0.05 * (AGE - 40) + 0.02 * (SHARE - 50) + RNG.normal(size=N) > 0, "yes", "no")
SPELT = np.where((SEX == "F") & (np.arange(N) % 3 == 0), "f", SEX)


def faulty() -> str:
    """An identifier, percent signs, two spellings of a group, the target under other names; no header."""
    columns = (
        np.arange(70_001, 70_001 + N),
        AGE,
        [f"{share}%" for share in SHARE],
        SPELT,
        np.where(HIRED == "yes", "accepted", "turned down"),
        HIRED,
    )
    return "".join(",".join(map(str, row)) + "\n" for row in zip(*columns, strict=True))


def test_a_faulty_table_is_mended_in_the_dialog(page: Page, app_url: str, tmp_path: Path) -> None:
    (tmp_path / "faulty.csv").write_text(faulty())
    visit = Dashboard(page, app_url).open()
    page.get_by_role("button", name="Use my own file").click()
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    page.wait_for_timeout(1000)
    page.locator("input[type=file]").first.set_input_files(tmp_path / "faulty.csv")
    names = dialog.locator(".afif-columns tbody th")
    expect(names).to_have_count(6, timeout=PATIENCE)
    label, target = (names.nth(place).inner_text() for place in (3, 5))

    def role(place: int, value: str) -> None:
        field = page.get_by_label(f"Role of {names.nth(place).inner_text()}", exact=True)
        field.select_option(value)
        expect(field).to_have_value(value)

    role(5, "target")
    role(3, "sensitive")
    told = dialog.locator(".afif-columns .noticed")
    expect(told.nth(3)).to_contain_text("may be the same", timeout=PATIENCE)
    told.nth(3).get_by_role("button", name="Merge them").click()
    expect(told.nth(3)).to_contain_text("Done: Merge them", timeout=PATIENCE)
    told.nth(4).locator("button.main").click()
    expect(told.nth(4)).to_contain_text("Done: Leave it out", timeout=PATIENCE)
    expect(page.get_by_label(f"Role of {names.nth(4).inner_text()}", exact=True)).to_have_value(
        "ignore"
    )
    expect(page.get_by_label(f"Role of {names.nth(0).inner_text()}", exact=True)).to_have_value(
        "id"
    )
    page.get_by_role("button", name="Use this table").click()
    expect(page.locator(".headline")).to_contain_text("faulty.csv", timeout=PATIENCE)
    visit.wait()

    clean = pd.DataFrame({"age": AGE, "share": SHARE, label: SEX, target: HIRED})
    data = ax.Dataset.from_frame(clean, target=target, sensitive=label, seed=0)
    effects = ax.attribute(ax.fit(data, model="logistic"), ax.MeanLoss("test"))
    known = dict(zip(data.train.ids.tolist(), np.asarray(effects).tolist(), strict=True))
    drawn = [
        (row, x)
        for trace in visit.drawn("ranking")
        for row, x in zip(trace["ids"], trace["x"], strict=False)
        if row in known
    ]
    assert drawn
    for row, x in drawn:
        assert x == known[row]
