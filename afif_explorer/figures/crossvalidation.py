"""Cross-validation: held-out loss by regularisation strength, and its check by true refits."""

from __future__ import annotations

import numpy as np

from afif_explorer.figures.checks import MARKS
from afif_explorer.figures.drawing.figure_spec import FigureSpec, Trace, trace
from afif_explorer.figures.drawing.frame import axis, compact, empty, frame, line, log_axis
from afif_explorer.figures.drawing.head import Key
from afif_explorer.figures.drawing.registry import figure
from afif_explorer.figures.drawing.scatter import scatter
from afif_explorer.figures.drawing.text import number, safe, short
from afif_explorer.figures.drawing.theme import Theme, faded, theme
from afif_explorer.results import CrossValidationReport, HeldOutCheck
from afif_explorer.wording import count

PATH = "Held-out loss by regularisation strength"
LOSSES = "Predicted and true held-out losses"
WAITING = "Held-out losses for each regularisation strength appear here once the model is trained."
SMALLEST = 1e-8  # of the largest rise; below that a log axis shows rounding
UNCHECKED = "No check has been run yet. Start the check to refit without each of a few rows."


@figure("cross_validation", PATH, WAITING)
def strength_path(report: CrossValidationReport, *, dark: bool = False) -> FigureSpec:
    """Mean held-out loss with a band of one standard error, its minimum and the chosen strength."""
    colours = theme(dark)
    shown = report.strengths > 0
    if not shown.any():
        return empty(" ".join(report.notes) or WAITING, dark=dark, title=PATH)
    strengths, unit = report.strengths[shown], short(report.unit, 40)
    result = frame(
        colours,
        name="strength_path",
        title=PATH,
        verdict=(*_choice(report), *report.notes),
        key=_path_key(report, colours),
        height=360,
        axes_mean=(report.penalty, strengths),
    )
    result.add(*_curves(report, shown, colours))
    if report.check is not None:
        result.add(_refitted(report.check, colours))
    result.add(*_choices(report, colours))
    low, high = float(strengths.min()) / 1.5, float(strengths.max()) * 1.5
    if report.strength and low <= report.strength <= high:
        result.vertical(
            x=report.strength, line={"color": colours.reference, "width": 1, "dash": "dot"}
        )
    result.lay_out(
        xaxis=log_axis(colours, f"Regularisation strength ({report.penalty.lower()})", low, high),
        yaxis=axis(colours, f"Mean loss of a training row ({unit})", zeroline=False),
    )
    return result


def _choice(report: CrossValidationReport) -> tuple[str, str]:
    here = f"At the current strength {number(report.mean_here, 4)} ± " + number(
        report.standard_error_here, 2
    )
    best, simplest = number(report.best), number(report.one_standard_error)
    return (
        f"Smallest at {best}; within one standard error of it up to {simplest}.",
        f"{here}.",
    )


def _path_key(report: CrossValidationReport, colours: Theme) -> list[Key]:
    key = [
        Key("━", colours.series[0], "held out, predicted (± standard error)"),
        Key("┅", colours.muted, "with the row"),
        Key("★", colours.series[0], "smallest"),
        Key("☆", colours.series[0], "one standard error"),
    ]
    if report.check is not None:
        key.append(Key("◇", colours.reference, "by true refits"))
    return key


def _curves(report: CrossValidationReport, shown: np.ndarray, colours: Theme) -> list[Trace]:
    strengths = report.strengths[shown]
    mean, error = report.mean[shown], report.standard_error[shown]
    band = trace(
        "scatter",
        x=compact(np.concatenate([strengths, strengths[::-1]])),
        y=compact(np.concatenate([mean + error, (mean - error)[::-1]])),
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=faded(colours.series[0], 0.15),
        hoverinfo="skip",
        name="standard error",
    )
    training = line(colours, strengths, report.training[shown], color=colours.muted, width=2)
    texts = [
        f"strength {number(s)}<br>held out {number(m, 4)} ± {number(e, 2)}<br>with the row {number(t, 4)}"
        for s, m, e, t in zip(strengths, mean, error, report.training[shown], strict=True)
    ]
    held_out = trace(
        "scatter",
        x=compact(strengths),
        y=compact(mean),
        mode="lines+markers",
        name="held out",
        customdata=strengths,
        hovertext=texts,
        hovertemplate="%{hovertext}<extra></extra>",
        line={"color": colours.series[0], "width": 2},
        marker={"size": 6, "color": colours.series[0]},
    )
    return [band, held_out, training]


def _choices(report: CrossValidationReport, colours: Theme) -> list[Trace]:
    """The two strengths that the path recommends."""
    found = []
    for strength, symbol, size, name in (
        (report.one_standard_error, "star-open", 22, "one standard error"),
        (report.best, "star", 13, "smallest"),  # both may be the same
    ):
        found.append(
            trace(
                "scatter",
                x=[strength],
                y=report.mean[report.strengths == strength],
                mode="markers",
                name=name,
                customdata=[strength],
                hovertemplate=f"{name}: strength {number(strength)}<extra></extra>",
                marker={
                    "symbol": symbol,
                    "size": size,
                    "color": colours.series[0],
                    "line": {"width": 1.5, "color": colours.series[0]},
                },
            )
        )
    return found


def _refitted(check: HeldOutCheck, colours: Theme) -> Trace:
    texts = [
        f"strength {number(s)}<br>by true refits {number(m, 4)} ± {number(e, 2)}"
        for s, m, e in zip(check.strengths, check.mean, check.standard_error, strict=True)
    ]
    return trace(
        "scatter",
        x=compact(check.strengths),
        y=compact(check.mean),
        error_y={
            "array": compact(check.standard_error),
            "color": colours.reference,
            "thickness": 1.5,
            "width": 5,
        },
        mode="markers",
        name="by true refits",
        hovertext=texts,
        hovertemplate="%{hovertext}<extra></extra>",
        marker={
            "symbol": "diamond-open",
            "size": 12,
            "color": colours.reference,
            "line": {"width": 2, "color": colours.reference},
        },
    )


@figure("cross_validation", LOSSES, UNCHECKED, on_request=lambda report: report.check)
def held_out_losses(report: CrossValidationReport, *, dark: bool = False) -> FigureSpec:
    """Increase of each row's own loss when it is left out: predicted against true refits."""
    colours, check = theme(dark), report.check
    if check is None:
        return empty(UNCHECKED, dark=dark, title=LOSSES)
    smaller = np.minimum(check.predicted, check.actual)
    known = smaller > SMALLEST * max(float(check.actual.max()), 0.0)
    if not known.any():
        return empty(
            "No checked row's loss increases when it is left out.", dark=dark, title=LOSSES
        )
    values = np.concatenate([check.predicted[known], check.actual[known]])
    ends = float(values.min()) / 1.5, float(values.max()) * 1.5
    styles = {
        strength: (colours.series[i % len(colours.series)], *MARKS[i % len(MARKS)])
        for i, strength in enumerate(check.strengths.tolist())
    }
    result = frame(
        colours,
        name="held_out_losses",
        title=LOSSES,
        verdict=_verdict(check),
        notes=(_small_note(int((~known).sum())),),
        key=(
            *(
                Key(glyph, colour, f"strength {number(strength)}")
                for strength, (colour, glyph, _) in styles.items()
            ),
            Key("┅", colours.reference, "equal"),
        ),
        height=400,
        axes_mean=(check.strengths,),
    )
    result.add(line(colours, ends, ends))
    for strength, (colour, _, symbol) in styles.items():
        rows = np.flatnonzero(known & (check.strength == strength))
        result.add(
            scatter(
                check.predicted[rows],
                check.actual[rows],
                ids=check.ids[rows],
                text=_hover(check, rows, report.unit),
                marker={"size": 8, "opacity": 0.8, "symbol": symbol, "color": colour},
                name=f"strength {number(strength)}",
            )
        )
    unit = short(report.unit, 40)
    result.lay_out(
        xaxis=log_axis(
            colours, f"Predicted increase of the row's loss when left out ({unit})", *ends
        ),
        yaxis=log_axis(colours, f"Increase after a refit without the row ({unit})", *ends),
    )
    return result


def _small_note(small: int) -> str:
    return f"{count(small)} increases are close to zero and not drawn." if small else ""


def _verdict(check: HeldOutCheck) -> tuple[str, str]:
    measured = (("Pearson", check.pearson), ("slope", check.slope))
    known = ", ".join(f"{name} {number(v, 4)}" for name, v in measured if v is not None)
    refits = f"{count(check.ids.size)} refits, each to a gradient norm of"
    return (f"{known}." if known else ""), f"{refits} {number(check.gradient_norm, 2)} or less."


def _hover(check: HeldOutCheck, rows: np.ndarray, unit: str) -> list[str]:
    return [
        f"strength {number(check.strength[row])}<br>predicted +{number(check.predicted[row])}"
        f"<br>refitted +{number(check.actual[row])} {safe(unit)}"
        for row in rows
    ]
