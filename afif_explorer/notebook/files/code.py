"""Python code in a notebook, with a button that copies it."""

from __future__ import annotations

import anywidget
from traitlets import Unicode

from afif_explorer.notebook.output.assets import static


class Code(anywidget.AnyWidget):
    """Shows ``code``; nothing while that is empty."""

    _esm = static("code.js")

    code = Unicode().tag(sync=True)
