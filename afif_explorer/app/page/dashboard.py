"""``Dashboard``: one visitor's page, put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from afif_explorer.app.components import toolkit
from afif_explorer.app.components.browser import Browser
from afif_explorer.app.components.elements import ask, flow, stack
from afif_explorer.app.components.fields import Fields
from afif_explorer.app.page.controls import Controls
from afif_explorer.app.page.header import Header
from afif_explorer.app.page.help import GUIDE, Code, Help
from afif_explorer.app.page.notices import Notices
from afif_explorer.app.page.status import StatusHead
from afif_explorer.app.page.upload import Upload
from afif_explorer.app.updates.follower import Debounce, Follower, Gate, Timer
from afif_explorer.app.views.context import PageContext
from afif_explorer.app.views.strip import Strip
from afif_explorer.app.views.view import View
from afif_explorer.errors import AfifError
from afif_explorer.screens import SCREENS, SELECTION
from afif_explorer.spec import FIELDS

TITLE = "AFIF explorer"
BODY = """
:host {
  box-sizing: border-box;
  width: 100% !important;
  max-width: 1680px !important;
  margin: 0 auto;
  padding: 16px;
}
"""


class Dashboard:
    """Shows ``explorer`` and sets it. ``notes`` tell what could not be read from the link."""

    def __init__(
        self,
        explorer: Any,
        document: Any = None,
        *,
        gate: Gate | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.explorer = explorer
        self._gate: Callable[[Callable[[], None]], None] = gate or (lambda action: action())
        self.follower = Follower(explorer, document, gate)
        self._notices = Notices(explorer)
        self._notices.link(notes)
        self._browser = Browser(on_copied=self._copied, on_arrival=self._arrived)
        self._help = Help()
        self._code = Code(self._browser.copy)
        fields = Fields(explorer, self.follower, self._notices.refuse)
        self._later = Debounce(Timer(document), self._gate, self._awaited)
        context = PageContext(
            explorer,
            self.follower,
            fields,
            self._help.show,
            self._notices.refuse,
            self._is_dark,
            self._later.start,
        )
        upload = Upload(explorer)
        controls = Controls(fields, explain=self._help.show, upload=upload.open)
        self._status = StatusHead(context)
        header = Header(
            explorer,
            self._browser,
            show_code=self._show_code,
            show_guide=lambda: self._help.show(GUIDE),
        )
        self._views = [View(context, screen) for screen in SCREENS.values()]
        selection = Strip(context, (SELECTION,))
        self._tabs = self._make_tabs()
        dialogs = (self._help.dialog, self._code.dialog, upload.dialog, *header.dialogs)
        main = stack(
            self._notices.panel,
            self._status.panel,
            *selection.panels,
            self._turning(),
            *(view.panel for view in self._views),
            self._browser,
            *(dialog.panel for dialog in dialogs),
            gap=12,
            stylesheets=[BODY],
        )
        self.page = toolkit.make_page(
            TITLE, header=header.parts, sidebar=[controls.panel], main=[main]
        )
        self.page.param.watch(self._themed, "dark_theme")
        self._listen()

    def early(self) -> list[dict[str, Any]]:
        """The figures that the page can draw before the rest of it has come."""
        return [figure for view in self._views for figure in view.early()]

    def close(self) -> None:
        """Let go of everything; the visitor has left."""
        self._later.stop()
        self.follower.close()
        self.explorer.close()

    def _awaited(self) -> bool:
        """Whether figures are still to be drawn for the first time, which everything else can await."""
        return any(view.awaited for view in self._views)

    def _is_dark(self) -> bool:
        return bool(self.page.dark_theme) if hasattr(self, "page") else False

    def _make_tabs(self) -> Any:
        names = list(SCREENS)
        tabs = toolkit.Tabs(
            *((screen.title, stack()) for screen in SCREENS.values()),
            active=names.index(self.explorer.view),
            sizing_mode="stretch_width",
            margin=0,
            stylesheets=[":host { flex: 1 1 0 !important; min-width: 0 !important; }"],
        )
        tabs.param.watch(lambda event: self.explorer.param.update(view=names[event.new]), "active")
        return tabs

    def _turning(self) -> Any:
        """The tabs, and what explains the view that is open."""
        about = ask("this view", lambda: self._help.show(SCREENS[self.explorer.view].page))
        nowrap = [":host { flex-wrap: nowrap; }"]
        return flow(self._tabs, about, gap=4, align="center", stylesheets=nowrap)

    def _listen(self) -> None:
        self.follower.on(FIELDS, lambda _changed: self._address(), late=True)
        self.follower.on(("view",), lambda _changed: self._turn())
        self.follower.on(self._status.hears, self._status.say, late=True)
        self.follower.on(("status", "stale"), lambda _changed: self._status.progress())
        self.follower.on(("status",), lambda _changed: self._notices.update())
        self._address()
        self._turn()
        self._status.say(self._status.hears)
        self._status.progress()
        self._notices.update()
        self._redraw()

    def _address(self) -> None:
        self._browser.query = self.explorer.spec.to_query()

    def _turn(self) -> None:
        """Show the view that is chosen, and no other."""
        for place, view in enumerate(self._views):
            chosen = view.screen.name == self.explorer.view
            view.panel.visible = chosen
            if chosen:
                self._tabs.active = place

    def _show_code(self) -> None:
        try:
            self._code.show(self.explorer.as_python())
        except AfifError as error:
            self._notices.refuse(str(error))

    def _arrived(self, dark: bool, narrow: bool) -> None:
        def settle() -> None:
            self.page.param.update(dark_theme=dark, sidebar_open=not narrow)
            self._browser.settled = True

        self._gate(settle)

    def _themed(self, event: Any) -> None:
        self._browser.dark = bool(event.new)
        self._redraw()

    def _redraw(self) -> None:
        for view in self._views:
            view.redraw()

    def _copied(self, worked: bool) -> None:
        if worked:
            self._notices.say("Copied.")
        else:
            self._notices.refuse("The browser does not let this page copy; copy by hand instead.")
