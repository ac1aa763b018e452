"""``Effects``: the effects of all training rows, with their ids, unit and trust."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, fields
from functools import cached_property
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.lib.mixins import NDArrayOperatorsMixin

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.limits.trust import Trust
from afif_explorer.choices.option import Facts
from afif_explorer.choices.targets import TARGETS
from afif_explorer.engine.problem.losses import Bernoulli, Categorical, Gaussian
from afif_explorer.engine.targets.base import Target
from afif_explorer.engine.targets.tokens import TokenLoss
from afif_explorer.errors import InvalidChoice
from afif_explorer.html_tables import html_table
from afif_explorer.numeric import is_whole
from afif_explorer.wording import count, quoted

ORDERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "absolute": lambda values: -np.abs(values),
    "lowest": lambda values: values,
    "highest": lambda values: -values,
}
SHOWN = 10  # rows of a table in a notebook


class Effects(NDArrayOperatorsMixin):
    """The effects of all training rows on one target ``[n]`` or several ``[n, m]``: see :func:`attribute`.

    An array in every expression: arithmetic, comparison, slicing, NumPy functions and array methods give
    plain arrays, whose positions are those of ``ids``. Read-only; ``np.array(effects)`` is a copy.

    An effect is the predicted change of the target if the row is removed: positive if it rises.

    Args:
        values: ``[n]`` or ``[n, m]``; an attribute, like ``ids``, ``target``, ``unit`` and ``method``.
        ids: ``[n]``, the ids of the training rows.
        target: the target, or a tuple of ``m``.
        unit: of the effects, or a tuple of ``m``.
        method: how they were computed, in words.
        trust: computes :attr:`trust` when it is first read.
        frame: the raw columns of the rows, for :meth:`to_frame`.

    >>> import numpy as np, afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> effects = ax.attribute(fit, ax.MeanLoss("test"))
    >>> effects.unit, effects.trust.level
    ('nats', 'good')
    >>> worst = effects.top(3, "lowest")  # ids of the rows without which the loss falls most
    >>> bool(ax.unlearn(fit, worst, targets=effects.target).effects[effects.target] < 0)
    True
    """

    def __init__(
        self,
        values: np.ndarray,
        ids: np.ndarray,
        target: Target | tuple[Target, ...],
        unit: str | tuple[str, ...],
        method: str,
        trust: Callable[[], Trust],
        frame: pd.DataFrame | None = None,
    ) -> None:
        self.values, self.ids, self.target, self.unit = values, ids, target, unit
        self.method, self._judge, self._frame = method, trust, frame

    @cached_property
    def trust(self) -> Trust:
        """How far they can be trusted; what is expensive is computed when first read."""
        return self._judge()

    def top(
        self, k: int, by: str = "absolute", *, target: Target | int | None = None
    ) -> np.ndarray:
        """The ids of the ``k`` rows with the largest effects, largest first; NaN is left out.

        Args:
            k: number of rows.
            by: "absolute" (the largest absolute effects), "lowest" (the most negative: without these rows the
                target falls most) or "highest".
            target: one of several, or its column.

        Raises:
            InvalidChoice: for another order, a number below 0, or a target that is not one of them.
        """
        return self.ids[self._largest(k, by, target)]

    def _largest(self, k: int, by: str, target: Target | int | None) -> np.ndarray:
        """Positions of the largest values of :meth:`_column`."""
        if by not in ORDERS:
            raise InvalidChoice(
                f"There is no order {quoted(by)}; choose one of: {', '.join(ORDERS)}."
            )
        if not (is_whole(k) and k >= 0):
            raise InvalidChoice(f"The number of rows must be a whole number, not {quoted(k)}.")
        values = self._column(target)
        order = np.argsort(ORDERS[by](values), kind="stable")
        return np.asarray(order[~np.isnan(values[order])][:k])

    def _column(self, target: Target | int | None) -> np.ndarray:
        if not isinstance(self.target, tuple):
            return self.values
        targets = self._targets
        if isinstance(target, Target):
            if target in targets:
                return np.asarray(self.values[..., targets.index(target)])
        elif target is not None and is_whole(target) and 0 <= int(target) < len(targets):
            return np.asarray(self.values[..., int(target)])
        raise InvalidChoice(
            f"There are effects on {len(targets)} targets; choose one of them by target=, or its column "
            f"from 0 to {len(targets) - 1}, not {quoted(target)}."
        )

    def to_frame(self, raw: bool = False) -> pd.DataFrame:
        """A row per training row, indexed by id, and a column per target.

        Args:
            raw: also the raw columns of the rows, if the fit has a data set. A raw column named like an
                effect gets the ending "_raw".
        """
        columns = self._labels
        table = pd.DataFrame(
            self.values.reshape(len(self.ids), -1),
            index=pd.Index(self.ids, name="id"),
            columns=columns,
        )
        if raw and self._frame is not None:
            twice = {name: f"{name}_raw" for name in self._frame if name in columns}
            return pd.concat([table, self._frame.rename_axis("id").rename(columns=twice)], axis=1)
        return table

    @property
    def _targets(self) -> tuple[Target, ...]:
        return self.target if isinstance(self.target, tuple) else (self.target,)

    @property
    def _labels(self) -> list[str]:
        return [label(one) for one in self._targets]

    @property
    def _of(self) -> str:
        """What has the effects."""
        return f"{count(len(self.ids))} rows"

    @property
    def _title(self) -> str:
        names = self._labels
        on = names[0] if len(names) == 1 else f"{len(names)} targets"
        units = {self.unit} if isinstance(self.unit, str) else set(self.unit)
        return f"Effects of {self._of} on {on}, in {', '.join(sorted(units))}"

    def __repr__(self) -> str:
        return f"<{self._title}; {self.method}; trust: {self.trust.level}>"

    def _repr_html_(self) -> str:
        """The rows with the largest effects as a table."""
        top = self._largest(SHOWN, "absolute", 0).tolist()
        notes = (
            f"The {len(top)} largest of the first target, by size.",
            self.method,
            str(self.trust),
        )
        return html_table(self._title, *self._table(top), notes)

    def _table(self, places: Sequence[int]) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The head and the rows of a table."""
        values = self.values.reshape(len(self.ids), -1)
        rows = [(int(self.ids[place]), *map(float, values[place])) for place in places]
        return ["id", *self._labels], rows

    def __getstate__(self) -> dict[str, Any]:
        """For copies and pickles: the trust itself instead of how it is computed."""
        return {**vars(self), "trust": self.trust, "_judge": None}

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.values, dtype=dtype, copy=copy)

    def __dlpack__(self, **settings: Any) -> Any:
        """For tensors of other libraries."""
        return self.values.__dlpack__(**settings)

    def __dlpack_device__(self) -> Any:
        return self.values.__dlpack_device__()

    def __array_ufunc__(self, ufunc: np.ufunc, how: str, *inputs: Any, **settings: Any) -> Any:
        if any(isinstance(one, Effects) for one in settings.get("out", ())):
            raise TypeError("Effects are read-only; change a copy, np.array(effects).")
        plain = [one.values if isinstance(one, Effects) else one for one in inputs]
        return getattr(ufunc, how)(*plain, **settings)

    def __getitem__(self, key: Any) -> Any:
        return self.values[key]

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)

    def __float__(self) -> float:
        return float(self.values)

    def __bool__(self) -> bool:
        return bool(self.values)

    def __getattr__(self, name: str) -> Any:
        """The methods and attributes of an array: ``shape``, ``sum()``, ``argsort()``, ..."""
        if name.startswith("__") or "values" not in vars(self):
            raise AttributeError(name)
        return getattr(self.values, name)


def label(target: Target) -> str:
    """A short name of a target: its class, split and whatever else is not the default."""
    told, skipped = [], False
    for one in fields(target):
        value = getattr(target, one.name)
        if one.name == "split" or one.default is MISSING or value != one.default:
            told.append(f"{one.name}={value!r}" if skipped else repr(value))
        else:
            skipped = True
    return f"{type(target).__name__}({', '.join(told)})"


def facts_of(fit: Fit) -> Facts:
    """What units depend on: the data set, or what the loss tells without one."""
    if fit.data is not None:
        return fit.data
    loss = fit.objective.loss
    classes = isinstance(loss, Bernoulli | Categorical)
    task = "classification" if classes else "regression" if isinstance(loss, Gaussian) else "count"
    return cast(Facts, SimpleNamespace(task=task, target="target units"))


def units_of(targets: Sequence[Target], facts: Facts) -> tuple[str, ...]:
    """The unit of each target, for a data set or its like."""
    declared = {option.engine_class: option.unit for option in TARGETS.values()}
    declared[TokenLoss] = lambda _: "nats"  # no choice of the explorer
    known = [declared.get(type(one)) for one in targets]
    return tuple("the target's unit" if unit is None else unit(facts) for unit in known)
