"""What a session answers in Python: the effects, its settings in words, and code with the same numbers."""

from __future__ import annotations

from afif_explorer.analysis.rows.effects import Effects
from afif_explorer.choices.rules import RULES
from afif_explorer.errors import InvalidChoice
from afif_explorer.results import Points
from afif_explorer.state import in_view, recipe, words
from afif_explorer.state.filtering import Filtering


class Answers(Filtering):
    """Results for use in code."""

    _attributed: tuple[Points, Effects] | None = None  # the results on screen, and their effects

    @property
    def effects(self) -> Effects:
        """The effects of all training rows on the target, as from ``ax.attribute`` with these settings.

        Raises :class:`InvalidChoice` while they are not known; ``await_idle()`` waits for them.

        >>> import afif_explorer as ax
        >>> explorer = ax.Explorer("hiring")
        >>> explorer.await_idle(timeout=120)
        True
        >>> explorer.select(explorer.effects.top(20, "lowest"))
        >>> explorer.effects.unit, len(explorer.selected), explorer.close()
        ('nats', 20, None)
        """
        points = self.points if self.fresh("points") else None
        if points is None:
            why = self.absence("points")
            raise InvalidChoice(
                why or "The effects are still being computed; wait for them with await_idle()."
            )
        if self._attributed is None or self._attributed[0] is not points:
            self._attributed = points, self._study.attributed(self.spec)
        return self._attributed[1]

    def nearest(self) -> dict[int, float]:
        """The five training rows with inputs most like those of the row in focus: id -> distance.

        The distance is Euclidean, in the inputs as the model gets them (numbers standardised, levels as 0
        and 1); the nearest row comes first. Empty without a row in focus or while the effects are not there.

        >>> import afif_explorer as ax
        >>> explorer = ax.Explorer("hiring")
        >>> explorer.await_idle(timeout=120)
        True
        >>> explorer.look_at(explorer.effects.top(1, "lowest")[0])
        >>> len(explorer.nearest()), explorer.close()
        (5, None)
        """
        if self.primary is None or not self.fresh("points") or self.known_rows is None:
            return {}
        found: dict[int, float] = self._study.nearest(self.spec, self.primary)
        return found

    def sentence(self) -> str:
        """A one-sentence summary of the settings."""
        return words.sentence(self.spec, self.data, self.points)

    def as_python(self) -> str:
        """Python code that computes the same results with the package's public names.

        It also removes the selected rows, or those removed in the unlearning view. Raises
        :class:`InvalidChoice` while the data, or the rows to remove, are not known.
        """
        if self.data is None or self.data.name != self.dataset:
            raise InvalidChoice("The data are still being loaded; try again when they are ready.")
        points = self.points if self.fresh("points") else None
        code = recipe.as_python(self.spec, self.data, points, self._removed())
        return code + in_view.code(self)

    def _removed(self) -> tuple[int, ...]:
        """Ids of the rows removed in the unlearning view, or of the selected rows."""
        spec = self.spec
        if spec.view != "unlearning" or "selected" in RULES[spec.rule].needs:
            return spec.selected
        if self.unlearning is None or not self.fresh("unlearning"):
            raise InvalidChoice(
                "The rows to remove are still being computed; try again when they are ready."
            )
        return tuple(self.unlearning.ids.tolist())
