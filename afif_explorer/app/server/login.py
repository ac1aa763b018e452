"""Password protection: the login page, the cookie of those who have logged in, and logout."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bokeh.server.auth_provider import AuthProvider
from panel.io.resources import parse_template
from tornado.web import RequestHandler

from afif_explorer.app.server import passwords
from afif_explorer.app.server.attempts import Attempts
from afif_explorer.app.server.passwords import Passwords
from afif_explorer.app.server.visitors import Visitors
from afif_explorer.app.theme import STATIC

COOKIE = "afif-visitor"
VISITOR = "visitor"  # the name of a visitor who gives none, where one password is shared
OWN_PAGE = re.compile(r"/(?![/\\])[!-~]*")  # two slashes would start another host name
LONGEST_NAME = 64  # characters of a name in the log
log = logging.getLogger(__name__)


def login(password_file: str | Path | None) -> dict[str, Any]:
    """The server options for password protection; none without a file."""
    if password_file is None:
        return {}
    return {
        "auth_provider": Provider(passwords.read(Path(password_file))),
        "cookie_secret": secrets.token_hex(32),
    }


class Provider(AuthProvider):
    """Bokeh's interface to a login: who sends a request, and the pages for logging in and out."""

    def __init__(self, known: Passwords) -> None:
        self._visitors = Visitors()
        self._shared = {"known": known, "visitors": self._visitors, "attempts": Attempts()}
        super().__init__()

    @property
    def get_user(self) -> Callable[[RequestHandler], str | None]:
        return lambda handler: self._visitors.name(handler.get_cookie(COOKIE))

    @property
    def login_url(self) -> str:
        return "/login"

    @property
    def login_handler(self) -> type[RequestHandler]:
        return type("Login", (Login,), self._shared)

    @property
    def logout_url(self) -> str:
        return "/logout"

    @property
    def logout_handler(self) -> type[RequestHandler]:
        return type("Logout", (Logout,), self._shared)


class _Door(RequestHandler):
    """What both pages share; :class:`Provider` sets the attributes."""

    known: Passwords
    visitors: Visitors
    attempts: Attempts


class Login(_Door):
    """Shows the login page and handles its form. The requested address is kept in ``next``."""

    template = parse_template((STATIC / "login.html").read_text(encoding="utf-8"))

    def get(self) -> None:
        self._ask()

    def post(self) -> None:
        address = str(self.request.remote_ip)
        if seconds := self.attempts.wait(address):
            self.set_status(429)
            self.set_header("Retry-After", str(seconds))
            self._ask(f"Too many wrong passwords. Try again in {seconds} s.")
            return
        name = self.get_body_argument("username", "")
        if problem := passwords.problem(self.known, name, self.get_body_argument("password", "")):
            self.attempts.failed(address)
            log.warning("Failed login from %s as %r.", address, name[:LONGEST_NAME])
            self._ask(problem)
        else:
            self._admit(name or VISITOR)

    def _admit(self, name: str) -> None:
        key = self.visitors.admit(name)
        self.set_cookie(COOKIE, key, httponly=True, samesite="Lax", path="/")
        self.redirect(self._wanted())

    def _ask(self, problem: str = "") -> None:
        page = self.template.render(
            problem=problem, shared=isinstance(self.known, str), next=self._wanted()
        )
        self.write(page)

    def _wanted(self) -> str:
        """The requested page of this server, with its settings; otherwise the start page."""
        wanted = self.get_argument("next", "/")
        return wanted if OWN_PAGE.fullmatch(wanted) else "/"


class Logout(_Door):
    """Ends a login, also for copies of its cookie, and shows the login page."""

    def get(self) -> None:
        self.visitors.dismiss(self.get_cookie(COOKIE))
        self.clear_cookie(COOKIE, path="/")
        self.redirect("/login")
