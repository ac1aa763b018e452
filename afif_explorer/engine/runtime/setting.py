"""A choice for the whole process that can be given back."""

from __future__ import annotations

from types import TracebackType
from typing import Any, ClassVar, Self


class Setting:
    """Subclasses keep one value each, None until one is chosen: making one sets it from now on.

    As a context manager it puts back, at the end of the block, what was set before.
    """

    chosen: ClassVar[Any] = None

    def __init__(self, value: Any) -> None:
        kind = type(self)
        self._before = kind.chosen
        kind.chosen = value

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        type(self).chosen = self._before
