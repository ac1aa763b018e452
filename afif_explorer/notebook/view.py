"""``show``: an explorer as one widget. ``install``: so that a cell shows it by itself."""

from __future__ import annotations

import ipywidgets
from IPython import get_ipython
from IPython.display import display

from afif_explorer.notebook.chart import Chart
from afif_explorer.notebook.context import ViewContext
from afif_explorer.notebook.files.exports import Exports
from afif_explorer.notebook.files.opener import Opener
from afif_explorer.notebook.help import Help
from afif_explorer.notebook.output.assets import static
from afif_explorer.notebook.output.presence import Presence
from afif_explorer.notebook.output.stills import Kept, Still
from afif_explorer.notebook.panel import ControlPanel
from afif_explorer.notebook.statusbar import StatusBar
from afif_explorer.notebook.strip import Strip
from afif_explorer.notebook.views import Tabs
from afif_explorer.screens import SELECTION
from afif_explorer.screens.markup import markup
from afif_explorer.screens.parts import Figure, Text
from afif_explorer.state import Explorer


class ExplorerBox(Kept, ipywidgets.VBox):
    """All of an explorer; a saved notebook shows the figures and texts of its open view."""

    def __init__(self, parts: list[ipywidgets.Widget], view: ExplorerView) -> None:
        super().__init__(parts)
        self.explorer, self._view = view.explorer, view

    def still(self) -> Still:
        """The open view, what is above it, and the sentence of its choices."""
        with self._view.explorer.held():
            return self._now()

    def _now(self) -> Still:
        view, explorer = self._view, self._view.explorer
        selection = view.selection.shown if explorer.selected else {}
        parts = {**view.status.head.shown, **selection, **view.tabs.pages[explorer.view].shown}
        shown = [one for one in parts.values() if one.part.shown(explorer)]
        texts = [one.part.says(explorer) for one in shown if isinstance(one.part, Text)]
        figures = [
            one.widget.still().figures[0]
            for one in shown
            if isinstance(one.part, Figure) and one.part.result(explorer) is not None
        ]
        html = "".join(str(markup(text)) for text in texts)
        return Still(figures, explorer.sentence(), html)


class ExplorerView:
    """Controls, status, selection and views of an explorer; ``widget`` holds them all.

    Two views of one explorer follow the same choices; two explorers are independent.

    Args:
        explorer: what to show.
        dark: dark or light; None: like the page.

    >>> import afif_explorer as ax
    >>> explorer = ax.Explorer("hiring")
    >>> view = ax.notebook.ExplorerView(explorer, dark=True)
    >>> type(view.widget).__name__
    'ExplorerBox'
    >>> view.close()
    >>> explorer.close()
    """

    def __init__(self, explorer: Explorer, dark: bool | None = None) -> None:
        self.explorer = explorer
        with explorer.held():
            self._make(dark)

    def _make(self, dark: bool | None) -> None:
        explorer = self.explorer
        self.panel = ControlPanel(explorer)
        context = ViewContext(
            explorer,
            lambda: Chart.page_was_dark if dark is None else dark,
            lambda reason: self.status.complain(reason),
        )
        self.exports = Exports(explorer)
        self.help = Help(explorer)
        self.status = StatusBar(context, self.exports.button, self.help.button)
        self.selection = Strip(context, (SELECTION,))
        self.tabs = Tabs(context)
        opened = (self.panel.own_table.widget, self.exports.widget, self.help.widget)
        above = (self.status.widget, *opened, *self.selection.widgets)
        right = ipywidgets.VBox([*above, self.tabs.widget])
        right.add_class("afif-main")
        # Where there is no room beside the views, the settings are above them, behind a button.
        self.settings = Opener("Settings", "sliders", self.panel.widget)
        self.settings.button.add_class("afif-narrow")
        body = ipywidgets.HBox([self.panel.widget, right])
        body.add_class("afif-body")
        parts = [style(), Presence(explorer), self.settings.button, body]
        self.widget = ExplorerBox(parts, self)
        self.widget.add_class("afif-explorer")
        if dark is not None:
            self.widget.add_class("afif-dark" if dark else "afif-light")

    def close(self) -> None:
        """Take the widgets off the page; the explorer stays."""
        for part in (self.panel, self.status, self.exports, self.help, self.tabs, self.selection):
            part.close()
        self.widget.close()


def show(explorer: Explorer, *, dark: bool | None = None) -> ipywidgets.Widget:
    """An explorer as a widget, for the last line of a cell.

    A cell whose last expression is the explorer itself shows it like the page.

    Args:
        explorer: what to show.
        dark: dark or light; None: like the page.

    Returns:
        A widget of ipywidgets.

    >>> import afif_explorer as ax
    >>> explorer = ax.Explorer("hiring")
    >>> type(ax.notebook.show(explorer, dark=False)).__name__
    'ExplorerBox'
    >>> explorer.close()
    """
    return ExplorerView(explorer, dark).widget


def install() -> None:
    """Register with the running IPython, if there is one, so that it shows an explorer as its widget.

    ``ax.Explorer`` calls this when it is first used. The explorer itself has no display method, because it
    does not depend on any interface.

    >>> import afif_explorer as ax
    >>> ax.notebook.install()  # outside IPython: nothing to do
    """
    shell = get_ipython()
    if shell is not None:
        formatter = shell.display_formatter.ipython_display_formatter
        formatter.for_type(Explorer, lambda explorer: display(show(explorer)))


def style() -> ipywidgets.HTML:
    """What everything inside ``.afif-explorer`` looks like."""
    # Nested, so that it changes nothing else in the notebook.
    css = f"{static('notebook.css')} .afif-explorer {{ {static('content.css')} }}"
    return ipywidgets.HTML(f"<style>{css}</style>", layout=ipywidgets.Layout(display="none"))
