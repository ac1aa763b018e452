"""axe-core, which checks a page for faults that keep people from using it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

GRAVE = ("serious", "critical")
COLOURS = ("cat.color",)  # axe-core's tag of the rules that another theme may break
HEADINGS = ("heading-order", "empty-heading")  # of less impact, but by them people find their way
# Without preload: it loads style sheets and media again, of which there are none from elsewhere.
RUN = """async ([rules, part]) => {
  const only = rules.length ? {runOnly: rules} : {}
  const within = (root) => [...root.querySelectorAll("*")].flatMap((one) => [
    ...(one.matches(part) && one.getClientRects().length ? [one] : []),
    ...(one.shadowRoot ? within(one.shadowRoot) : []),
  ])
  const found = part ? within(document) : [document]
  if (found.length !== 1) throw new Error(`${found.length} parts of the page are ${part}`)
  const {violations} = await axe.run(found[0], {resultTypes: ["violations"], preload: false, ...only})
  return violations.flatMap((rule) => rule.nodes.map((node) => ({
    rule: rule.id,
    impact: node.impact ?? rule.impact,
    html: node.html.slice(0, 200),
    what: node.failureSummary,
  })))
}"""

# Colours fade and panels slide in; what turns for ever (a spinner) is not waited for.
AT_REST = """() => {
  const ends = (one) => one.playState === "running" && one.effect.getComputedTiming().endTime < Infinity
  const moves = (root) => root.getAnimations().some(ends)
    || [...root.querySelectorAll("*")].some((one) => one.shadowRoot && moves(one.shadowRoot))
  return !moves(document)
}"""


@cache
def _script() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def faults(page: Page, rules: tuple[str, ...] = (), part: str = "") -> list[dict[str, str]]:
    """What axe-core finds of serious or critical impact, or of headings, once ``page`` is at rest.

    ``rules``: only those with one of these tags. ``part``: only the one in sight with this selector.
    """
    page.wait_for_function(AT_REST)
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(_script())
    found: list[dict[str, str]] = page.evaluate(RUN, [list(rules), part])
    return [one for one in found if one["impact"] in GRAVE or one["rule"] in HEADINGS]
