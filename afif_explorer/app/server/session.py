"""A visitor's session: from the address to the page, until the session ends."""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import panel as pn

from afif_explorer.app import theme
from afif_explorer.app.page.dashboard import Dashboard
from afif_explorer.app.updates.follower import Gate
from afif_explorer.spec import FIELDS, Spec
from afif_explorer.state import Explorer

KNOWN_SECONDS = 0.1  # results that are known already are there by then, and come with the page


def open_session() -> Any:
    """The page of a new visitor, with the settings from the link."""
    document = pn.state.curdoc
    spec, notes = Spec.from_query(_choices(document.session_context.request))
    others = {name: getattr(spec, name) for name in FIELDS if name != "dataset"}
    gate = Gate(document)
    explorer = Explorer(spec.dataset, schedule=gate, **others)
    gate.settle(lambda: explorer.await_idle(0), KNOWN_SECONDS)
    dashboard = Dashboard(explorer, document, gate=gate, notes=notes)
    figures = in_script(dashboard.early())
    document.template_variables.update(theme.TEMPLATE_VARIABLES, afif_figures=figures)
    pn.state.onload(_open(gate))
    pn.state.on_session_destroyed(_Farewell(dashboard))
    return dashboard.page


def in_script(value: Any) -> str:
    """``value`` as JSON that is safe inside a script element."""
    return json.dumps(value).replace("<", "\\u003c")


def _choices(request: Any) -> str:
    """The query string of the page's address without ``theme``, which is not a setting.

    Bokeh stores it in the page's token, so it survives if the session is recreated because the browser
    connects after the first session has expired.
    """
    arguments = {name: values for name, values in request.arguments.items() if name != "theme"}
    return urlencode(arguments, doseq=True)


def _open(gate: Gate) -> Callable[[], None]:
    """Opens ``gate`` if it is still there. Panel keeps this for ever if the page is never drawn."""
    known = weakref.ref(gate)

    def open_it() -> None:
        found = known()
        if found is not None:
            found.open()

    return open_it


class _Farewell:
    """Closes a dashboard once, when Panel says that its session is over."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard: Dashboard | None = dashboard

    def __call__(self, _context: Any) -> None:
        dashboard, self._dashboard = self._dashboard, None
        if dashboard is not None:
            dashboard.close()
