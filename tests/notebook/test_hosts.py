"""The widgets' scripts run in every host of such widgets: they use only what all of them have."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import pytest

from afif_explorer.notebook.chart import Chart, chart, library
from afif_explorer.notebook.files.code import Code
from afif_explorer.notebook.files.columns import Columns, Notes
from afif_explorer.notebook.output.presence import Presence
from afif_explorer.notebook.row_table import RowTable
from afif_explorer.notebook.scenes import SceneWidget, scene
from tests.helpers.pages import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDGETS = (Chart, Code, Columns, Notes, Presence, RowTable, SceneWidget)
PARTS = ("get", "set", "save_changes", "on", "off", "send")
# A model that has nothing else: any other use is an error. ``heard`` is what a widget has said.
HOST = """async ({script, traits, parts}) => {
  globalThis.heard = []
  globalThis.handlers = []
  globalThis.refused = []
  const model = {
    get: (name) => traits[name],
    set: (name, value) => { traits[name] = value },
    save_changes: () => {},
    on: (event, call) => { handlers.push([event, call]) },
    off: (event, call) => { globalThis.handlers = handlers.filter(([, one]) => one !== call) },
    send: (message) => { heard.push(message) },
  }
  const only = new Proxy(model, {get: (target, name) => {
    if (!parts.includes(name)) { refused.push(String(name)); throw new Error(`no ${String(name)}`) }
    return target[name]
  }})
  globalThis.tell = (message, buffers = []) => {
    for (const [event, call] of handlers) if (event === "msg:custom") call(message, buffers)
  }
  const url = URL.createObjectURL(new Blob([script], {type: "text/javascript"}))
  const module = (await import(url)).default
  const widget = typeof module === "function" ? await module() : module
  document.body.replaceChildren(document.createElement("div"))
  document.body.firstChild.classList.add("afif-widget")
  globalThis.close = await widget.render({model: only, el: document.body.firstChild})
}"""
EXPLORER: Any = None  # which the scripts know nothing of
SEND_LIBRARY = """([scripts, styles]) => {
  const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer)
  tell({kind: "library"}, [bytes(scripts), bytes(styles)])
}"""


def host(page: Page, widget: Any) -> None:
    """Show a widget by its script and traits alone."""
    names = [name for name in widget.keys if not name.startswith("_")]
    traits = {name: getattr(widget, name) for name in names if name not in ("layout", "tooltip")}
    page.goto("about:blank")
    page.evaluate(
        HOST,
        {
            "script": str(widget._esm),
            "traits": json.loads(json.dumps(traits, default=str)),
            "parts": list(PARTS),
        },
    )


def shown(kind: type) -> Any:
    if kind is SceneWidget:
        return scene("lever")
    takes = {Columns: lambda _: None, Notes: lambda _: None, Presence: EXPLORER, RowTable: EXPLORER}
    return kind(takes[kind]) if kind in takes else kind()


@pytest.mark.browser
@pytest.mark.parametrize("kind", WIDGETS, ids=lambda kind: kind.__name__)
def test_a_widget_needs_only_what_every_host_has(page: Page, kind: type) -> None:
    host(page, shown(kind))
    assert page.evaluate("refused") == []
    page.evaluate("close?.()")
    assert page.evaluate("handlers") == []


@pytest.mark.browser
def test_a_figure_is_drawn_from_messages_alone(page: Page) -> None:
    widget = chart(go.Figure(go.Bar(y=[1, 3]), {"title": "Own"}))
    host(page, widget)
    assert [one["kind"] for one in page.evaluate("heard")] == ["library", "ready", "present"]
    page.evaluate("text => tell({kind: 'figure', text})", widget.message)
    page.evaluate(SEND_LIBRARY, [base64.b64encode(part).decode() for part in library()])
    page.locator(".bars .point").nth(1).wait_for(timeout=PATIENCE)
    page.locator(".bars .point path").first.click(force=True)
    said = page.wait_for_function("heard.find(one => one.kind === 'click')").json_value()
    assert said["x"] == 0
    assert page.evaluate("refused") == []


@pytest.mark.browser
def test_a_widget_without_a_kernel_says_one_sentence(page: Page) -> None:
    for widget in (Presence(EXPLORER), chart(go.Figure(go.Bar(y=[1])))):
        host(page, widget)
        line = page.get_by_role("status").first
        line.get_by_text("No answer from Python").or_(
            page.get_by_text("No answer from Python")
        ).first.wait_for(timeout=PATIENCE)
        page.evaluate("tell({kind: 'present'})")
        assert line.text_content() == ""


@pytest.mark.browser
def test_undo_and_redo_are_heard_once_the_widget_is_touched(page: Page) -> None:
    host(page, Presence(EXPLORER))
    page.evaluate(
        "document.body.append(document.createElement('button'), document.createElement('input'))"
    )

    def heard() -> list[str]:
        return [one["kind"] for one in page.evaluate("heard") if one["kind"] != "present"]

    page.keyboard.press("Control+z")
    assert heard() == []
    page.evaluate("document.querySelector('.afif-widget').style.height = '50px'")
    page.locator(".afif-widget").click()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Control+y")
    assert heard() == ["undo", "redo", "redo"]
    page.locator("button").click()
    page.keyboard.press("Control+z")
    assert len(heard()) == 3
    page.locator(".afif-widget").click()
    page.locator("input").focus()
    page.keyboard.press("Control+z")
    assert len(heard()) == 3
