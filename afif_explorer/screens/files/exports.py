"""What can be exported: the files, in the order in which both user interfaces offer them."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

from afif_explorer.screens.files.notebook import notebook
from afif_explorer.screens.files.report import report
from afif_explorer.screens.files.tables import changes_csv, remaining_csv, removed_csv, rows_csv
from afif_explorer.state import Explorer

HINT = (
    "Files contain the current results. Text that a spreadsheet would interpret as a formula is "
    "prefixed with an apostrophe."
)
FAILED = "Export failed"
AS_PYTHON = "Copy as Python"


@dataclass(frozen=True)
class Export:
    """A file to take away. ``make`` raises :class:`InvalidChoice` where there is nothing to export."""

    label: str
    filename: str
    make: Callable[[Explorer], io.StringIO]


EXPORTS = (
    Export("All rows with their effects (CSV)", "effects.csv", rows_csv),
    Export("Removed rows with reasons (CSV)", "removed-rows.csv", removed_csv),
    Export("Metrics before, predicted and retrained (CSV)", "changes.csv", changes_csv),
    Export("Remaining training rows (CSV)", "remaining-rows.csv", remaining_csv),
    Export("Report with all figures (HTML)", "afif-report.html", report),
    Export("Notebook that computes what is on screen", "afif-explorer.ipynb", notebook),
)
