"""``figure``, ``table`` and ``controls``: parts of the explorer as separate widgets."""

from __future__ import annotations

import ipywidgets

from afif_explorer.errors import InvalidChoice
from afif_explorer.html_tables import html_table
from afif_explorer.notebook.chart import Chart
from afif_explorer.notebook.context import ViewContext
from afif_explorer.notebook.output.presence import Presence
from afif_explorer.notebook.output.stills import Kept, Still
from afif_explorer.notebook.panel import ControlPanel
from afif_explorer.notebook.row_table import RowTable
from afif_explorer.notebook.strip import Strip
from afif_explorer.notebook.view import style
from afif_explorer.screens import SCREENS
from afif_explorer.screens.parts import Figure, Part, Rows
from afif_explorer.screens.rows import PAGE_ROWS, all_rows
from afif_explorer.state import Explorer
from afif_explorer.state.work import ALWAYS, NEEDED

_PARTS: dict[str, tuple[str, Part]] = {
    part.name: (view, part)
    for view, screen in SCREENS.items()
    for part in screen.parts
    if isinstance(part, Figure)
}
(_ROWS,) = (part for part in SCREENS["points"].parts if isinstance(part, Rows))


def figure(explorer: Explorer, name: str, *, dark: bool | None = None) -> Chart:
    """One figure of an explorer as a widget, which follows its settings and selects rows.

    An explorer computes what its open view shows, so the view that has the figure is opened if the present
    one does not need the same result.

    Args:
        explorer: whose results to show.
        name: one of ``ax.figures.FIGURES``, such as "ranking", "row_map" or "lissa_map".
        dark: dark or light; None: like the page.

    Returns:
        A widget.

    Raises:
        InvalidChoice: if there is no such figure.

    >>> import afif_explorer as ax
    >>> explorer = ax.Explorer("hiring")
    >>> ax.notebook.figure(explorer, "ranking").title
    'Rows that matter most'
    >>> explorer.close()
    """
    if name not in _PARTS:
        raise InvalidChoice(
            f"There is no figure {str(name)[:40]!r}; the figures are: {', '.join(_PARTS)}."
        )
    view, part = _PARTS[name]
    assert isinstance(part, Figure)
    if part.drawn.needs not in (*ALWAYS, *NEEDED[explorer.view]):
        explorer.view = view
    widget: Chart = _followed(explorer, part, dark).shown[name].widget
    widget.explorer = explorer
    return widget


class Piece(Kept, ipywidgets.VBox):
    """A part of an explorer with its styles."""

    def __init__(self, explorer: Explorer, part: ipywidgets.Widget) -> None:
        super().__init__([style(), Presence(explorer), part])
        self.explorer: Explorer = explorer
        self.add_class("afif-explorer")

    def still(self) -> Still:
        """The choices in one sentence."""
        return Still(sentence=self.explorer.sentence())


class TablePiece(Piece):
    """The table of rows; a saved notebook shows its first page."""

    def still(self) -> Still:
        """The rows with the largest effects."""
        if self.explorer.points is None:
            return super().still()
        rows = all_rows(self.explorer)
        first = rows.frame.head(PAGE_ROWS)
        return Still(
            sentence=self.explorer.sentence(),
            html=html_table(_ROWS.label, [*rows.titles.values()], first.itertuples(index=False)),
        )


def table(explorer: Explorer) -> ipywidgets.VBox:
    """The table of all training rows of an explorer as a widget; its boxes select rows.

    Args:
        explorer: whose rows to show.

    Returns:
        A widget.

    >>> import afif_explorer as ax
    >>> explorer = ax.Explorer("hiring")
    >>> type(ax.notebook.table(explorer)).__name__
    'TablePiece'
    >>> explorer.close()
    """
    widget = _followed(explorer, _ROWS, None).shown[_ROWS.name].widget
    assert isinstance(widget, RowTable)
    return TablePiece(explorer, widget)


def controls(explorer: Explorer) -> ipywidgets.VBox:
    """The controls of an explorer as a widget, without its views.

    Args:
        explorer: whose settings they are.

    Returns:
        A widget.

    >>> import afif_explorer as ax
    >>> explorer = ax.Explorer("hiring")
    >>> type(ax.notebook.controls(explorer)).__name__
    'Piece'
    >>> explorer.close()
    """
    panel = ControlPanel(explorer)
    return Piece(explorer, ipywidgets.VBox([panel.own_table.widget, panel.widget]))


def _followed(explorer: Explorer, part: Part, dark: bool | None) -> Strip:
    """The part as a widget that is brought up to date while the explorer lives."""
    return Strip(
        ViewContext(explorer, lambda: Chart.page_was_dark if dark is None else dark, _refuse),
        (part,),
    )


def _refuse(reason: str) -> None:
    raise InvalidChoice(reason)  # shown by the host: in JupyterLab's log, or below the cell
