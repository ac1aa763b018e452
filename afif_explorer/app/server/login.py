"""Password protection: reads the password file and serves the login page."""

from __future__ import annotations

import hmac
import json
import re
import secrets
from pathlib import Path
from typing import Any

from panel.auth import BasicAuthProvider, BasicLoginHandler
from panel.io.resources import parse_template

from afif_explorer.app.theme import STATIC
from afif_explorer.errors import InvalidChoice

VISITOR = "visitor"  # the user name if one password is shared and no name is given
OWN_PAGE = re.compile(r"/(?![/\\])[!-~]*")  # two slashes would start another host name
Passwords = str | dict[str, str]  # one shared password, or one per user name


def login(password_file: str | Path | None) -> dict[str, Any]:
    """The server options for password protection; none without a file."""
    if password_file is None:
        return {}
    return {
        "auth_provider": Provider(passwords(Path(password_file))),
        "cookie_secret": secrets.token_hex(32),
    }


def passwords(path: Path) -> Passwords:
    """The shared password, or the passwords by user name, from the file at ``path``."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidChoice(f"The password file {str(path)!r} cannot be read: {error}.") from error
    if not text:
        raise InvalidChoice(f"The password file {str(path)!r} is empty; put a password into it.")
    if not text.startswith("{"):
        return text
    try:
        users = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidChoice(
            f"The password file {str(path)!r} is not valid JSON: {error}."
        ) from error
    if not users or not all(isinstance(word, str) and word for word in users.values()):
        raise InvalidChoice(f"The password file {str(path)!r} must give every user a password.")
    return users


class Provider(BasicAuthProvider):
    """Panel's login by name and password, with our passwords and our login page."""

    def __init__(self, known: Passwords) -> None:
        self._known = known
        super().__init__()

    @property
    def login_handler(self) -> type[BasicLoginHandler]:
        return type("Login", (Login,), {"known": self._known})


class Login(BasicLoginHandler):
    """Shows the login page and handles its form. The requested address is kept in ``next``."""

    known: Passwords
    template = parse_template((STATIC / "login.html").read_text(encoding="utf-8"))

    def get(self) -> None:
        self._ask()

    def post(self) -> None:
        name = self.get_argument("username", "")
        word = self.get_argument("password", "")
        if problem := self._problem(name, word):
            self._ask(problem)
        else:
            self.set_current_user(name or VISITOR)
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

    def _problem(self, name: str, word: str) -> str:
        if isinstance(self.known, dict) and not name:
            return "Enter your name."
        if not word:
            return "Enter the password."
        right = self.known if isinstance(self.known, str) else self.known.get(name, "")
        if right and hmac.compare_digest(word.encode(), right.strip().encode()):
            return ""
        return "Wrong password." if isinstance(self.known, str) else "Wrong name or password."
