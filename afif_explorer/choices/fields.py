"""The fields of ``Spec``: label, description and allowed values of each setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from afif_explorer.choices.directions import DIRECTIONS
from afif_explorer.choices.methods import METHODS
from afif_explorer.choices.models import MODELS
from afif_explorer.choices.option import Option
from afif_explorer.choices.penalties import PENALTIES
from afif_explorer.choices.rules import RULES
from afif_explorer.choices.solvers import SOLVERS
from afif_explorer.choices.splits import SPLITS
from afif_explorer.choices.targets import TARGETS
from afif_explorer.choices.views import VIEWS

LARGEST_ID = 2**31 - 1  # of a row


@dataclass(frozen=True)
class Field:
    """A setting: its name in ``Spec``, its label, and a one-sentence description."""

    name: str
    label: str
    doc: str

    @property
    def page(self) -> str:
        """The page of :mod:`afif_explorer.explain` about it."""
        return f"choices/{self.name}"


@dataclass(frozen=True)
class Pick(Field):
    """One of several declared values."""

    options: Mapping[str, Option]


@dataclass(frozen=True)
class Number(Field):
    """A number from ``low`` to ``high``, both allowed; sliders show the ``usual`` range at first."""

    low: float
    high: float
    usual: tuple[float, float]
    logarithmic: bool = False  # shown on a logarithmic scale


_ALL = (
    Field("dataset", "Data set", "The data set to study."),
    Number("seed", "Seed", "For the random split and the initial parameters.", 0, 2**31 - 1, (0, 99)),
    Pick("model", "Model", "The model fitted to the training rows.", MODELS),
    Number("hidden", "Hidden units", "Size of the hidden layer.", 1, 256, (1, 64)),
    Pick("penalty", "Penalty", "Regularises the fit by keeping the parameters small.", PENALTIES),
    Number(
        "strength", "Regularisation strength", "Multiplies the penalty in the objective.",
        0, 1e6, (1e-6, 10), logarithmic=True,
    ),
    Pick("method", "Method", "How the effect of a removal is estimated.", METHODS),
    Pick("solver", "Solver", "How the linear system with the curvature is solved.", SOLVERS),
    Number(
        "scale", "LiSSA scale",
        "Divides the curvature in each step; the recursion converges if it is more than half the "
        "largest eigenvalue.",
        1e-12, 1e12, (1e-3, 1e4), logarithmic=True,
    ),
    Number(
        "depth", "LiSSA depth", "Number of steps of the recursion.",
        1, 1_000_000, (1, 20_000), logarithmic=True,
    ),
    Number("repeats", "LiSSA repeats", "Independent runs that are averaged.", 1, 64, (1, 16)),
    Number(
        "batch_size", "LiSSA batch size", "Rows drawn for each step.",
        1, 1_000_000, (1, 4096), logarithmic=True,
    ),
    Number("damping", "Damping", "Added to the curvature's diagonal.", 0, 1e6, (0, 10), logarithmic=True),
    Field(
        "leverage_correction", "Leverage correction",
        "Take the removed rows' own curvature out of the step, where leverages cost little.",
    ),
    Pick("target", "Target", "The quantity whose change is predicted.", TARGETS),
    Pick("split", "Measured on", "The rows on which the target is measured.", SPLITS),
    Number(
        "sensitive", "Sensitive column", "The column whose groups are compared, or several together.",
        0, 9999, (0, 9),
    ),
    Number(
        "favourable", "Favourable class", "The outcome that gaps are about; -1: guessed from its name.",
        -1, 999, (-1, 9),
    ),
    Number(
        "pair", "Groups to compare", "Which two groups; -1: those that are furthest apart.",
        -1, 99_999, (-1, 99),
    ),
    Number(
        "minimum", "Minimum group size", "Groups of which fewer rows count are not compared.",
        1, LARGEST_ID, (1, 1000),
    ),
    Field("merge_small", "Join small groups", "Compare the groups below the minimum size as one."),
    Number("row", "Row of the target", "For targets about a single row.", 0, LARGEST_ID, (0, 99_999)),
    Pick("rule", "Rows to remove", "How the rows to remove are chosen.", RULES),
    Number("count", "How many", "Number of rows to remove.", 0, LARGEST_ID, (0, 1000)),
    Pick("direction", "Patterns", "Which groups of rows are searched for.", DIRECTIONS),
    Number("pattern", "Pattern", "Which pattern is shown in detail, from 0.", 0, 99, (0, 9)),
    Number("coefficient", "Coefficient", "Which coefficient is shown, from 0.", 0, LARGEST_ID, (0, 99)),
    Number("map_x", "Map, across", "What the map shows from left to right.", 0, LARGEST_ID, (0, 99)),
    Number("map_y", "Map, up", "What the map shows from bottom to top.", 0, LARGEST_ID, (0, 99)),
    Number("map_colour", "Map, colour", "What the colours of the map show.", 0, LARGEST_ID, (0, 99)),
    Field("baseline", "Baseline", "The fit that the present one is compared with."),
    Field("selected", "Selected rows", "Ids of the rows, ascending."),
    Pick("view", "View", "The view that is shown.", VIEWS),
)  # fmt: skip

FIELDS: dict[str, Field] = {field.name: field for field in _ALL}
PICKS = {field.name: field for field in _ALL if isinstance(field, Pick)}
NUMBERS = {field.name: field for field in _ALL if isinstance(field, Number)}
