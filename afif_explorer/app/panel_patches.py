"""All that touches private parts of Panel, panel-material-ui, param and Bokeh: one function each.

Made for Panel 1.9.4, panel-material-ui 0.16.6, param 2.4 and Bokeh 3.9. Each function names the report that
it answers, where there is one, and has a test in ``tests/app/test_panel_patches.py`` that fails once the
libraries do without it: then take it out.

What Panel documents for custom components (``_esm``, ``_stylesheets``, ``_handle_msg``, ``_send_msg``) is no
private part.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import param
from panel.io import document as panel_document
from panel.io.resources import LOCAL_DIST


def send_all_messages() -> None:
    """Let no message to a browser wait for the next one. Panel 1.9.4.

    New messages go on a list while others are written. Panel reads the list once more afterwards, but if
    a message came in between it first removes the mark without which it reads nothing: the message stays
    on the list until something else happens on the page. The mark came with
    https://github.com/holoviz/panel/pull/6667, the fix of https://github.com/holoviz/panel/issues/6603.
    """
    dispatch = panel_document._dispatch_msgs
    if hasattr(dispatch, "original"):
        return

    async def dispatch_all(document: Any) -> None:
        await dispatch(document)
        waits = document in panel_document._WRITE_MSGS
        if waits and document not in panel_document._WRITE_BLOCK:
            panel_document._WRITE_BLOCK[document] = True
            panel_document._dispatch_write_task(document, dispatch_all, document)

    dispatch_all.original = dispatch  # type: ignore[attr-defined]
    panel_document._dispatch_msgs = dispatch_all


def use_own_stylesheets(document: Any) -> None:
    """Take the style sheets of a page from this server, whichever way its session was made. Panel 1.9.4.

    Panel notes their address only when it writes the page. Where the browser connects after the session of
    its page is gone, a new one is made without writing a page, and all style sheets would be asked for
    elsewhere. Not reported upstream.
    """
    document.template_variables["dist_url"] = LOCAL_DIST


def send_value_at_once(widget: Any) -> None:
    """Let what a person does with ``widget`` be heard at once, and not count as work. Panel 1.9.4.

    Panel waits 50 ms for more of it, half of what a redraw may take, and tells the browser twice how many
    events it is busy with, which nothing here shows. The wait is a constant of the class; a setting for it
    is asked for in https://github.com/holoviz/param/issues/984.
    """
    widget._debounce = 1  # ms
    widget._busy__ignore = [*widget._busy__ignore, "value"]


def sends_value_once(slider: type) -> type:
    """A class of sliders that is not heard once more when it is let go of. Panel 1.9.4.

    Besides ``value`` the browser sends ``value_throttled``, which nothing here uses:
    https://github.com/holoviz/panel/pull/777, and https://github.com/holoviz/panel/issues/1258 on the order
    of both.
    """
    inherited: Any = slider._linked_properties  # type: ignore[attr-defined]

    def linked(self: Any) -> tuple[str, ...]:
        return tuple(name for name in inherited.fget(self) if name != "value_throttled")

    slider._linked_properties = property(linked)  # type: ignore[attr-defined]
    return slider


def sends_each_file(download: type) -> type:
    """A class of download buttons that sends every file, and nothing for None. panel-material-ui 0.16.6.

    The browser takes a file for new only if it differs from the last one
    (https://github.com/panel-extensions/panel-material-ui/pull/715), and a callback that returns None is an
    error of type.
    """
    inherited: Any = download._sync_data  # type: ignore[attr-defined]

    def sync_data(self: Any, fileobj: Any) -> None:
        if fileobj is not None:
            self.data = None
            inherited(self, fileobj)

    download._sync_data = sync_data  # type: ignore[attr-defined]
    return download


def hear_files(
    widget: Any, arrived: Callable[[str, bytes], None], refused: Callable[[str], None]
) -> None:
    """Hear of each file that is chosen in a ``FileInput``. panel-material-ui 0.16.6.

    ``arrived(name, content)`` hears of an empty file and of the same one again too, which change no
    parameter; ``refused(reason)`` of one that the browser did not send, which panel-material-ui answers with
    a ValueError. Neither is reported upstream.
    """
    handle, update = widget._handle_msg, widget._update_file

    def handle_msg(msg: Any) -> None:
        if msg["status"] == "error":
            refused(str(msg.get("error", "")))
        else:
            handle(msg)

    def update_file(filename: Any, mime_type: Any, value: Any) -> None:
        update(filename, mime_type, value)
        arrived(filename or "", value or b"")

    widget._handle_msg, widget._update_file = handle_msg, update_file


def unlink_busy(page: Any) -> None:
    """Untie ``page`` from Panel's count of busy sessions. panel-material-ui 0.16.6, param 2.4.

    The tie sends two messages for every event of any visitor, and keeps the page in memory for ever. It
    came with https://github.com/panel-extensions/panel-material-ui/pull/235.
    """
    with param.parameterized.edit_constant(page):
        page.param._update_ref("busy", False)


def tornado_application(server: Any) -> Any:
    """The tornado application of a Bokeh server, to which headers and handlers are added. Bokeh 3.9.

    The server has no public name for it: see https://github.com/bokeh/bokeh/issues/6562, and
    https://github.com/bokeh/bokeh/issues/9416 for headers.
    """
    return server._tornado
