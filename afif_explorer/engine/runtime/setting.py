"""Process-wide settings that can be used as context managers."""

from __future__ import annotations

from types import TracebackType
from typing import Any, ClassVar, Self


class Setting:
    """Each subclass holds one value, None until set; creating an instance sets it.

    As a context manager it restores the previous value at the end of the block.
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
