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

VARIABLE = "AFIF_DEVICE"  # the device of a process, if not set explicitly
AUTOMATIC = "auto"
CPU = torch.device("cpu")
INSTEAD = "choose 'cpu', or leave it unset."


class use_device(Setting):
    """Set where rows that come as arrays are worked on, for the whole process.

    ``use_device("cpu")`` from now on; ``with use_device("cuda:1"): ...`` within the block;
    ``use_device(None)`` goes back to the environment variable ``AFIF_DEVICE`` or, without it, to a GPU if
    torch sees one, for work whose passes touch more numbers than one thread is enough for. Attribute
    ``device``: what is set. Fits keep the device that they were made on.

    Raises :class:`InvalidChoice` for what is no device here, or none that calculates in double precision.
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
    except (RuntimeError, TypeError) as error:
        raise InvalidChoice(f"There is no device {wanted!r}; {INSTEAD}") from error
    try:
        float(torch.zeros(1, dtype=torch.float64, device=device))
    except (RuntimeError, TypeError, AssertionError, NotImplementedError) as error:
        reason = str(error).split("\n", 1)[0].rstrip(".")
        raise InvalidChoice(
            f"The device {str(device)!r} does not support double precision ({reason}); {INSTEAD}"
        ) from error
    return device
