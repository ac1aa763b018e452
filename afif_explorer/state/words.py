"""The settings of a session as a sentence."""

from __future__ import annotations

from typing import Any

from afif_explorer import study
from afif_explorer.choices import label
from afif_explorer.choices.models import chosen_model
from afif_explorer.choices.penalties import PENALTIES
from afif_explorer.results import DataSummary, Points
from afif_explorer.spec import Spec
from afif_explorer.wording import count


def sentence(spec: Spec, data: DataSummary | None, points: Points | None) -> str:
    """Model, data, penalty and target: "Logistic regression on Adult, ...; effect on the ...".

    While the data are being loaded, a sentence that says so.
    """
    if data is None:
        return "Loading the data."
    if data.given is not None:
        model, penalty = data.given.model, data.given.penalty
    else:
        model = chosen_model(spec.model, data).label
        penalty = PENALTIES[spec.penalty].words(spec)
    target = points.target_label if points is not None else label("target", spec.target).lower()
    return f"{model} on {data.title}, {count(data.n_train)} rows, {penalty}; effect on the {target}"


def unlisted(field: str, value: Any) -> str:
    """The label of a value that is not (yet) among those offered."""
    return study.title(value) if field == "dataset" else str(value)
