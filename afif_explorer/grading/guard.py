"""What a submission may not do: reach the network, start programs, read solutions, write elsewhere.

Python reports such actions to audit hooks, which cannot be removed again; where the kernel allows it, the
process also gets a network namespace of its own, in which there is no other machine. This stops accidents
and shortcuts, not an attacker who runs machine code: grade strangers' files in a container.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from afif_explorer import exercises

_NETWORK = {
    "socket.connect",
    "socket.bind",
    "socket.sendto",
    "socket.sendmsg",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.gethostbyaddr",
    "urllib.Request",
}
_PROGRAMS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork"}
_CHANGES = {
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.chmod",
    "os.chown",
    "os.link",
    "os.symlink",
    "os.truncate",
    "shutil.rmtree",
}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # linux/sched.h
_HARMLESS = ("/dev/",)
_SOLUTIONS = f"{exercises.__name__}.lessons"
_THEIR_FILES = os.path.realpath(str(Path(exercises.__file__).parent / "lessons")) + os.sep


def _reads_solutions(event: str, first: Any) -> bool:
    if event == "import":
        return isinstance(first, str) and (first + ".").startswith(_SOLUTIONS + ".")
    path = first if event == "open" and isinstance(first, str | bytes | os.PathLike) else ""
    return os.path.realpath(os.fsdecode(path)).startswith(_THEIR_FILES)


class Refused(PermissionError):
    """A submission tried what it may not."""


def confine(folder: Path) -> None:
    """From now on, this process may write in ``folder`` only, and reach no network, program or solution."""
    _leave_the_network()
    own = str(folder.resolve())

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _NETWORK:
            raise Refused("A submission may not use the network.")
        if event in _PROGRAMS:
            raise Refused("A submission may not start other programs.")
        if event in {"import", "open"} and _reads_solutions(event, arguments[0]):
            raise Refused("A submission may not read the solutions of the exercises.")
        if event == "open" and _writes(*arguments[1:3]):
            _within(own, arguments[0])
        elif event in _CHANGES:
            for path in arguments[: 2 if event in {"os.rename", "os.link"} else 1]:
                _within(own, path)

    sys.addaudithook(hook)


def _writes(mode: Any, flags: Any) -> bool:
    if isinstance(mode, str):
        return bool(set(mode) & set("wax+"))
    return isinstance(flags, int) and bool(flags & _WRITING)


def _within(own: str, path: Any) -> None:
    """Refuse a path outside ``own``; numbers are files that are open already."""
    if not isinstance(path, str | bytes | os.PathLike):
        return
    name = os.path.realpath(os.fsdecode(path))
    if not (name == own or name.startswith((own + os.sep, *_HARMLESS))):
        raise Refused(f"A submission may write in its own folder only, not to {name}.")


def _leave_the_network() -> None:
    """Enter a network namespace with nothing in it, where the kernel lets an ordinary user do so."""
    if sys.platform != "linux":
        return
    with suppress(OSError, AttributeError):
        unshare: Callable[[int], int] = ctypes.CDLL(None, use_errno=True).unshare
        if unshare(_NEW_NETWORK) == 0:
            return
        user, group = os.getuid(), os.getgid()
        if unshare(_NEW_USER | _NEW_NETWORK) == 0:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
