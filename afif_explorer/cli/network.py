"""Ports and addresses of this machine."""

from __future__ import annotations

import errno
import socket

from afif_explorer.errors import ChoiceError

EVERY_INTERFACE = "0.0.0.0"


def check_free(address: str, port: int) -> None:
    """Raise :class:`ChoiceError` if nothing could listen on ``address`` and ``port``."""
    if not 0 <= port <= 65_535:
        raise ChoiceError(f"Port {port} does not exist; choose one from 1024 to 65535, or 0.")
    try:
        family, kind, _, _, place = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise ChoiceError(f"{address!r} is not an address of this machine.") from error
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
            probe.listen(1)
        except OSError as error:
            raise ChoiceError(_reason(error, address, port)) from error


def _reason(error: OSError, address: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken; choose another with --port, or --port 0 for any free one."
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for the system; choose one above 1023 with --port."
    return f"{address!r} is not an address of this machine."


def reachable_address() -> str:
    """The address under which other machines of the network see this one.

    Connecting a datagram socket sends nothing; it only makes the system pick the interface.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address set aside for documentation
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()
