"""What a saved notebook shows of a widget without a kernel: a picture, and a text that says the same.

JupyterLab shows only one form of an output, the widget. So the text and the picture are two outputs of their
own, which the page hides while the widget works (see ``static/notebook.js``). A picture is plain PNG, which
every host shows, also in notebooks that are not trusted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from IPython import get_ipython
from IPython.display import display

from afif_explorer.notebook.output.assets import static
from afif_explorer.state import Explorer

ROOT = "afif-widget"  # the class of a widget that is an output of its own
SILENT = "Interactive while its kernel runs: run this cell again."
CALM = 2.0  # seconds without a change until the picture is drawn again
PATIENCE = 300.0  # seconds for results, if nobody is there to see them arrive

_OUTPUT = ".jp-OutputArea-child"


def _style(marked_up: bool) -> str:
    """That of the text. A widget that is not there leaves an error of the host, which is hidden."""
    gone = f"{_OUTPUT}:has(+ {_OUTPUT} .afif-still):not(:has(.{ROOT})) {{ display: none }}"
    look = f".afif-still {{ --line: #8888; {static('content.css')} }}" if marked_up else ""
    return gone + look


@dataclass(frozen=True)
class Still:
    """Figures for a picture, and what else to say: a sentence as raw text, and ``html``."""

    figures: Sequence[dict[str, Any]] = ()
    sentence: str = ""
    html: str = ""

    def outputs(self) -> list[dict[str, Any]]:
        """The text and the picture, as arguments of ``display``."""
        # Loads matplotlib, which only a notebook's display needs.
        from afif_explorer.figures.still.picture import picture, words

        told = [words(figure) or ["Figure"] for figure in self.figures]
        items = "".join(
            f"<li><strong>{escape(title)}</strong> {escape(' '.join(more))}</li>"
            for title, *more in told
        )
        said = self.html or f"<p>{escape(self.sentence)}</p>"
        html = f"<style>{_style(bool(self.html))}</style><p>{SILENT}</p>{said}<ul>{items}</ul>"
        plain = "\n".join([*filter(None, [self.sentence]), *(" ".join(one) for one in told)])
        note = {"text/html": f'<div class="afif-still">{html}</div>', "text/plain": plain}
        if not self.figures:
            return [_output(note), _output({"text/plain": ""})]
        drawn = {"image/png": picture(self.figures), "text/plain": ""}
        alt = {"image/png": {"alt": "; ".join(title for title, *_ in told)}}
        return [_output(note), _output(drawn, alt)]


def _output(data: dict[str, Any], metadata: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"obj": data, "metadata": metadata or {}, "raw": True}


class Kept:
    """A widget that a saved notebook shows as a picture and text."""

    explorer: Explorer | None = None  # whose results it shows; None: what it shows is there already

    def still(self) -> Still:
        """What it shows now."""
        raise NotImplementedError

    def _ipython_display_(self) -> None:
        self.add_class(ROOT)  # type: ignore[attr-defined]
        bundle = self._repr_mimebundle_()  # type: ignore[attr-defined]
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        display({**data, "text/plain": SILENT}, raw=True)
        if (shell := get_ipython()) is not None and hasattr(shell, "kernel"):
            _show(self, attended=_attended(shell))


def _attended(shell: Any) -> bool:
    """Whether a person can answer: nbclient, nbconvert and papermill say that nobody can."""
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return bool(parent.get("content", {}).get("allow_stdin", True))


def _show(widget: Kept, attended: bool) -> None:
    explorer = widget.explorer
    if explorer is None or not attended:
        if explorer is not None:
            explorer.await_idle(PATIENCE)
        for output in widget.still().outputs():
            display(output.pop("obj"), **output)
        return
    empty = {"text/html": '<div class="afif-still"></div>', "text/plain": ""}
    outputs = [display(one, raw=True, display_id=True) for one in (empty, {"text/plain": ""})]

    def renew() -> None:
        if explorer.status.kind == "done" and not explorer.stale:
            for output, now in zip(outputs, widget.still().outputs(), strict=True):
                output.update(**now)

    Renewal(explorer, renew)


@dataclass(eq=False)
class Renewal:
    """Calls ``renew`` in a thread of its own once results, selection and view have come to rest."""

    explorer: Explorer
    renew: Callable[[], None]
    _timer: threading.Timer | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._watcher = self.explorer.param.watch(
            lambda *_: self._begin(), ["status", "selected", "primary", "view"]
        )
        self._begin()

    def _begin(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(CALM, self.renew)
        self._timer.daemon = True
        self._timer.start()
