"""``show_progress``: the progress of long calls, as a bar, a line of text, or to a function of the user."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, Protocol, TextIO

from afif_explorer.errors import InvalidChoice
from afif_explorer.progress import Step, listening
from afif_explorer.wording import quoted

Callback = Callable[[int, int | None, str], object]

INTERVAL = 0.1  # seconds between two updates of a bar
PATIENCE = (
    1.0  # seconds without news of a loop of known length, after which another takes its place
)
LINES = 10.0  # seconds between two lines of a log file


@contextmanager
def show_progress(callback: Callback | None = None) -> Iterator[None]:
    """Show how far the calls inside the ``with`` block are.

    By default with tqdm (https://tqdm.github.io) if it is installed, as a bar in a terminal and as a widget
    in a notebook, else as a line of text on standard error. Outside of such a block nothing is shown.

    A callback can also stop the work by raising. It is called in the thread that computes, at every step of a
    loop, so it should be quick. Loops can be nested: a refit, for example, reports its own steps.

    Args:
        callback: called as ``callback(done, total, what)`` with the finished steps, their number (None:
            unknown) and what is being done, in words; None: a bar or a line of text.

    Returns:
        A context manager.

    Raises:
        InvalidChoice: for a callback that cannot be called.

    >>> import afif_explorer as ax
    >>> fit, seen = ax.fit(ax.load_dataset("hiring")), []
    >>> with ax.show_progress(lambda done, total, what: seen.append((done, total, what))):
    ...     refits = ax.retrain_each(fit, [3, 5], ax.MeanLoss("test"))
    >>> seen[0]
    (0, 2, 'retraining')
    """
    if callback is not None:
        if not callable(callback):
            raise InvalidChoice(
                f"Expected a function callback(done, total, what), or None, got {quoted(callback)}."
            )

        def call(step: Step) -> None:
            callback(step.done, step.total, step.what)

        with listening(call):
            yield
        return
    with closing(Display(_bar_or_text())) as display, listening(display.show):
        yield


class Bar(Protocol):
    """What a display draws on."""

    def draw(self, step: Step) -> None: ...

    def close(self) -> None: ...


class Display:
    """Chooses among the reports of nested loops, and passes at most ten a second on to ``bar``.

    A loop of known length stays on display; what is nested in it is not shown until it was silent for a
    second.
    """

    def __init__(self, bar: Bar) -> None:
        self._bar, self._shown = bar, Step("", 0, None)
        self._heard = self._drawn = float("-inf")

    def show(self, step: Step) -> None:
        """A listener for :func:`~afif_explorer.progress.listening`."""
        now = time.monotonic()
        same = step.what == self._shown.what
        if same:
            self._heard = now
        elif step.total is None and self._shown.total and now - self._heard < PATIENCE:
            return
        if now - self._drawn >= INTERVAL:
            self._shown, self._heard, self._drawn = step, now, now
            self._bar.draw(step)

    def close(self) -> None:
        """Remove the bar."""
        self._bar.close()


def _bar_or_text() -> Bar:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return TextLine(sys.stderr)
    return TqdmBar(tqdm)


class TqdmBar:
    """A bar of tqdm for the loop on display."""

    def __init__(self, tqdm: Callable[..., Any]) -> None:
        self._tqdm, self._what = tqdm, ""
        self._bar: Any = None

    def draw(self, step: Step) -> None:
        if self._bar is None or step.what != self._what:
            self.close()
            self._what = step.what
            self._bar = self._tqdm(desc=step.what, total=step.total, leave=False)
        self._bar.n = step.done
        self._bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class TextLine:
    """A line that is overwritten in a terminal; a new line every ten seconds elsewhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._width, self._written = stream, 0, time.monotonic()

    def draw(self, step: Step) -> None:
        text = f"{step.what}: {step.done}" + (f" of {step.total}" if step.total else "")
        if self._stream.isatty():
            self._write(f"\r{text:<{self._width}}")
            self._width = len(text)
        elif time.monotonic() - self._written >= LINES:
            self._written = time.monotonic()
            self._write(f"{text}\n")

    def close(self) -> None:
        if self._width:
            self._write(f"\r{'':<{self._width}}\r")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
