"""What can be taken away from a notebook: files in the working folder, and the settings as Python code."""

from __future__ import annotations

import ipywidgets

from afif_explorer.errors import AfifError
from afif_explorer.notebook.bridge import Following
from afif_explorer.notebook.files.code import Code
from afif_explorer.notebook.files.opener import Opener
from afif_explorer.notebook.files.saving import save
from afif_explorer.screens.content import Line, Strong, hint, line
from afif_explorer.screens.files.exports import AS_PYTHON, EXPORTS, FAILED, HINT, Export
from afif_explorer.screens.markup import markup
from afif_explorer.spec import FIELDS
from afif_explorer.state import Explorer

WHERE = "They are saved in the folder of this notebook's kernel; existing files are kept."


class Exports:
    """The exports of ``explorer``: ``button`` opens ``widget``."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self.message = ipywidgets.HTML()
        self.code = Code()
        self.buttons = {export.filename: self._file(export) for export in EXPORTS}
        self.as_python = _button(AS_PYTHON, "code")
        self.as_python.on_click(lambda _: self._show_code())
        row = ipywidgets.HBox([*self.buttons.values(), self.as_python])
        row.add_class("afif-row")
        about = ipywidgets.HTML(str(markup((hint(f"{HINT} {WHERE}"),))))
        self.widget = ipywidgets.VBox([about, row, self.message, self.code])
        self.widget.add_class("afif-card")
        self.widget.add_class("afif-files")
        self.button = Opener("Export", "download", self.widget).button
        self._following = Following(explorer, FIELDS, lambda _: self._say())

    def _file(self, export: Export) -> ipywidgets.Button:
        button = _button(export.label, "save")
        button.tooltip = f"Save {export.filename}"
        button.on_click(lambda _: self._save(export))
        return button

    def _save(self, export: Export) -> None:
        try:
            path = save(export.filename, export.make(self._explorer).getvalue())
        except AfifError as error:
            self._say(line(Strong(f"{FAILED}."), f" {error}", tone="poor"))
        except OSError as error:
            why = error.strerror or type(error).__name__
            self._say(line(Strong(f"{FAILED}."), f" {export.filename}: {why}.", tone="poor"))
        else:
            kept = "" if path.name == export.filename else f" {export.filename} was there already."
            self._say(line("Saved ", Strong(path.name), f" in {path.parent}.{kept}"))

    def _show_code(self) -> None:
        try:
            code = self._explorer.as_python()
        except AfifError as error:
            self._say(line(Strong(f"{FAILED}."), f" {error}", tone="poor"))
        else:
            self._say(code=code)

    def _say(self, *lines: Line, code: str = "") -> None:
        """Show this and nothing else: what was said before belongs to earlier settings."""
        self.message.value = str(markup(lines))
        self.code.code = code

    def close(self) -> None:
        """Follow the explorer no longer."""
        self._following.close()


def _button(label: str, icon: str) -> ipywidgets.Button:
    return ipywidgets.Button(
        description=label, icon=icon, layout=ipywidgets.Layout(width="auto", flex="0 0 auto")
    )
