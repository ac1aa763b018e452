"""Device selection: a GPU if torch finds one and the problem is large enough.

Arrays are moved to the device selected here; tensors stay on their own device. All results stay on the
device of the rows.
"""

from __future__ import annotations

import os

import torch

from afif_explorer.engine.runtime.setting import Setting
from afif_explorer.engine.runtime.threads import SMALL
from afif_explorer.errors import InvalidChoice
from afif_explorer.wording import quoted

VARIABLE = "AFIF_DEVICE"  # the device of a process, if not set explicitly
AUTOMATIC = "auto"
CPU = torch.device("cpu")
INSTEAD = "choose 'cpu', or leave it unset."


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
    """The device for a problem with this many numbers per pass (rows times parameters)."""
    wanted = setting()
    if wanted != AUTOMATIC:
        return torch.device(wanted)
    # Problems for a single thread take less time than launching their kernels on a GPU.
    return torch.device("cuda") if numbers > SMALL and torch.cuda.is_available() else CPU


def setting() -> str:
    """The name of the requested device; :data:`AUTOMATIC` if none was set."""
    if use_device.chosen is not None:
        return str(use_device.chosen)
    named = os.environ.get(VARIABLE, "").strip().lower()
    return str(_checked(named)) if named not in ("", AUTOMATIC) else AUTOMATIC


def devices() -> list[torch.device]:
    """The devices used automatically: the CPU, and a GPU if torch finds one."""
    return [CPU, torch.device("cuda")] if torch.cuda.is_available() else [CPU]


def described(device: torch.device) -> str:
    """A human-readable description of a device."""
    if device.type == "cuda":
        return f"the GPU ({torch.cuda.get_device_name(device)})"
    return "the CPU" if device.type == "cpu" else str(device)


def _checked(wanted: torch.device | str) -> torch.device:
    """The device, after testing that it works."""
    try:
        device = torch.device(wanted)
    except (RuntimeError, TypeError, ValueError) as error:
        raise InvalidChoice(f"There is no device {quoted(wanted)}; {INSTEAD}") from error
    try:
        float(torch.zeros(1, dtype=torch.float64, device=device))
    except (RuntimeError, TypeError, AssertionError, NotImplementedError) as error:
        reason = str(error).split("\n", 1)[0].rstrip(".")
        raise InvalidChoice(
            f"The device {str(device)!r} does not support double precision ({reason}); {INSTEAD}"
        ) from error
    return device
