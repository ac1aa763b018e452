"""``serve``: runs the dashboard on a port of this machine."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

import panel as pn
from bokeh.server.server import Server
from bokeh.settings import settings
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError

from afif_explorer import collector, ending, study
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.app import panel_patches
from afif_explorer.app.components import toolkit
from afif_explorer.app.server import hosts, scripts, security, uploads
from afif_explorer.app.server.login import login
from afif_explorer.engine.runtime import device
from afif_explorer.errors import AfifError, InvalidChoice
from afif_explorer.figures import FIGURES
from afif_explorer.jobs import shared_jobs
from afif_explorer.spec import Spec
from afif_explorer.state.options import start_of
from afif_explorer.study.given import Given

TITLE = "AFIF explorer"
MESSAGE_LIMIT = 64 * 1024**2  # bytes of one message from a browser; uploads are chunked
UNUSED_SECONDS = 60  # lifetime of a session without a connection
TOKEN_SECONDS = 7 * 86_400  # how long a page may connect; its session is recreated if necessary


def serve(
    fit: Fit | None = None,
    *,
    port: int | None = None,
    address: str = "127.0.0.1",
    show: bool = True,
    password_file: str | Path | None = None,
) -> None:
    """Serve the dashboard until interrupted; its address is printed once it is ready.

    Args:
        fit: a fit of any model, data and loss, which visitors see first, as it is; None: the data sets and
            models that the dashboard offers. Links to it work while this call runs.
        port: None or 0 picks a free port.
        address: the interface to listen on: with the default only this machine can connect.
        show: open a browser.
        password_file: a file with one shared password, or a JSON object of user names and passwords;
            visitors must then log in.

    Raises:
        InvalidChoice: for anything but a fit, if the device of ``AFIF_DEVICE`` or the port is not available,
            or the password file is invalid.

    >>> import socket, afif_explorer as ax
    >>> with socket.create_server(("127.0.0.1", 0)) as other:
    ...     ax.serve(port=other.getsockname()[1], show=False)  # taken
    Traceback (most recent call last):
        ...
    afif_explorer.errors.InvalidChoice: ...
    """
    device.setting()  # a wrong one is told now, not on every page
    given = None if fit is None else study.add_fit(fit)
    warm(given)
    server = make_server(port, address, password_file, given)
    run(server, location(server, address), show)


def run(server: Server, url: str = "", show: bool = False) -> None:
    """Run a server until interrupted; print its address once it is ready, and open it in a browser."""
    ending.on_signal(lambda _: server.io_loop.add_callback_from_signal(stop, server), status=0)
    server.io_loop.asyncio_loop.set_exception_handler(unless_left)
    server.start()
    collector.serving()
    if url:
        print(f"Dashboard: {url}", flush=True)
    if show:
        server.io_loop.add_callback(server.show, "/")
    server.io_loop.start()
    shared_jobs().shutdown(wait=False)


def warm(given: Given | None = None) -> None:
    """Load the libraries, and what visitors see first with its effects, before serving.

    The first visitor does not wait for them, and two threads cannot deadlock by importing them at the
    same time.
    """
    first = Spec(**start_of(given, None, {}))
    for show in (_draw, study.agreement, study.unlearning):
        with suppress(AfifError):  # told on the page
            show(study.settle(first)[0])


def _draw(spec: Spec) -> None:
    FIGURES["row_map"].sketch(study.points(spec))


def unless_left(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report errors in the event loop, except for messages to visitors who have just left."""
    if not isinstance(context.get("exception"), WebSocketClosedError | StreamClosedError):
        loop.default_exception_handler(context)


def stop(server: Server) -> None:
    """Stop a running server and its event loop."""
    server.stop()
    server.io_loop.stop()


def location(server: Server, address: str) -> str:
    """The address to open in a browser on this machine."""
    host = "127.0.0.1" if address in hosts.EVERYWHERE else address
    return f"http://{f'[{host}]' if ':' in host else host}:{server.port}/"


def make_server(
    port: int | None = None,
    address: str = "127.0.0.1",
    password_file: str | Path | None = None,
    given: Given | None = None,
) -> Server:
    """The server of :func:`serve`, not started yet."""
    from afif_explorer.app.server.session import open_session

    settings.perform_error_diagnostics = (
        False  # of our own callbacks, a sixth of the time of a page
    )
    settings.perform_document_validation = False
    toolkit.load()
    pn.config.reconnect = False  # Bokeh cannot reconnect a page with figures; browser.js reloads it
    try:
        port = free_port(address, port or 0)
        server = pn.io.server.get_server(
            lambda: open_session(
                given,
                protected=password_file is not None,
                local=password_file is None and hosts.reached_from_here_only(address),
            ),
            port=port,
            address=address,
            title=TITLE,
            websocket_origin=hosts.origins(address, port),
            show=False,
            start=False,
            verbose=False,
            liveness="healthz",
            websocket_max_message_size=MESSAGE_LIMIT,
            unused_session_lifetime_milliseconds=UNUSED_SECONDS * 1000,
            check_unused_sessions_milliseconds=UNUSED_SECONDS * 500,
            session_token_expiration=TOKEN_SECONDS,
            include_cookies=[],  # the token in the page is readable by its scripts
            exclude_headers=["Cookie"],
            **login(password_file),
        )
    except OSError as error:
        raise InvalidChoice(
            f"The dashboard cannot listen on port {port} of {address!r}: {error.strerror}. "
            "Choose another port, or 0 to pick a free one."
        ) from error
    application = panel_patches.tornado_application(server)
    security.protect(application)
    hosts.refuse_others(application, address)
    scripts.send_whole(application)
    uploads.receive(application)
    return server


def free_port(address: str, wanted: int = 0) -> int:
    """The port ``wanted``, or any free port if 0.

    It must be known before the server is created, because connections are allowed by host and port.
    Raises OSError if it is in use.
    """
    with socket.create_server((address, wanted), family=_family(address)) as found:
        return int(found.getsockname()[1])


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
