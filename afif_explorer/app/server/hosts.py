"""The host names of this server: a page that reached it under another name gets no answer.

Another site can let its own name point to this machine (DNS rebinding), and would otherwise read what is
served here.
"""

from __future__ import annotations

import re
import socket
from typing import Any

import psutil
from bokeh.settings import settings
from tornado.web import RequestHandler

EVERYWHERE = ("", "0.0.0.0", "::")
LOOPBACK = ("127.0.0.1", "::1")


def names(address: str) -> set[str]:
    """The names by which this server is reached.

    If bound to all interfaces, these are the host names and addresses that this machine knows; for
    others (behind a proxy, say) set ``BOKEH_ALLOW_WS_ORIGIN``.
    """
    if address in EVERYWHERE:
        return {"localhost", "127.0.0.1", *own_names()}
    return {address} | ({"localhost"} if address in LOOPBACK else set())


def origins(address: str, port: int) -> list[str]:
    """Hosts whose pages may open a connection: this server, under its names."""
    return [f"{name}:{port}" for name in sorted(names(address))]


def reached_from_here_only(address: str) -> bool:
    """Whether only this machine can connect: on the loopback interface, and not published by a proxy."""
    return address in LOOPBACK and not settings.allowed_ws_origin()


def own_names() -> set[str]:
    """The host names of this machine, and the IPv4 addresses of all its interfaces."""
    addresses = {
        entry.address
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family == socket.AF_INET
    }
    return {socket.gethostname(), socket.getfqdn(), *addresses}


class UnknownHost(RequestHandler):
    """Refuses every request."""

    def prepare(self) -> None:
        self.set_status(403)
        self.finish(
            "This server is not known under the host name of your request. If it should be, name the "
            "host and port in the environment variable BOKEH_ALLOW_WS_ORIGIN before starting it."
        )


def refuse_others(application: Any, address: str) -> None:
    """Make a tornado application answer requests to its own names only."""
    allowed = {origin.rsplit(":", 1)[0] for origin in settings.allowed_ws_origin() or ()}
    if "*" in allowed:
        return
    known = {name.lower() for name in names(address) | allowed}
    pattern = "|".join(re.escape(form) for name in known for form in (name, f"[{name}]"))
    application.add_handlers(f"(?!(?:{pattern})$).*", [("/.*", UnknownHost)])
