"""Five whole stories in JupyterLab, each in a cell of one notebook, with the public functions' numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import expect

import afif_explorer as ax
from tests.helpers.lab import InCell, LabServer, keep_all_cells, open_notebook, run, write
from tests.helpers.pages import PATIENCE
from tests.plugins.browser import Visit, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
PENALTY = ax.Ridge(1e-3)  # the explorer's own penalty
CELLS = (
    "import afif_explorer as ax\nadult = ax.Explorer('adult')\nadult",
    "sorted(adult.selected)",
    "own = ax.Explorer('hiring')\nown",
    "network = ax.Explorer('hiring', model='mlp', hidden=4)\nnetwork",
    "print(network.as_python())",
    "person = ax.Explorer('hiring', view='decisions')\nperson",
    "strengths = ax.Explorer('hiring', view='compare')\nstrengths",
)
LOANS = "loans.csv"


@pytest.fixture(scope="module")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A notebook with a cell for each story, open in JupyterLab; the kernel works in its folder."""
    home = tmp_path_factory.mktemp("lab")
    keep_all_cells(home)
    write(home, *CELLS)
    _loans().to_csv(home / "lessons" / LOANS, index=False)
    visit = Visit()
    server = LabServer(home)
    with visiting(browser, visit) as page:
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        server.show(page)
        open_notebook(page)
        run(page, "import afif_explorer")
        yield page
        page.close()  # before its server goes
        server.stop()
        visit.errors.clear()  # JupyterLab's own


def _loans() -> pd.DataFrame:
    draw = np.random.default_rng(5)
    frame = pd.DataFrame(
        {"income": draw.normal(30, 8, 400).round(2), "years": draw.integers(0, 30, 400)}
    )
    frame["town"] = draw.choice(["north", "south"], 400)
    lead = 0.15 * (frame["income"] - 30) + (frame["town"] == "north") + draw.logistic(size=400)
    frame["paid"] = np.where(lead > 0, "yes", "no")
    return frame


def same(shown: str, value: float) -> bool:
    """Whether ``shown`` is ``value`` rounded to the digits that it has."""
    digits = shown.replace("−", "-").replace("+", "").split()[0]
    decimals = len(digits.partition(".")[2])
    return abs(float(digits) - value) <= 0.5001 * 10**-decimals


def effects_in(story: InCell) -> dict[int, float]:
    """The effects of the rows in the ranking, by their ids."""
    bars = [trace for trace in story.drawn("ranking") if trace["type"] == "bar"]
    return {
        row: effect for trace in bars for row, effect in zip(trace["ids"], trace["x"], strict=True)
    }


def check_effects(story: InCell, fit: ax.Fit, effects: ax.Effects) -> None:
    """The ranking has the rows with the largest effects, and those are ``effects``."""
    shown, wanted = effects_in(story), dict(zip(fit.ids.tolist(), np.asarray(effects), strict=True))
    for row, effect in shown.items():
        assert effect == pytest.approx(wanted[row], rel=1e-6)
    largest = max(wanted, key=lambda row: abs(wanted[row]))
    assert len(shown) == 24
    assert largest in shown


def test_fairness_on_adult(lab: Page, data_home: Path) -> None:
    """The gap between men and women falls without wives with a low income, as a refit confirms."""
    story = InCell(lab, "adult = ax.Explorer")
    story.choose("Target", "Demographic parity gap")
    story.says("The gap on the")
    story.press("Find rows")
    for column, value in (("relationship", "Wife"), ("income", "<=50K")):
        story.choose("Column", column)
        story.choose("Value", value)
        story.press("Add condition")
    story.press("Select these")
    [lowered] = story.says(
        r"Removing them lowers the demographic parity gap .*? by ([\d.]+) in probab"
    )
    story.press("Retrain")
    [truly] = story.says(r"Retrained without them:.*?test rows (−[\d.]+) ")

    data = ax.load_dataset("adult")
    rows = ax.rows_where(data, 'relationship = Wife and income = "<=50K"')
    told = run(lab, "sorted(adult.selected)")
    expect(told).to_contain_text("[")
    assert told.inner_text().split()[:2] == [f"[{rows.min()},", f"{np.sort(rows)[1]},"]

    fit = ax.fit(data, penalty=PENALTY)
    target = ax.DemographicParityDifference("sex", split="test")
    predicted = ax.unlearn(fit, rows, targets=target).effects[target]
    retrained = ax.retrain(fit, rows).effects(target)[target]
    assert same(lowered, -predicted)
    assert same(truly, retrained)

    story.press("Simulate removal")
    story.press("Retrain without them")
    story.says("Retraining reached a gradient norm")
    before, one_step, refit = story.table("On the test rows")[
        "Demographic parity gap, probabilities probability"
    ]
    chance, women = fit.predict(data.test.X), data.test.frame["sex"] == "Female"
    gap = chance[~women].mean() - chance[women].mean()
    assert same(before, gap)
    assert same(one_step, gap + predicted)
    assert same(refit, gap + retrained)


def test_an_own_file(lab: Page) -> None:
    story = InCell(lab, "own = ax.Explorer")
    story.press("Use my own file")
    story.shown.get_by_label("CSV or Parquet file", exact=True).fill(LOANS)
    story.press("Read the file")
    story.says("400 rows and 4 columns were read")
    for column, role in (("paid", "target"), ("town", "sensitive")):
        field = story.shown.get_by_label(f"Role of {column}", exact=True)
        field.select_option(role)
        expect(field).to_have_value(role)
    story.press("Use this table")
    story.says(f"Logistic regression on {LOANS}")
    story.rest()
    data = ax.Dataset.from_frame(_loans(), target="paid", sensitive=["town"])
    fit = ax.fit(data, penalty=PENALTY)
    check_effects(story, fit, ax.attribute(fit, ax.MeanLoss("test")))
    story.choose("Target", "Demographic parity gap")
    [gap] = story.says(r"The gap on the \w+ rows is ([\d.]+) in probability")
    chance, north = fit.predict(data.test.X), data.test.frame["town"] == "north"
    assert same(gap, abs(chance[north].mean() - chance[~north].mean()))


def test_a_network_whose_lissa_diverges_and_is_mended(lab: Page) -> None:
    story = InCell(lab, "network = ax.Explorer")
    story.choose("Solver", "LiSSA")
    story.rest()
    story.shown.get_by_label("by the automatic rule").first.uncheck()
    story.slide("LiSSA scale", "Home")
    [scale] = story.says(r"LiSSA diverged at scale ([\d.]+)")
    expect(story.plot("ranking")).to_contain_text(f"diverged at scale {scale}")
    story.turn_to("LiSSA lab")
    story.drawn("lissa_map")
    story.press("Set scale and depth automatically")
    story.turn_to("Influential points")
    expect(story.shown.get_by_text("diverged at").filter(visible=True)).to_have_count(0)
    story.rest()
    made: dict[str, Any] = {}
    exec(run(lab, "print(network.as_python())").inner_text(), made)
    assert "LiSSA" in repr(made["method"])
    fit = made["fit"]
    check_effects(story, fit, made["effects"])
    with pytest.raises(ax.SolverDiverged, match=f"diverged at scale {scale}"):
        ax.attribute(fit, ax.MeanLoss("test"), ax.AFIF(solver=ax.LiSSA(scale=float(scale))))


def test_a_decision_on_one_person_is_flipped(lab: Page) -> None:
    story = InCell(lab, "person = ax.Explorer")
    story.drawn("decision_margins")
    people = story.shown.get_by_label("Person", exact=True)
    fragile = people.locator("option", has_text="depends on 1 row").first.inner_text()
    people.select_option(fragile)
    story.says("1 training row carries this decision")
    story.press("Retrain without them")
    decided, behind = story.says(
        r"the decision is '(\w+)'; the one before is behind by ([\d.]+) log-odds"
    )

    fit = ax.fit(ax.load_dataset("hiring"), penalty=PENALTY)
    flips = ax.flip(fit)
    test, [place] = fit.data.test, np.flatnonzero(flips.counts == 1)[:1]
    person = test.ids[place]
    assert fragile.split()[:2] == ["Row", f"{person}:"]
    chance = fit.predict(test.X)[place]
    hired = ax.Prediction("test", int(person), outcome=fit.data.classes.index("hired"))
    after = chance + ax.retrain(fit, flips.rows(person)).effects(hired)[hired]
    assert fit.data.classes[int(after >= 0.5)] == decided
    assert (chance >= 0.5) != (after >= 0.5)
    assert same(behind, abs(np.log(after / (1 - after))))


def test_two_strengths_are_compared(lab: Page) -> None:
    story = InCell(lab, "strengths = ax.Explorer")
    story.press("Pin the present fit")
    story.drawn("effect_comparison")
    story.slide("Regularisation strength", "End")
    [strength] = story.says(r"Now\s*Logistic regression, ridge ([1-9]\d*),")
    story.rest()
    data = ax.load_dataset("hiring")
    weak, strong = (ax.fit(data, penalty=ax.Ridge(one)) for one in (1e-3, float(strength)))
    shown = story.table("Target, and metrics on the test rows")["Accuracy"]
    accuracies = [one.metrics["accuracy"] for one in (weak, strong)]
    for cell, value in zip(shown, [*accuracies, accuracies[1] - accuracies[0]], strict=True):
        assert same(cell, value)
    before, now = (np.asarray(ax.attribute(one, ax.MeanLoss("test"))) for one in (weak, strong))
    [pearson] = story.says(r"([\d.−]+)\s*Pearson correlation of the effects")
    assert same(pearson, np.corrcoef(before, now)[0, 1])
    [changed] = story.says(r"(\d+) decisions? of 300 change")
    X = data.test.X
    assert int(changed) == ((weak.predict(X) >= 0.5) != (strong.predict(X) >= 0.5)).sum()
