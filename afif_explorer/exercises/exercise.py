"""One exercise: what is right, which mistakes are usual, the hint for each, and three levels of help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from afif_explorer.errors import InvalidChoice
from afif_explorer.exercises.answers import Flat, flatten
from afif_explorer.exercises.kinds import Kind, Misread
from afif_explorer.exercises.verdict import UNANSWERED, Verdict
from afif_explorer.wording import quoted


@dataclass(frozen=True)
class Mistake:
    """An answer that students give, and the hint for it, which does not give the right one away."""

    name: str
    answer: Callable[[], Any]
    hint: str


@dataclass(frozen=True)
class Exercise:
    """An exercise of a lesson.

    Attributes:
        id: ``"01.2"``: lesson and number; its answer is the variable ``answer_2`` of the notebook.
        kind: how answers are read and compared. points: what it counts.
        solution: the right answer, found without the formula that the lesson teaches (by refits, say).
        praise: what to say about a right answer. hints: three levels of help.
        mistakes: usual wrong answers with their hints.
        judge: for exercises with several right answers: the verdict on a value, None to compare.
    """

    id: str
    kind: Kind
    solution: Callable[[], Any]
    praise: Callable[[], str]
    hints: tuple[str, str, str]
    mistakes: tuple[Mistake, ...]
    points: int = 1
    judge: Callable[[Any], Verdict | None] | None = None

    @property
    def variable(self) -> str:
        """The name of the notebook's variable that holds the answer."""
        return f"answer_{self.id.split('.')[1]}"

    def check(self, answer: Any) -> Verdict:
        """The verdict on an answer in any form."""
        flat = flatten(answer)
        if flat is None:
            return Verdict(None, f'{UNANSWERED} Stuck? Run exercises.hint("{self.id}").')
        return self.mark(flat)

    def mark(self, answer: Flat) -> Verdict:
        """The verdict on an answer as plain values."""
        if answer.fault is not None:
            return Verdict(False, answer.fault)
        try:
            value = self.kind.read(answer)
        except Misread as misread:
            return Verdict(False, str(misread))
        if self._same(value, self.solution()):
            return Verdict(True, self.praise())
        if self.judge is not None and (verdict := self.judge(value)) is not None:
            if verdict.passed:
                return verdict
            return Verdict(False, self._hint_for(value) or verdict.message)
        return Verdict(False, self._hint_for(value) or self.kind.otherwise(value))

    def _hint_for(self, value: Any) -> str | None:
        """The hint of the mistake that led to this value."""
        return next((one.hint for one in self.mistakes if self._same(value, one.answer())), None)

    def _same(self, value: Any, answer: Any) -> bool:
        """Whether an answer of ours reads as this value."""
        flat = flatten(answer)
        assert flat is not None
        return self.kind.same(value, self.kind.read(flat))

    def hint(self, level: int) -> Verdict:
        """One of the three levels of help."""
        if level not in (1, 2, 3):
            raise InvalidChoice(f"Hints have the levels 1, 2 and 3, not {quoted(level)}.")
        more = f' For more: exercises.hint("{self.id}", {level + 1}).' if level < 3 else ""
        return Verdict(None, f"Hint {level} of 3. {self.hints[level - 1]}{more}")

    def table(self) -> pd.DataFrame:
        """The right answer in every form, and every usual mistake, with the hint for each mistake.

        The message for a right answer is left out, since it holds the solution.
        """
        right = self.kind.forms(self.solution())
        tried = [(form, True, answer) for form, answer in right.items()]
        tried += [(one.name, False, one.answer()) for one in self.mistakes]
        said = [self.check(answer) for *_, answer in tried]
        return pd.DataFrame(
            {
                "exercise": self.id,
                "answer": [name for name, *_ in tried],
                "is right": [right for _, right, _ in tried],
                "passed": [verdict.passed for verdict in said],
                "message": ["" if verdict.passed else verdict.message for verdict in said],
            }
        )
