"""The public names of the package, but for its subpackages."""

from __future__ import annotations

import inspect
from typing import Any

import afif_explorer as ax

NAMES: dict[str, Any] = {
    name: getattr(ax, name) for name in ax.__all__ if not inspect.ismodule(getattr(ax, name))
}
