"""A visitor's session: from the address to the page, until the session ends."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import panel as pn

from afif_explorer.app import panel_patches, theme
from afif_explorer.app.page.dashboard import Dashboard
from afif_explorer.app.updates.loop import DocumentLoop
from afif_explorer.app.updates.scheduler import Scheduler
from afif_explorer.spec import FIELDS, Spec
from afif_explorer.state import Explorer

KNOWN_SECONDS = 0.1  # results that are known already are there by then, and come with the page


def open_session() -> Any:
    """The page of a new visitor, with the settings from the link."""
    document = pn.state.curdoc
    panel_patches.use_own_stylesheets(document)
    spec, notes = Spec.from_query(_choices(document.session_context.request))
    others = {name: getattr(spec, name) for name in FIELDS if name != "dataset"}
    scheduler = Scheduler(DocumentLoop(document))
    explorer = Explorer(spec.dataset, schedule=scheduler.now, **others)
    scheduler.flush(lambda: explorer.await_idle(0), KNOWN_SECONDS)
    dashboard = Dashboard(explorer, scheduler, notes=notes)
    figures = in_script(dashboard.first_paint())
    document.template_variables.update(theme.TEMPLATE_VARIABLES, afif_figures=figures)
    pn.state.onload(scheduler.open)
    pn.state.on_session_destroyed(lambda _context: dashboard.close())
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
