"""A visitor's session: from the address to the page, until the session ends."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import panel as pn

from afif_explorer.app import panel_patches, theme
from afif_explorer.app.page.dashboard import Dashboard
from afif_explorer.app.updates.loop import DocumentLoop
from afif_explorer.app.updates.scheduler import Scheduler
from afif_explorer.script_data import in_script
from afif_explorer.spec import FIELDS, Spec
from afif_explorer.state import Explorer
from afif_explorer.state.options import start_of
from afif_explorer.study.given import Given

KNOWN_SECONDS = 0.1  # results that are known already are there by then, and come with the page


def open_session(given: Given | None = None, protected: bool = False, local: bool = False) -> Any:
    """The page of a new visitor, with the settings from the link.

    Without a link: those of the fit ``given``, or those that every explorer starts with.

    ``protected``: by a password; ``local``: served to this machine only.
    """
    document = pn.state.curdoc
    panel_patches.use_own_stylesheets(document)
    choices = _choices(document.session_context.request)
    spec, notes = Spec.from_query(choices)
    if not choices:
        spec = Spec(**start_of(given, None, {}))
    others = {name: getattr(spec, name) for name in FIELDS if name != "dataset"}
    scheduler = Scheduler(DocumentLoop(document))
    explorer = Explorer(spec.dataset, schedule=scheduler.now, **others)
    scheduler.flush(lambda: explorer.await_idle(0), KNOWN_SECONDS)
    dashboard = Dashboard(explorer, scheduler, notes=notes, protected=protected, local=local)
    figures = in_script(dashboard.first_paint())
    document.template_variables.update(theme.TEMPLATE_VARIABLES, afif_figures=figures)
    pn.state.onload(scheduler.open)
    pn.state.on_session_destroyed(lambda _context: dashboard.close())
    return dashboard.page


def _choices(request: Any) -> str:
    """The query string of the page's address without ``theme``, which is not a setting.

    Bokeh stores it in the page's token, so it survives if the session is recreated because the browser
    connects after the first session has expired.
    """
    arguments = {name: values for name, values in request.arguments.items() if name != "theme"}
    return urlencode(arguments, doseq=True)
