"""The settings that ``Explorer`` takes by name, with their types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from afif_explorer.choices.targets import demographic_parity
from afif_explorer.datasets import Dataset
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import check_options

OF_A_FIT = ("model", "hidden", "penalty", "strength")  # what a trained model has decided
# Before anything is chosen: which rows made the model of the embedded data unfair?
OPENING = {"target": demographic_parity.OPTION.key}


class ExplorerOptions(TypedDict, total=False):
    """The fields of :class:`~afif_explorer.spec.Spec` but for the data set, where each is explained."""

    seed: int
    model: str
    hidden: int
    penalty: str
    strength: float
    method: str
    solver: str
    scale: float | None
    depth: int | None
    repeats: int
    batch_size: int | None
    damping: float
    leverage_correction: bool
    target: str
    split: str
    sensitive: int
    favourable: int
    pair: int
    minimum: int
    merge_small: bool
    row: int
    rule: str
    count: int
    direction: str
    pattern: int
    coefficient: int
    map_x: int
    map_y: int
    map_colour: int
    baseline: str
    selected: Iterable[int]
    view: str


def check_arguments(dataset: object, data: object, fit: object, choices: Iterable[str]) -> None:
    """Raise :class:`InvalidChoice` for data that are not a data set, TypeError for an unknown field.

    And :class:`InvalidChoice` for several things to explore at once, or a choice that a fit has made.
    """
    asked = {"dataset": dataset, "data": data, "fit": fit}
    given = [name for name, value in asked.items() if value is not None]
    if len(given) > 1:
        raise InvalidChoice(f"An explorer shows one of {' and '.join(given)}; leave out the other.")
    decided = [name for name in choices if name in OF_A_FIT and fit is not None]
    if decided:
        raise InvalidChoice(
            f"{decided[0]!r} belongs to the fit, which is explored as it is; leave it out, or fit "
            "another model."
        )
    if data is not None and not isinstance(data, Dataset):
        raise InvalidChoice(
            f"Expected a Dataset, got {type(data).__name__}; create one with Dataset.from_frame."
        )
    check_options("Explorer", choices, ExplorerOptions.__annotations__)


def start_of(given: Any, dataset: str | None, choices: Mapping[str, Any]) -> dict[str, Any]:
    """The settings to start with: those of a given fit, or of a data set, and the others chosen.

    Without any of them: ``OPENING``.
    """
    if given is not None:
        return {**given.start, **choices}
    if dataset is not None:
        return {"dataset": dataset, **choices}
    return dict(choices or OPENING)
