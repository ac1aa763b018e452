"""A parameter of the model as a target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from afif_explorer.engine.targets.base import Target
from afif_explorer.engine.targets.bound import Bound, Fitted, Sample, checked_fit
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import is_whole
from afif_explorer.wording import quoted

MOST_NAMED = 6  # names that an error message lists


@dataclass(frozen=True)
class Coefficient(Target):
    """``T = theta_j``, one parameter of the model, in its own units.

    Effects are changes of the parameter, positive if it rises without the row. Since ``T`` is linear in
    ``theta``, they are those of the predicted parameters themselves, without a second-order term.

    Args:
        name: the name of a linear map's input, or "intercept" (with several outputs ``"class: input"``), as
            in the columns of :func:`dfbetas`; for any model the parameter's position in ``theta``, from 0.

    Raises:
        InvalidChoice: when used with a fit that does not have that parameter.

    Source: Broderick, Giordano and Meager, An Automatic Finite-Sample Robustness Metric (2020), section 2.

    >>> import numpy as np, afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("diabetes"), penalty=None)
    >>> effects = ax.attribute(fit, ax.Coefficient("body mass index"))
    >>> step = ax.unlearn(fit, fit.data.train.ids[:1], targets=ax.Coefficient("body mass index"))
    >>> bool(np.isclose(effects[0], list(step.effects.values())[0]))
    True
    """

    name: str | int = 0

    @property
    def where(self) -> str:
        return "train"

    def function(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        raise InvalidChoice(
            "A coefficient is no function of the model's outputs; bind it to a fit instead."
        )

    def bind(self, fit: Fitted) -> Bound:
        return CoefficientBound(fit, self.place(fit))

    def place(self, fit: Fitted) -> int:
        """The position of the parameter in ``theta``. Raises :class:`InvalidChoice` if there is none."""
        names = list(getattr(checked_fit(fit), "parameter_names", ()))
        if isinstance(self.name, str) and self.name in names:
            return names.index(self.name)
        if is_whole(self.name) and 0 <= int(self.name) < fit.objective.p:
            return int(self.name)
        more = ", ..." if len(names) > MOST_NAMED else ""
        known = f" or one of: {', '.join(names[:MOST_NAMED])}{more}" if names else ""
        raise InvalidChoice(
            f"There is no coefficient {quoted(self.name)}; give a position from 0 to "
            f"{fit.objective.p - 1}{known}."
        )


class CoefficientBound(Bound):
    """A parameter of a fit; it reads no rows."""

    def __init__(self, fit: Fitted, place: int) -> None:
        self._fit, self._place, self.count, self.outputs = fit, place, 1, 1

    def value(self, theta: Tensor) -> float:
        return float(theta[self._place])

    def gradients(self) -> Tensor:
        gradient = torch.zeros_like(self._fit.parameters)
        gradient[self._place] = 1.0
        return gradient[:, None]

    def hvp(self, vectors: Tensor, place: int = 0) -> Tensor:
        return torch.zeros_like(vectors)

    def output_gradients(self) -> Tensor:
        return self._fit.parameters.new_ones(1, 1)

    def output_hessians(self) -> Tensor:
        return self._fit.parameters.new_zeros(1, 1, 1)

    def seen(self, vectors: Tensor) -> Tensor:
        return vectors[self._place][None, None]

    def at(self, fit: Fitted) -> Bound:
        return CoefficientBound(fit, self._place)
