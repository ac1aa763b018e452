"""Page objects for browser tests of the dashboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import FloatRect, Locator, Page

PATIENCE = 60_000  # ms; two cores may be shared with other work

TRACES = """drawing => drawing._fullData.map(trace => ({
  type: trace.type,
  name: trace.name ?? "",
  ids: Array.from(trace.customdata ?? [], Number),
  x: Array.from(trace.x ?? []),
  y: Array.from(trace.y ?? []),
}))"""


class Dashboard:
    """One visit to the dashboard at ``url``."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)

    def open(self, **choices: object) -> Dashboard:
        """Go to the page with these choices in the address, others by default, and wait until it is up."""
        query = "&".join(f"{name}={value}" for name, value in {"v": 1, **choices}.items())
        self.page.goto(f"{self.url}/?{query}")
        self.wait()
        return self

    def arrive(self) -> Dashboard:
        """Go to the bare address, as a new visitor does, and wait until the page is up."""
        self.page.goto(self.url)
        self.wait()
        return self

    def wait(self) -> None:
        """Until nothing is worked on."""
        self.page.locator(".headline").wait_for()
        self.page.locator(".facts b").first.wait_for()

    def plot(self, name: str) -> Locator:
        """The place of a figure."""
        return self.page.locator(f'.afif-plot[data-figure="{name}"]')

    def drawn(self, name: str) -> list[dict[str, Any]]:
        """The traces of a figure, once it is drawn."""
        plot = self.plot(name)
        expect(plot).to_have_attribute("data-state", "ready", timeout=PATIENCE)
        expect(plot).to_have_attribute("data-drawn", re.compile(r"\d+"), timeout=PATIENCE)
        return plot.locator(".afif-drawing").evaluate(TRACES)

    def rest(self) -> None:
        """Wait until what can wait is there too, so that nothing on the page moves any more."""
        self.page.locator(".tabulator-row").first.wait_for()
        self.page.locator("html:not(.afif-waits)").wait_for()  # for the visitor's theme
        loaded, before = "performance.getEntriesByType('resource').length", -1
        while (now := self.page.evaluate(loaded)) != before:
            before = now
            self.page.wait_for_timeout(1000)

    def canvas(self, name: str) -> FloatRect:
        """Where the axes of a drawn figure lie, once they stay there."""
        return self.at_rest(self.plot(name).locator(".nsewdrag"))

    def at_rest(self, part: Locator) -> FloatRect:
        """Where ``part`` lies, once it stays there."""
        before = None
        for _ in range(200):
            now = part.bounding_box()
            if now is not None and now == before:
                return now
            before = now
            self.page.wait_for_timeout(250)
        raise AssertionError(f"{part} never came to rest")

    def hover(self, name: str, right: float, down: float) -> None:
        """Rest the mouse at these shares of the axes until the drawing tells what is there."""
        words = self.plot(name).locator(".hoverlayer .hovertext")
        for turn in range(60):
            area = self.canvas(name)
            x, y = area["x"] + right * area["width"], area["y"] + down * area["height"]
            self.page.mouse.move(x + turn % 2, y)
            self.page.wait_for_timeout(1000)
            if words.count():
                return
        raise AssertionError(f"{name} says nothing of its point ({right}, {down})")

    def stays(self, part: Locator) -> Locator:
        """``part`` itself, seen, once nobody has put another in its place for two seconds.

        A table that comes into view makes its rows anew, which takes a click away that is under way.
        """
        for _ in range(60):
            now = part.element_handle()
            now.evaluate("element => element.scrollIntoView({block: 'nearest'})")
            self.page.wait_for_timeout(2000)
            if now.evaluate("element => element.isConnected"):
                return part
        raise AssertionError(f"{part} was made anew for two minutes")

    def version(self, name: str) -> int:
        """How often the server has sent something for a figure that is drawn."""
        return int(self.plot(name).get_attribute("data-version") or 0)

    def redrawn(self, name: str, since: int) -> None:
        """Wait until a figure shows something newer than version ``since``."""
        self.page.wait_for_function(
            "([element, since]) => Number(element.dataset.version) > since",
            arg=[self.plot(name).element_handle(), since],
        )

    def choose(self, label: str, option: str) -> None:
        """Pick from a drop-down list."""
        self.page.get_by_role("combobox", name=label).first.click()
        self.page.get_by_role("option", name=option, exact=True).click()

    def turn_to(self, view: str) -> None:
        """Open a view, once the strip of tabs does not scroll any more."""
        tab = self.page.get_by_role("tab", name=view, exact=True)
        tab.scroll_into_view_if_needed()
        self.at_rest(tab)
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")

    def headline(self) -> str:
        return self.page.locator(".headline").inner_text()

    def metrics(self) -> dict[str, list[str]]:
        """The table of metrics: name with unit, without its note, then the cells as they are read."""
        rows = self.page.get_by_role("table", name="On the test rows").locator("tbody tr")
        return {
            row.locator("th").inner_text().split("\n")[0]: row.locator("td").all_inner_texts()
            for row in rows.all()
        }


def token(page: str) -> str:
    """What the page with this source connects with."""
    [found] = re.findall('"token":"([^"]+)"', page)
    return str(found)
