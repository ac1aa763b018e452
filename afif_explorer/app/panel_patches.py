"""All uses of private parts of Panel, panel-material-ui, param and Bokeh: one function each.

For Panel 1.9.4, panel-material-ui 0.16.6, param 2.4 and Bokeh 3.9. Each function names the upstream report,
if there is one, and has a test in ``tests/app/test_panel_patches.py`` that fails once the patch is no longer
needed: then remove it.

The attributes that Panel documents for custom components (``_esm``, ``_stylesheets``, ``_handle_msg``,
``_send_msg``) are not private.
"""

from __future__ import annotations

from typing import Any

import param
from panel.io import document as panel_document
from panel.io.resources import LOCAL_DIST


def send_all_messages() -> None:
    """Send queued messages immediately instead of with the next one. Panel 1.9.4.

    While messages are being written, new ones are queued. Panel checks the queue once more afterwards, but
    if a message arrives in between, it first removes a flag without which the queue is ignored, so that the
    message stays queued until the next event on the page. The flag was added by
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
    """Serve a page's style sheets from this server, however its session was created. Panel 1.9.4.

    Panel sets their address only when it renders the page. If the browser connects after the session has
    expired, a new one is created without rendering, and all style sheets would be requested from another
    host. Not reported upstream.
    """
    document.template_variables["dist_url"] = LOCAL_DIST


def send_value_at_once(widget: Any) -> None:
    """Handle events of ``widget`` without delay, and without the busy counter. Panel 1.9.4.

    Panel debounces events by 50 ms, half of the target for a redraw, and sends the browser two updates of
    its busy counter, which is not shown here. The delay is a constant of the class; a setting is requested
    in https://github.com/holoviz/param/issues/984.
    """
    widget._debounce = 1  # ms
    widget._busy__ignore = [*widget._busy__ignore, "value"]


def sends_value_once(slider: type) -> type:
    """A slider class without a second event when the slider is released. Panel 1.9.4.

    In addition to ``value`` the browser sends ``value_throttled``, which is not used here:
    https://github.com/holoviz/panel/pull/777, and https://github.com/holoviz/panel/issues/1258 on the order
    of both.
    """
    inherited: Any = slider._linked_properties  # type: ignore[attr-defined]

    def linked(self: Any) -> tuple[str, ...]:
        return tuple(name for name in inherited.fget(self) if name != "value_throttled")

    slider._linked_properties = property(linked)  # type: ignore[attr-defined]
    return slider


def sends_each_file(download: type) -> type:
    """A download button class that sends every file, and nothing for None. panel-material-ui 0.16.6.

    The browser ignores a file that equals the previous one
    (https://github.com/panel-extensions/panel-material-ui/pull/715), and a callback that returns None raises
    a TypeError.
    """
    inherited: Any = download._sync_data  # type: ignore[attr-defined]

    def sync_data(self: Any, fileobj: Any) -> None:
        if fileobj is not None:
            self.data = None
            inherited(self, fileobj)

    download._sync_data = sync_data  # type: ignore[attr-defined]
    return download


def unlink_busy(page: Any) -> None:
    """Unlink ``page`` from Panel's count of busy sessions. panel-material-ui 0.16.6, param 2.4.

    The link sends two messages for every event of any visitor, and keeps the page in memory forever. It was
    added by https://github.com/panel-extensions/panel-material-ui/pull/235.
    """
    with param.parameterized.edit_constant(page):
        page.param._update_ref("busy", False)


def tornado_application(server: Any) -> Any:
    """The tornado application of a Bokeh server, to which headers and handlers are added. Bokeh 3.9.

    The server has no public name for it: see https://github.com/bokeh/bokeh/issues/6562, and
    https://github.com/bokeh/bokeh/issues/9416 for headers.
    """
    return server._tornado
