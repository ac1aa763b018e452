"""The file of passwords, and whether a name and a password are right."""

from __future__ import annotations

import hmac
import json
from pathlib import Path

from afif_explorer.errors import InvalidChoice

Passwords = str | dict[str, str]  # one shared password, or one per user name


def read(path: Path) -> Passwords:
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


def problem(known: Passwords, name: str, word: str) -> str:
    """What is missing or wrong, in a sentence for the login page; empty if the password is right."""
    if isinstance(known, dict) and not name:
        return "Enter your name."
    if not word:
        return "Enter the password."
    right = known if isinstance(known, str) else known.get(name, "")
    if right and hmac.compare_digest(word.encode(), right.strip().encode()):
        return ""
    return "Wrong password." if isinstance(known, str) else "Wrong name or password."
