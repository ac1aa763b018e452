"""Fisher and Hessian compared: their effects and their eigenvalues."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from afif_explorer.figures.drawing.figure_spec import FigureSpec, trace
from afif_explorer.figures.drawing.frame import axis, compact, empty, frame, line, log_axis
from afif_explorer.figures.drawing.head import Key
from afif_explorer.figures.drawing.places import Places
from afif_explorer.figures.drawing.registry import figure
from afif_explorer.figures.drawing.sampling import (
    chosen,
    drawn_rows,
    dropped_note,
    marks,
    sample_note,
)
from afif_explorer.figures.drawing.scatter import ring, ring_key, scatter
from afif_explorer.figures.drawing.text import Scale, number, percent, safe, short
from afif_explorer.figures.drawing.theme import Theme, theme
from afif_explorer.figures.solver import unsettled
from afif_explorer.results import Agreement
from afif_explorer.wording import count

AGREEMENT = "Fisher against Hessian, row by row"
SPECTRA = "Eigenvalues of both curvatures"
NEGATIVE = "Hessian, negative"
CLOUD = (
    "<b>Row %{{customdata}}</b><br>Fisher %{{y:.3s}}\u00a0{unit}"
    "<br>Hessian %{{x:.3s}}\u00a0{unit}<extra></extra>"
)
WAITING = "Both curvatures are compared here once the model is trained."
IDENTICAL = (
    "The two are identical in theory for this model: its outputs are linear in the parameters "
    "and it uses the canonical loss."
)


def _finite(agreement: Agreement) -> np.ndarray:
    """Positions of the rows with a finite effect under both."""
    return np.flatnonzero(np.isfinite(agreement.fisher) & np.isfinite(agreement.hessian))


def agreement_places(agreement: Agreement) -> Places:
    """Where each row lies: its effect under the Hessian, and under the Fisher."""
    known = _finite(agreement)
    return Places(agreement.ids[known], agreement.hessian[known], agreement.fisher[known])


@figure("agreement", AGREEMENT, WAITING, agreement_places)
def agreement(
    agreement: Agreement,
    *,
    selected: Sequence[int] = (),
    dark: bool = False,
    limit: int = 2000,
) -> FigureSpec:
    """Effects under the Fisher against effects under the Hessian, with the line of equality."""
    colours = theme(dark)
    fisher, hessian = agreement.fisher, agreement.hessian
    known = _finite(agreement)
    if known.size == 0:
        return empty("No effect is finite under both curvatures.", dark=dark, title=AGREEMENT)
    always = chosen(agreement.ids[known], selected)
    sizes = (
        np.maximum(np.abs(fisher), np.abs(hessian))[known],
        (fisher - hessian)[known],
    )
    rows = known[drawn_rows(sizes, (fisher[known], hessian[known]), marks(always), max(limit, 1))]
    marked = np.intersect1d(known[always], rows)
    scale = Scale.of(np.concatenate([fisher[rows], hessian[rows]]), agreement.unit)
    result = frame(
        colours,
        name="agreement",
        title=AGREEMENT,
        warning=unsettled(agreement.solver),
        verdict=_verdict(agreement),
        notes=(
            sample_note(rows.size, known.size),
            dropped_note(fisher.size - known.size),
        ),
        key=(
            Key("┅", colours.reference, "equal"),
            *ring_key(always.size, colours, marked=marked.size),
        ),
        height=430,
        axes_mean=(agreement.target_label, agreement.ids),
        dragmode="lasso",
    )
    both = ends(fisher[rows], hessian[rows])
    result.add(line(colours, both, both))
    result.add(
        scatter(
            hessian[rows],
            fisher[rows],
            ids=agreement.ids[rows],
            hovertemplate=CLOUD.format(unit=safe(agreement.unit)),
            marker={"size": 6, "opacity": 0.6, "color": colours.series[0]},
        )
    )
    if marked.size:
        result.add(
            ring(
                hessian[marked],
                fisher[marked],
                ids=agreement.ids[marked],
                text=_hover(agreement, marked, scale),
                colours=colours,
            )
        )
    label = short(agreement.target_label, 60)
    result.lay_out(
        xaxis=axis(
            colours,
            f"Hessian: predicted change of {label} ({scale.title})",
            range=both,
            nticks=5,
        ),
        yaxis=axis(colours, f"Fisher: predicted change of {label} ({scale.title})", range=both),
    )
    return result


@figure("agreement", SPECTRA, WAITING)
def spectra(agreement: Agreement, *, dark: bool = False) -> FigureSpec:
    """The eigenvalues of Fisher and Hessian, largest first, on a log axis."""
    colours = theme(dark)
    both = (agreement.fisher_eigenvalues, agreement.hessian_eigenvalues)
    if not any(values.size for values in both):
        message = "This model has too many parameters to list the eigenvalues of its curvature."
        return empty(message, dark=dark, title=SPECTRA)
    fisher, hessian = (values[np.isfinite(values)][::-1] for values in both)
    zeros = int((fisher <= 0).sum() + (hessian == 0).sum())
    sizes = np.concatenate([fisher[fisher > 0], np.abs(hessian[hessian != 0])])
    if sizes.size == 0:
        return empty("All eigenvalues are zero.", dark=dark, title=SPECTRA)
    gap = agreement.relative_gap
    result = frame(
        colours,
        name="spectra",
        title=SPECTRA,
        notes=(
            f"Relative spectral gap {number(gap, 2)}." if gap is not None else "",
            _negative_note(int((hessian < 0).sum())),
            f"{count(zeros)} zero eigenvalues cannot be drawn on a log axis." if zeros else "",
        ),
        key=[Key(mark, colour, name) for name, mark, colour in _series(fisher, hessian, colours)],
        height=330,
        axes_mean=(fisher.size, hessian.size),
    )
    _add_eigenvalues(result, fisher, hessian, colours)
    result.lay_out(
        xaxis=axis(
            colours,
            "Rank, largest eigenvalue first",
            zeroline=False,
            rangemode="tozero",
        ),
        yaxis=log_axis(colours, "Eigenvalue of the curvature", sizes.min() / 2, sizes.max() * 2),
    )
    return result


def _verdict(agreement: Agreement) -> tuple[str, ...]:
    figures = (
        f"Pearson {number(agreement.pearson, 4)}, Spearman {number(agreement.spearman, 4)}, "
        f"slope {number(agreement.slope, 4)}; the top {count(agreement.top_k)} share "
        f"{percent(agreement.overlap, 3)}."
    )
    return figures, IDENTICAL if agreement.identical else ""


def _hover(agreement: Agreement, rows: np.ndarray, scale: Scale) -> list[str]:
    return [
        f"Fisher {fisher}<br>Hessian {hessian}"
        for fisher, hessian in zip(
            scale.texts(agreement.fisher[rows]),
            scale.texts(agreement.hessian[rows]),
            strict=True,
        )
    ]


def ends(*values: np.ndarray) -> list[float]:
    """The common range of both axes: all values and zero, with a margin."""
    low = min(0.0, *(float(v.min()) for v in values))
    high = max(0.0, *(float(v.max()) for v in values))
    margin = 0.05 * (high - low) or 1.0
    return [low - margin, high + margin]


def _negative_note(negative: int) -> str:
    if negative == 0:
        return ""
    verb = "eigenvalue is" if negative == 1 else "eigenvalues are"
    return (
        f"{count(negative)} Hessian {verb} negative, drawn by absolute value: "
        "the fit is not a minimum."
    )


def _series(fisher: np.ndarray, hessian: np.ndarray, colours: Theme) -> list[tuple[str, str, str]]:
    """Name, glyph and colour of what :func:`spectra` shows."""
    rows = [("Fisher", "●", colours.series[0]), ("Hessian", "○", colours.series[1])]
    rows.append((NEGATIVE, "✕", colours.warning))
    present = {"Fisher": fisher.size, "Hessian": hessian.size, NEGATIVE: (hessian < 0).any()}
    return [row for row in rows if present[row[0]]]


def _add_eigenvalues(
    result: FigureSpec, fisher: np.ndarray, hessian: np.ndarray, colours: Theme
) -> None:
    rank = np.arange(1, max(fisher.size, hessian.size) + 1)
    drawn = (
        ("Hessian", hessian, hessian > 0, "circle-open", 8, colours.series[1]),
        ("Fisher", fisher, fisher > 0, "circle", 4, colours.series[0]),
        (NEGATIVE, hessian, hessian < 0, "x-thin-open", 9, colours.warning),
    )
    for name, values, shown, symbol, size, colour in drawn:
        if not shown.any():
            continue
        result.add(
            trace(
                "scatter",
                x=rank[: values.size][shown],
                y=compact(np.abs(values[shown])),
                mode="markers",
                name=name,
                customdata=compact(values[shown]),
                hovertemplate=f"{name}<br>number %{{x}}: %{{customdata:.3g}}<extra></extra>",
                marker={
                    "symbol": symbol,
                    "size": size,
                    "color": colour,
                    "line": {"width": 1.5, "color": colour},
                },
            )
        )
