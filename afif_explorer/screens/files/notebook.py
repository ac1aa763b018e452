"""What is on screen as a Jupyter notebook: the code that computes it, and the explorer itself."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

from afif_explorer import __version__
from afif_explorer.spec import FIELDS, Spec
from afif_explorer.state import Explorer
from afif_explorer.state.options import OF_A_FIT
from afif_explorer.study.keys import is_upload

_FORMAT = {"nbformat": 4, "nbformat_minor": 5}
_KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
_DEFAULT = Spec()


def notebook(explorer: Explorer) -> io.StringIO:
    """A notebook with the code of "Copy as Python" in cells, its results, and the explorer.

    Raises :class:`InvalidChoice` while the data, or the rows to remove, are not known.
    """
    made = datetime.now(UTC).strftime("%d %B %Y")
    intro = f"# {explorer.sentence()}\n\nFrom AFIF explorer {__version__}, {made}."
    blocks = explorer.as_python().strip().split("\n\n")
    cells = [("markdown", intro), *(("code", block) for block in blocks)]
    cells += [("code", "effects"), ("markdown", "The explorer with the same settings:")]
    cells.append(("code", _explorer(explorer)))
    content = {
        "cells": [_cell(place, kind, text) for place, (kind, text) in enumerate(cells)],
        "metadata": _KERNEL,
        **_FORMAT,
    }
    return io.StringIO(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _cell(place: int, kind: str, text: str) -> dict[str, Any]:
    code: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    lines = text.splitlines(keepends=True)
    return {"cell_type": kind, "id": f"cell-{place}", "metadata": {}, "source": lines, **code}


def _explorer(explorer: Explorer) -> str:
    """The call that opens an explorer with these settings."""
    spec, given = explorer.spec, explorer.data.given is not None
    own = {"dataset": repr(spec.dataset)}
    if given or is_upload(spec.dataset):
        own = {"fit": "fit"} if given else {"data": "data"}
    decided = {"dataset", *(OF_A_FIT if given else ())}
    chosen = {
        name: repr(getattr(spec, name))
        for name in FIELDS
        if name not in decided and getattr(spec, name) != getattr(_DEFAULT, name)
    }
    return f"ax.Explorer({', '.join(f'{name}={value}' for name, value in (own | chosen).items())})"
