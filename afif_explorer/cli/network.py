"""Ports and addresses of this machine."""

from __future__ import annotations

import argparse
import socket

DASHBOARD_PORT = 5006


def port(text: str) -> int:
    """The number of a port, as an option of the command line."""
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; give a number from 0 to 65535")
    return int(text)


def reachable_address() -> str:
    """The address at which other machines on the network can reach this one.

    Connecting a datagram socket sends nothing; it only makes the system select the interface.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address reserved for documentation
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()
