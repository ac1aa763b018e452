"""``Dashboard``: assembles a visitor's page."""

from __future__ import annotations

from typing import Any

from afif_explorer.app import panel_costs
from afif_explorer.app.components import toolkit
from afif_explorer.app.components.browser import Browser
from afif_explorer.app.components.elements import ask, flow, stack
from afif_explorer.app.components.fields import Fields
from afif_explorer.app.page.controls import Controls
from afif_explorer.app.page.header import Header
from afif_explorer.app.page.help import GLOSSARY, GUIDE, Code, Help
from afif_explorer.app.page.notices import Notices
from afif_explorer.app.page.status import StatusHead
from afif_explorer.app.page.tour import Tour
from afif_explorer.app.page.upload import Upload
from afif_explorer.app.updates.follower import Follower
from afif_explorer.app.updates.scheduler import Scheduler
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
    """Shows and controls ``explorer``. ``notes`` list the parts of the link that could not be read;
    ``protected`` pages offer to log out; ``local`` ones, served to this machine only, open its files."""

    def __init__(
        self,
        explorer: Any,
        scheduler: Scheduler,
        *,
        notes: tuple[str, ...] = (),
        protected: bool = False,
        local: bool = False,
    ) -> None:
        self.explorer = explorer
        self.scheduler = scheduler
        self.follower = Follower(explorer, scheduler)
        self._notices = Notices(explorer)
        self._notices.link(notes)
        self._browser = Browser(
            on_copied=self._copied, on_arrival=self._arrived, on_key=self._undo_or_redo
        )
        self._help = Help(self._take_tour)
        self._code = Code(self._browser.copy)
        fields = Fields(explorer, self.follower, self._notices.refuse)
        context = PageContext(
            explorer,
            self.follower,
            fields,
            self._help.show,
            self._notices.refuse,
            self._is_dark,
            scheduler,
        )
        upload = Upload(explorer, local)
        controls = Controls(fields, explain=self._help.show, upload=upload)
        self._status = StatusHead(context)
        self._tour = Tour(context)
        header = Header(
            explorer,
            self._browser,
            self._tour,
            show_code=self._show_code,
            show_guide=lambda: self._help.show(GUIDE, GLOSSARY),
            protected=protected,
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
        self._changed: set[str] = set()  # and not shown in the head of the page yet
        self._listen()
        scheduler.busy = self._awaits_figures

    def first_paint(self) -> list[dict[str, Any]]:
        """The figures of the first paint."""
        return [figure for view in self._views for figure in view.first_paint()]

    def close(self) -> None:
        """Release all resources; the session has ended."""
        self.scheduler.close()
        self.follower.close()
        self.explorer.close()

    def _awaits_figures(self) -> bool:
        """Whether the browser has not drawn all first figures yet."""
        return any(view.awaited for view in self._views)

    def _is_dark(self) -> bool:
        return bool(self.page.dark_theme) if hasattr(self, "page") else False

    def _make_tabs(self) -> Any:
        names, nothing = list(SCREENS), stack()  # the views are below all tabs
        tabs = toolkit.Tabs(
            *((screen.title, nothing) for screen in SCREENS.values()),
            active=names.index(self.explorer.view),
            sizing_mode="stretch_width",
            margin=0,
            stylesheets=[":host { flex: 1 1 0 !important; min-width: 0 !important; }"],
        )
        tabs.param.watch(lambda event: self.explorer.param.update(view=names[event.new]), "active")
        return panel_costs.without_headers(tabs)

    def _turning(self) -> Any:
        """The tabs, and the help of the open view."""
        about = ask("this view", lambda: self._help.show(SCREENS[self.explorer.view].page))
        nowrap = [":host { flex-wrap: nowrap; }"]
        return flow(self._tabs, about, gap=4, align="center", stylesheets=nowrap)

    def _listen(self) -> None:
        after_paint = self.scheduler.after_paint
        self.follower.on(FIELDS, lambda _changed: after_paint(self._address))
        self.follower.on(("view",), lambda _changed: self._turn())
        self.follower.on(self._status.hears, self._note)
        self.follower.on(("status", "stale"), lambda _changed: self._status.progress())
        self.follower.on(("status",), lambda _changed: self._notices.update())
        self._address()
        self._turn()
        self._status.say(self._status.hears)
        self._status.progress()
        self._notices.update()
        self._redraw()

    def _note(self, changed: set[str]) -> None:
        """Update the head of the page after the figures."""
        self._changed |= changed
        self.scheduler.after_paint(self._say)

    def _say(self) -> None:
        changed, self._changed = self._changed, set()
        self._status.say(changed)

    def _address(self) -> None:
        self._browser.query = self.explorer.spec.to_query()

    def _turn(self) -> None:
        """Show only the chosen view."""
        for place, view in enumerate(self._views):
            chosen = view.screen.name == self.explorer.view
            view.panel.visible = chosen
            if chosen:
                self._tabs.active = place

    def _take_tour(self) -> None:
        self._help.dialog.close()
        self._tour.start()

    def _show_code(self) -> None:
        try:
            self._code.show(self.explorer.as_python())
        except AfifError as error:
            self._notices.refuse(str(error))

    def _arrived(self, dark: bool, narrow: bool) -> None:
        def adopt() -> None:
            self.page.param.update(dark_theme=dark, sidebar_open=not narrow)
            self._browser.themed = True

        self.scheduler.now(adopt)

    def _undo_or_redo(self, key: str) -> None:
        explorer = self.explorer
        (explorer.undo_selection if key == "undo" else explorer.redo_selection)()

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
            self._notices.refuse(
                "The browser denied access to the clipboard; copy the text manually."
            )
