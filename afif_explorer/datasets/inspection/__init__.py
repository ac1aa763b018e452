"""The column table: what was understood of a table, column by column, before it becomes a data set."""

from __future__ import annotations

from afif_explorer.datasets.inspection.column_table import ColumnTable
from afif_explorer.datasets.inspection.inspecting import inspect

__all__ = ["ColumnTable", "inspect"]
