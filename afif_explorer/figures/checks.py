"""Predicted effects compared with retraining."""

from __future__ import annotations

import numpy as np

from afif_explorer.figures.curvatures import ends
from afif_explorer.figures.drawing.figure_spec import FigureSpec
from afif_explorer.figures.drawing.frame import axis, empty, frame, line
from afif_explorer.figures.drawing.head import Key
from afif_explorer.figures.drawing.places import Places
from afif_explorer.figures.drawing.registry import figure
from afif_explorer.figures.drawing.sampling import dropped_note
from afif_explorer.figures.drawing.scatter import scatter
from afif_explorer.figures.drawing.text import Scale, number, safe, short
from afif_explorer.figures.drawing.theme import theme
from afif_explorer.figures.solver import unsettled
from afif_explorer.results import Verification
from afif_explorer.wording import count

VERIFICATION = "Prediction against retraining"
WAITING = "No check has been run yet. Start the check to retrain without each of a few rows."
MARKS = (("●", "circle"), ("◆", "diamond"), ("■", "square"), ("▲", "triangle-up"))


def _finite(verification: Verification) -> np.ndarray:
    return np.isfinite(verification.predicted) & np.isfinite(verification.actual)


def verification_places(verification: Verification) -> Places:
    """Where each checked row lies: its predicted effect, and the true one."""
    known = _finite(verification)
    return Places(
        verification.ids[known], verification.predicted[known], verification.actual[known]
    )


@figure("verification", VERIFICATION, WAITING, verification_places, on_request=lambda found: found)
def verification(verification: Verification, *, dark: bool = False) -> FigureSpec:
    """Predicted effects against the effects found by retraining without the row."""
    colours = theme(dark)
    predicted, actual = verification.predicted, verification.actual
    known = _finite(verification)
    if not known.any():
        return empty("No checked row has a finite effect.", dark=dark, title=VERIFICATION)
    scale = Scale.of(np.concatenate([predicted[known], actual[known]]), verification.unit)
    styles = {
        reason: (colours.series[i % len(colours.series)], *MARKS[i % len(MARKS)])
        for i, reason in enumerate(dict.fromkeys(verification.picked[known].tolist()))
    }
    groups = {r: np.flatnonzero(known & (verification.picked == r)) for r in styles}
    result = frame(
        colours,
        name="verification",
        title=VERIFICATION,
        warning=unsettled(verification.solver),
        verdict=_verdict(verification),
        notes=(dropped_note(int((~known).sum())), verification.elsewhere),
        key=(
            *(
                Key(glyph, colour, f"{short(reason, 30)} ({count(groups[reason].size)})")
                for reason, (colour, glyph, _) in styles.items()
            ),
            Key("┅", colours.reference, "equal"),
        ),
        height=400,
        axes_mean=(verification.target_label, verification.ids),
    )
    both = ends(predicted[known], actual[known])
    result.add(line(colours, both, both))
    for reason, (colour, _, symbol) in styles.items():
        rows = groups[reason]
        result.add(
            scatter(
                predicted[rows],
                actual[rows],
                ids=verification.ids[rows],
                text=_hover(verification, rows, scale),
                marker={"size": 8, "opacity": 0.8, "symbol": symbol, "color": colour},
                name=safe(reason),
            )
        )
    label = short(verification.target_label, 60)
    result.lay_out(
        xaxis=axis(
            colours,
            f"Predicted change of {label} ({scale.title})",
            range=both,
            nticks=5,
        ),
        yaxis=axis(colours, f"Change of {label} after retraining ({scale.title})", range=both),
    )
    return result


def _verdict(verification: Verification) -> tuple[str, ...]:
    measured = (
        ("Pearson", verification.pearson),
        ("Spearman", verification.spearman),
        ("slope", verification.slope),
    )
    known = ", ".join(f"{name} {number(v, 4)}" for name, v in measured if v is not None)
    norm = (
        f"Every refit reached a gradient norm of {number(verification.gradient_norm, 2)} or less."
    )
    return (f"{known}." if known else ""), norm


def _hover(verification: Verification, rows: np.ndarray, scale: Scale) -> list[str]:
    return [
        f"predicted {predicted}<br>retrained {actual}"
        for predicted, actual in zip(
            scale.texts(verification.predicted[rows]),
            scale.texts(verification.actual[rows]),
            strict=True,
        )
    ]
