"""The colours and fonts of the figures, for light and dark pages.

Backgrounds are transparent, so that the host page shows through. ``paper`` is the page colour that
the contrasts were chosen for (text at least 4.5 : 1, marks at least 3 : 1). Signed effects run from
blue through grey to orange, which all common kinds of colour blindness can distinguish.
"""

from __future__ import annotations

from dataclasses import dataclass

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
CLEAR = "rgba(0,0,0,0)"


@dataclass(frozen=True)
class Theme:
    """The colours of one page; all values are ``#rrggbb``."""

    paper: str  # the expected background of the host page
    ink: str  # titles
    text: str  # axis titles, ticks, legends
    muted: str  # notes
    grid: str
    axis: str  # zero lines, axis lines
    reference: str  # identity lines, marks of the current setting
    negative: str  # effects below zero
    neutral: str  # effects near zero
    positive: str  # effects above zero
    selection: str
    warning: str  # diverging, negative eigenvalues
    blocked: str  # regions without a result
    series: tuple[str, ...]  # categories, in order
    sequential: tuple[str, ...]  # small to large
    measure: tuple[str, ...]  # the same for marks, each of which stands out from the page

    @property
    def diverging(self) -> list[list[float | str]]:
        """The colour scale for signed effects; its middle is zero."""
        return [[0.0, self.negative], [0.5, self.neutral], [1.0, self.positive]]

    @property
    def ramp(self) -> list[list[float | str]]:
        """The colour scale for magnitudes."""
        last = len(self.sequential) - 1
        return [[i / last, colour] for i, colour in enumerate(self.sequential)]


LIGHT = Theme(
    paper="#ffffff",
    ink="#16191d",
    text="#3a4048",
    muted="#5c646e",
    grid="#e6e9ed",
    axis="#aeb5bd",
    reference="#2b3036",
    negative="#0a63ad",
    neutral="#c9ced5",
    positive="#c24a00",
    selection="#16191d",
    warning="#b3261e",
    blocked="#d5d9de",
    series=("#0072b2", "#c24a00", "#00805e", "#a3478a", "#8a6400", "#4d5761"),
    sequential=("#08306b", "#2b5c9e", "#6a91c4", "#afc6e2", "#edf2f8"),
    measure=("#2d1160", "#721f81", "#b73779", "#dd6e1e"),
)

DARK = Theme(
    paper="#121417",
    ink="#f1f3f5",
    text="#ccd2d9",
    muted="#a2abb5",
    grid="#2b3037",
    axis="#59616b",
    reference="#e6e9ed",
    negative="#62b2f5",
    neutral="#59616b",
    positive="#ff9a4d",
    selection="#ffffff",
    warning="#ff8a80",
    blocked="#3a4048",
    series=("#62b2f5", "#ff9a4d", "#3fcf9e", "#e79bcb", "#e8c055", "#b4bcc6"),
    sequential=("#cfe3fb", "#86b2e4", "#4c7fba", "#2a5187", "#1a2d4a"),
    measure=("#6f6bd6", "#b57fe0", "#f09bb8", "#ffd9a0"),
)


def theme(dark: bool) -> Theme:
    """The colours for a dark or a light page."""
    return DARK if dark else LIGHT


def faded(colour: str, opacity: float) -> str:
    """``colour`` (``#rrggbb``) with an opacity between 0 and 1."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"
