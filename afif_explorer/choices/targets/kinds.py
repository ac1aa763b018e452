"""The kinds of targets: measured on a split, on one row of it, or between groups of its rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from afif_explorer.choices.call import Call, public
from afif_explorer.choices.option import Asked, Facts, Option, group_pairs, sensitive_columns
from afif_explorer.choices.splits import SPLITS
from afif_explorer.choices.units import SHARE
from afif_explorer.errors import InvalidChoice

CLASSES = ("classification",)
NUMBERS = ("regression", "count")
ANY = (*CLASSES, *NUMBERS)
OTHER = "other"  # a loss of one's own, or several outputs for each row


GROUPS = (
    "sensitive",
    "pair",
    "minimum",
    "merge_small",
)  # the settings of which groups are compared


@dataclass(frozen=True, kw_only=True)
class TargetOption(Option, ABC):
    """One target.

    Attributes:
        summary: what it is, in a sentence for the list of all targets.
        public: its class, among the public names of the package.
        noun: what it is called inside a sentence, after "effect on the".
        rises: what rises with it, after "leaving the row out raises the".
        unit: of the target and so of every effect on it, for a data set.
        tasks: those that it is defined for.
        beside: what it is called beside the chosen target while rows are selected; empty: only if chosen.
    """

    choice: ClassVar[str] = "target"

    summary: str
    public: str
    noun: str
    rises: str
    unit: Callable[[Facts], str]
    tasks: tuple[str, ...] = ANY
    beside: str = ""

    @property
    def page(self) -> str:
        return f"choices/target/{self.key}"

    @property
    def metric(self) -> str:
        """Its name among the metrics of a model; empty if it is not one of them."""
        return ""

    @property
    def engine_class(self) -> Any:
        """The class of the target."""
        return public(self.public)

    def fits(self, data: Facts) -> bool:
        """Whether it is defined for a data set."""
        return data.task in self.tasks

    def misfit(self, data: Facts) -> str:
        """Why it is not, as a sentence."""
        return f"{self.label} does not fit the task of {data.title}."

    @abstractmethod
    def call(self, asked: Asked, data: Facts) -> Call:
        """The target itself, for the choices."""

    @abstractmethod
    def words(self, asked: Asked, data: Facts) -> str:
        """What it is for the choices, after "effect on the"."""


class OfSplit(TargetOption):
    """A mean over all rows of a split."""

    @property
    def metric(self) -> str:
        return self.label

    def call(self, asked: Asked, data: Facts) -> Call:
        return Call(self.public, asked.split)

    def words(self, asked: Asked, data: Facts) -> str:
        return f"{self.noun} of the {SPLITS[asked.split].rows}"


@dataclass(frozen=True, kw_only=True)
class OfRow(TargetOption):
    """About one row of a split; ``noun`` ends in the preposition that joins the row."""

    needs: tuple[str, ...] = ("row",)

    def call(self, asked: Asked, data: Facts) -> Call:
        return Call(self.public, asked.split, self._row_id(asked, data))

    def words(self, asked: Asked, data: Facts) -> str:
        return (
            f"{self.noun} {SPLITS[asked.split].rows.removesuffix('s')} {self._row_id(asked, data)}"
        )

    @staticmethod
    def _row_id(asked: Asked, data: Facts) -> int:
        """The id of the row; ``Spec.row`` is its position in the split."""
        return int(data.row_ids[asked.split][asked.row])


@dataclass(frozen=True, kw_only=True)
class Gap(TargetOption):
    """A disparity between the groups of the chosen sensitive column.

    Attributes:
        decisions: whether it also has a form of decisions, beside that of mean predictions.
        measure: its name in ``audit_fairness``, if not the key.
    """

    needs: tuple[str, ...] = (*GROUPS, "favourable")
    rises: str = "gap"
    decisions: bool = False
    measure: str = ""

    @property
    def metric(self) -> str:
        """The name of its soft form among metrics."""
        return f"{self.label}, probabilities" if self.decisions else self.label

    @property
    def hard(self) -> str:
        """The name of its form of decisions among metrics; empty if it has none."""
        return f"{self.label}, decisions" if self.decisions else ""

    @property
    def hard_unit(self) -> str:
        """The unit of the form of decisions."""
        return SHARE

    @property
    def audited_as(self) -> str:
        """Its name in ``audit_fairness``."""
        return self.measure or self.key

    def fits(self, data: Facts) -> bool:
        return super().fits(data) and bool(data.sensitive)

    def misfit(self, data: Facts) -> str:
        if not data.sensitive:
            return f"{data.title} has no sensitive column to compare."
        return super().misfit(data)

    def on(self, split: str, asked: Asked, data: Facts) -> Call:
        """The disparity on any split. Raises :class:`InvalidChoice` without a sensitive column."""
        columns = sensitive_columns(data, asked)
        if not columns:
            raise InvalidChoice(f"{data.title} has no sensitive column whose groups to compare.")
        sensitive = columns if len(columns) > 1 else columns[0]
        return Call(self.public, sensitive, split=split, **self._named(asked, data))

    def call(self, asked: Asked, data: Facts) -> Call:
        return self.on(asked.split, asked, data)

    def words(self, asked: Asked, data: Facts) -> str:
        named = self._named(asked, data)
        outcome = f" for {named['favourable']!r}" if "favourable" in named else ""
        pair = " ({!r} and {!r})".format(*named["groups"]) if "groups" in named else ""
        columns = " and ".join(sensitive_columns(data, asked))
        return f"{self.noun}{outcome} by {columns}{pair} on the {SPLITS[asked.split].rows}"

    def _named(self, asked: Asked, data: Facts) -> dict[str, Any]:
        """The favourable class, the two groups and their size, where they are chosen."""
        named: dict[str, Any] = {}
        if "favourable" in self.needs and asked.favourable >= 0:
            named["favourable"] = data.classes[asked.favourable]
        if asked.pair >= 0:
            named["groups"] = group_pairs(data, asked)[asked.pair]
        if asked.minimum > 1:
            named["minimum"] = asked.minimum
            if asked.merge_small:
                named["merge_small"] = True
        return named
