"""Somebody's own file in a real browser: what is refused says why, and the way on stays open."""

from __future__ import annotations

import zipfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.helpers.pages import PATIENCE, Dashboard

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from tests.plugins.browser import Visit

pytestmark = pytest.mark.browser
ROWS = "".join(f"{i % 7},{'ab'[i % 2]},{(i * i) % 11 < 5},same\n" for i in range(300))
TABLE = f"size,who,hired,constant\n{ROWS}"

# Every text that the page ever shows in the field of the data set.
WATCH = """() => {
  window.__read = new Set()
  const look = () => {
    const walk = root => root.querySelectorAll("*").forEach(element => {
      if (element.shadowRoot) walk(element.shadowRoot)
      if (element.getAttribute("role") === "combobox") window.__read.add(element.innerText)
    })
    walk(document)
    window.setTimeout(look, 20)
  }
  look()
}"""

DROPPED = """text => {
  const all = new DataTransfer()
  all.items.add(new File([text], "dropped.csv"))
  return all
}"""


def opened(page: Page, app_url: str) -> Dashboard:
    visit = Dashboard(page, app_url).open()
    page.get_by_role("button", name="Use my own file").click()
    page.get_by_role("dialog").wait_for()
    page.wait_for_timeout(1000)
    return visit


def give(page: Page, path: Path) -> None:
    page.locator("input[type=file]").first.set_input_files(path)


def role(page: Page, column: str, value: str) -> None:
    """Choose the role of a column, and wait until Python has answered."""
    field = page.get_by_label(f"Role of {column}", exact=True)
    field.select_option(value)
    expect(field).to_have_value(value)


def test_each_file_that_cannot_be_used_is_refused_with_its_reason(
    page: Page, app_url: str, tmp_path: Path
) -> None:
    (tmp_path / "empty.csv").touch()
    with zipfile.ZipFile(tmp_path / "table.zip", "w") as archive:
        archive.writestr("table.csv", TABLE)
    with (tmp_path / "large.csv").open("wb") as large:
        large.truncate(50_000_001)
    (tmp_path / "good.csv").write_text(TABLE)
    opened(page, app_url)
    told = page.get_by_role("dialog").locator(".banner")
    for name, why in (
        ("empty.csv", "The file is empty."),
        ("table.zip", "a zip archive"),
        ("empty.csv", "The file is empty."),
        ("large.csv", "larger than 50 MB"),
        ("good.csv", "300 rows and 4 columns were read"),
        ("good.csv", "300 rows and 4 columns were read"),
        ("empty.csv", "The file is empty."),
    ):
        give(page, tmp_path / name)
        expect(told).to_contain_text(why, timeout=PATIENCE)
        shown = page.get_by_role("button", name="Use this table")
        expect(shown).to_be_visible() if name == "good.csv" else expect(shown).to_be_hidden()


def test_a_table_that_cannot_be_used_can_be_asked_about_again(
    page: Page, app_url: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.csv").write_text(TABLE)
    opened(page, app_url)
    give(page, tmp_path / "mine.csv")
    use = page.get_by_role("button", name="Use this table")
    expect(page.get_by_role("combobox", name="Task", exact=True)).to_have_text(
        "Infer from the target"
    )
    role(page, "constant", "target")
    for _ in range(2):
        use.click()
        expect(page.locator(".banner.error")).to_contain_text("has only one value")
        expect(use).to_be_enabled()
    give(page, tmp_path / "mine.csv")
    expect(page.locator(".banner.error")).to_be_hidden()
    expect(use).to_be_enabled()
    page.evaluate(WATCH)
    use.click()
    expect(page.locator(".headline")).to_contain_text("mine.csv", timeout=PATIENCE)
    expect(page.get_by_role("combobox", name="Data set")).to_have_text("mine.csv")
    read = page.evaluate("Array.from(window.__read)")
    assert not [text for text in read if "upload-" in text]


def test_the_seed_splits_an_own_file(page: Page, app_url: str, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(TABLE)
    visit = opened(page, app_url)
    give(page, tmp_path / "mine.csv")
    page.get_by_role("button", name="Use this table").click()
    expect(page.locator(".headline")).to_contain_text("mine.csv", timeout=PATIENCE)
    first = {row for trace in visit.drawn("row_map") for row in trace["ids"]}
    since = visit.version("row_map")
    page.get_by_label("Seed", exact=True).fill("7")
    page.keyboard.press("Enter")
    visit.redrawn("row_map", since)
    second = {row for trace in visit.drawn("row_map") for row in trace["ids"]}
    assert len(first) == len(second) == 210
    assert first != second
    page.get_by_role("button", name="Copy as Python").click()
    expect(page.locator("pre.code")).to_contain_text("ax.inspect('mine.csv')")
    expect(page.locator("pre.code")).to_contain_text("seed=7")


def test_a_file_of_this_machine_is_named_by_its_path(
    page: Page, app_url: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.csv").write_text(TABLE)
    opened(page, app_url)
    field = page.get_by_label("Or the path of a file on this machine")
    field.fill(str(tmp_path / "none.csv"))
    field.press("Enter")
    expect(page.locator(".banner.error")).to_contain_text("none.csv", timeout=PATIENCE)
    field.fill(str(tmp_path / "mine.csv"))
    field.press("Enter")
    page.get_by_role("button", name="Use this table").click()
    expect(page.locator(".headline")).to_contain_text("mine.csv", timeout=PATIENCE)
    page.get_by_role("button", name="Copy as Python").click()
    expect(page.locator("pre.code")).to_contain_text(f"ax.inspect('{tmp_path}/mine.csv')")


def test_a_change_begins_with_the_task_that_was_chosen(
    page: Page, app_url: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.csv").write_text(TABLE)
    opened(page, app_url)
    give(page, tmp_path / "mine.csv")
    role(page, "size", "target")
    task = page.get_by_role("combobox", name="Task", exact=True)
    task.click()
    page.get_by_role("option", name="Regression").click()
    page.get_by_role("button", name="Use this table").click()
    expect(page.locator(".headline")).to_contain_text("mine.csv", timeout=PATIENCE)
    page.get_by_role("button", name="Change").first.click()
    page.get_by_role("dialog").wait_for()
    expect(page.get_by_label("Role of size", exact=True)).to_have_value("target")
    expect(task).to_have_text("Regression: a number")


def answered(status: int, route: Route) -> None:
    """What a proxy, or a server that was started anew, says."""
    route.fulfill(status=status)


def test_a_slow_file_shows_its_progress_and_can_be_stopped(
    page: Page, app_url: str, tmp_path: Path, visit: Visit
) -> None:
    large = "size,who,hired\n" + "".join(f"{i % 7},{'ab'[i % 2]},yes\n" for i in range(300_000))
    (tmp_path / "large.csv").write_text(large)
    opened(page, app_url)
    network = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 300_000}
    network.send("Network.emulateNetworkConditions", slow)
    give(page, tmp_path / "large.csv")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("The first rows, while the rest is read")).to_be_visible()
    expect(dialog.locator("progress:visible")).to_have_count(1)
    dialog.locator(".way button:visible").click()
    expect(dialog.locator(".banner.error")).to_contain_text("It was stopped on its way.")
    expect(dialog.locator("progress:visible")).to_have_count(0)
    network.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    for status, why in ((413, "a proxy before the server"), (404, "Reload the page")):
        page.route("**/upload/**", partial(answered, status))
        give(page, tmp_path / "large.csv")
        expect(dialog.locator(".banner.error")).to_contain_text(why)
        page.unroute("**/upload/**")
    visit.errors[:] = [told for told in visit.errors if "status of 4" not in told]
    dropped = page.evaluate_handle(DROPPED, TABLE)
    button = dialog.locator("label").filter(has_text="Choose a CSV or Parquet file")
    button.dispatch_event("drop", {"dataTransfer": dropped})
    expect(dialog.locator(".banner")).to_contain_text("300 rows and 4 columns were read")
    expect(dialog.locator(".told").first).to_have_text("dropped.csv")
