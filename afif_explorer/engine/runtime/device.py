"""On which device the work is done: a GPU where torch sees one and the work is worth it.

Arrays have no device of their own, so what is made of them goes where this module says; a tensor stays
where its owner has put it. Everything that follows from rows stays with them.
"""

from __future__ import annotations

import os

import torch

from afif_explorer.engine.runtime.setting import Setting
from afif_explorer.engine.runtime.threads import SMALL
from afif_explorer.errors import InvalidChoice

VARIABLE = "AFIF_DEVICE"  # the device of a process that sets none
AUTOMATIC = "auto"
CPU = torch.device("cpu")
INSTEAD = "choose 'cpu', or leave it open."


class use_device(Setting):
    """Set the device for data given as arrays, for the whole process.

    ``use_device("cpu")`` permanently; ``with use_device("cuda:1"): ...`` within the block. Tensors stay on
    their own device, and fits on the one they were made on. Attribute ``device``: the current setting.

    Args:
        device: a torch device or its name. None: the environment variable ``AFIF_DEVICE`` or, without it, a
            GPU if torch finds one, for problems that are too large for a single thread.

    Raises:
        InvalidChoice: for a device that is not available, or without double precision.

    >>> import afif_explorer as ax
    >>> with ax.use_device("cpu"):
    ...     fit = ax.fit(ax.load_dataset("hiring"))
    >>> fit.objective.device
    device(type='cpu')
    """

    def __init__(self, device: torch.device | str | None) -> None:
        self.device = None if device is None else _checked(device)
        super().__init__(self.device)


def device_for(numbers: int) -> torch.device:
    """Where work belongs each of whose passes touches so many numbers (rows times parameters)."""
    wanted = setting()
    if wanted != AUTOMATIC:
        return torch.device(wanted)
    # What one thread is enough for is over before a GPU has been told all its steps.
    return torch.device("cuda") if numbers > SMALL and torch.cuda.is_available() else CPU


def setting() -> str:
    """The device that was asked for, by name; :data:`AUTOMATIC` if none was."""
    if use_device.chosen is not None:
        return str(use_device.chosen)
    named = os.environ.get(VARIABLE, "").strip().lower()
    return str(_checked(named)) if named not in ("", AUTOMATIC) else AUTOMATIC


def devices() -> list[torch.device]:
    """Those that work may be done on without anybody's asking: the CPU, and a GPU if torch sees one."""
    return [CPU, torch.device("cuda")] if torch.cuda.is_available() else [CPU]


def described(device: torch.device) -> str:
    """A device in words."""
    if device.type == "cuda":
        return f"the GPU ({torch.cuda.get_device_name(device)})"
    return "the processor" if device.type == "cpu" else str(device)


def _checked(wanted: torch.device | str) -> torch.device:
    """A device that works, which only trying it tells."""
    try:
        device = torch.device(wanted)
    except (RuntimeError, TypeError) as error:
        raise InvalidChoice(f"There is no device {wanted!r}; {INSTEAD}") from error
    try:
        float(torch.zeros(1, dtype=torch.float64, device=device))
    except (RuntimeError, TypeError, AssertionError, NotImplementedError) as error:
        reason = str(error).split("\n", 1)[0].rstrip(".")
        raise InvalidChoice(
            f"Nothing can be calculated in double precision on the device {str(device)!r} ({reason}); "
            f"{INSTEAD}"
        ) from error
    return device
