"""A report to take away: one self-contained HTML page with question, answer, evidence, trust and removal."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
from markupsafe import Markup

from afif_explorer import __version__
from afif_explorer.choices import label
from afif_explorer.choices.views import VIEWS
from afif_explorer.figures import CONFIG, FIGURES, Figure
from afif_explorer.figures.drawing.text import number
from afif_explorer.figures.solver import unsettled
from afif_explorer.results import Checks, FitSummary, Points, Unlearning, Verification
from afif_explorer.screens.changes import sentence
from afif_explorer.screens.files.current import require
from afif_explorer.screens.files.pictures import about_picture
from afif_explorer.screens.files.report_page import PAGE, items, removed, sentences
from afif_explorer.screens.files.report_rows import selecting
from afif_explorer.screens.head import measured_on, metrics
from afif_explorer.screens.markup import html, join, literal
from afif_explorer.screens.removal_words import answers, planted
from afif_explorer.state import Explorer
from afif_explorer.state.work import ALWAYS
from afif_explorer.wording import count, measured, within


def report(explorer: Explorer) -> io.StringIO:
    """A self-contained HTML page of the results for the current settings, readable without a server.

    Rows can still be selected on its map. What is left out, and why, is told.
    """
    require(explorer, *ALWAYS)
    body = html(
        "<h1>{question}</h1><p>{about}</p>"
        "<h2>Answer</h2>{answer}<h2>Evidence</h2>{evidence}<ul>{left_out}</ul>"
        "<h2>How far to trust it</h2><ul>{trust}</ul>"
        "<h2>What was removed</h2>{removed}<h2>The data</h2><ul>{notes}</ul>"
        "<h2>Reproduce</h2><p>Settings: <code>{address}</code></p><pre>{code}</pre>",
        question=_question(explorer),
        about=_about(explorer),
        answer=sentences(_answer(explorer)),
        evidence=_evidence(explorer),
        left_out=items(_left_out(explorer)),
        trust=items(_trust(explorer)),
        removed=removed(_unlearning(explorer)),
        notes=items((_rows(explorer), *explorer.data.notes)),
        address=explorer.spec.to_query(),
        code=literal(explorer.as_python()),
    )
    return io.StringIO(PAGE.replace("{title}", html("{x}", x=explorer.sentence())) % body)


def _question(explorer: Explorer) -> str:
    points: Points | None = explorer.points
    what = points.target_label if points is not None else "results"
    if _unlearning(explorer) is not None:
        return f"What happens to the {what} if training rows are removed?"
    return f"Which training rows made the {what} what it is?"


def _about(explorer: Explorer) -> str:
    made = datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC")
    return f"{explorer.sentence()}. {made}, afif_explorer {__version__}."


def _answer(explorer: Explorer) -> Iterator[str]:
    points: Points | None = explorer.points
    if points is None:
        yield explorer.absence("points")
        return
    name, value, unit = points.target_label, points.target_value, points.unit
    yield f"With all training rows the {name} is {measured(number(value), unit)}."
    if np.isfinite(points.effect).any():
        row = int(np.nanargmax(np.abs(points.effect)))
        does = sentence("it alone", name, float(points.effect[row]), value, unit)
        yield f"The most influential row is {points.ids[row]}. {does} (predicted)."
    found = _unlearning(explorer)
    if found is not None:
        yield f"Removed: {within(found.rule)}."
        yield from answers(found)
        yield from planted(explorer.data, found.ids, "removed")


def _unlearning(explorer: Explorer) -> Unlearning | None:
    """The removal for the current settings, if it is known."""
    found: Unlearning | None = explorer.unlearning if explorer.fresh("unlearning") else None
    return found


def _evidence(explorer: Explorer) -> Markup:
    """The figures of all results for the current settings; rows can be selected under the map."""
    there = [f for f in FIGURES.values() if _drawable(explorer, f)]
    shown, pictures = [], CONFIG["toImageButtonOptions"]
    day = datetime.now(UTC).date().isoformat()
    start = f"{about_picture(explorer, 'data')['file']}-{day}"
    for place, drawn in enumerate(there):
        made = drawn.draw(getattr(explorer, drawn.needs))
        if drawn.name == "row_map":
            made.update_layout(dragmode="lasso")
        figure = made.to_html(
            full_html=False,
            include_plotlyjs=place == 0,
            config=CONFIG
            | {"toImageButtonOptions": pictures | {"filename": f"{start}-{drawn.name}"}},
            default_width="100%",
            div_id=drawn.name,
        )
        shown.append(html("<section>{x}</section>", x=Markup(figure)))  # escaped when drawn
        if drawn.name == "row_map":
            shown.append(selecting(explorer.points))
    return join(shown)


def _drawable(explorer: Explorer, drawn: Figure) -> bool:
    result = getattr(explorer, drawn.needs)
    if result is None or not explorer.fresh(drawn.needs):
        return False
    return drawn.on_request is None or drawn.on_request(result) is not None


def _trust(explorer: Explorer) -> Iterator[str]:
    fit: FitSummary = explorer.fitted
    norm, limit = number(fit.gradient_norm, 2), number(fit.gradient_threshold, 2)
    verdict = "Converged" if fit.converged else "Not converged"
    yield f"Fit: {verdict}; gradient norm {norm}, at most {limit} counts as a minimum. {fit.advice}"
    on = measured_on(explorer.data)
    yield f"On the {on}: {', '.join(f'{name} {value}' for name, value in metrics(fit, explorer.data))}."
    checks: Checks | None = explorer.checks if explorer.fresh("checks") else None
    for one in checks.problems if checks is not None else ():
        yield f"{one.code}: {one.seen} {one.why} {one.remedy}".rstrip()
    points: Points | None = explorer.points
    if points is not None:
        yield unsettled(points.solver) or f"The solver ({points.solver.name}) converged."
        yield from points.notes
    found = _unlearning(explorer)
    if found is not None:
        yield found.reach.text
        if not found.retrained:
            yield "The removal is predicted, not retrained."
        yield from found.notes
    checked: Verification | None = explorer.verification
    if checked is not None and explorer.fresh("verification"):
        yield (
            f"Checked by retraining without each of {count(checked.ids.size)} rows: correlation "
            f"{number(checked.pearson, 4)}, slope {number(checked.slope, 4)}. {checked.elsewhere}"
        ).strip()


def _rows(explorer: Explorer) -> str:
    data = explorer.data
    train, validation, test = map(count, (data.n_train, data.n_validation, data.n_test))
    return (
        f"{data.title}: {train} training, {validation} validation and {test} test rows; predicts "
        f"{data.target}. {data.source}"
    ).strip()


def _left_out(explorer: Explorer) -> Iterator[str]:
    """A sentence for each result that was shown but is not in the report."""
    for name, figure in {figure.needs: figure.title for figure in FIGURES.values()}.items():
        title = label("view", name) if name in VIEWS else figure
        if not explorer.fresh(name) and getattr(explorer, name) is not None:
            yield f"{title} is left out: the results on screen belong to earlier settings."
        elif explorer.fresh(name) and getattr(explorer, name) is None:
            yield f"{title} is left out. {explorer.absence(name)}"
