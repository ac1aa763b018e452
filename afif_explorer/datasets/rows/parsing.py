"""The text of a condition on columns, parsed: nothing in it is ever executed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from afif_explorer.datasets.rows.conditions import (
    COMPARE,
    CONTAINS,
    SPECIAL,
    WORDS,
    Comparison,
    Condition,
    Contains,
    Missing,
    Not,
    OneOf,
    Several,
)
from afif_explorer.errors import InvalidChoice

LONGEST = 4000  # characters
DEEPEST = 30  # brackets and nots within each other
_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*"|'[^']*'|`[^`]*`)|(?P<mark><=|>=|!=|<>|==|[<>=≤≥≠(),])"""
    rf"""|(?P<word>[^\s'{SPECIAL}][^\s{SPECIAL}]*)|(?P<wrong>\S))"""
)
_SPELLINGS = {"==": "=", "<>": "!=", "≠": "!=", "≤": "<=", "≥": ">="}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}


class _Token(NamedTuple):
    kind: str  # "text": a name or value in quotes; "word"; "mark"; "end"
    text: str
    end: int  # its end in the text


def parsed(text: str) -> Condition:
    """``education = HS-grad and hours < 40`` as a condition.

    Comparisons ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, also ``30 <= age < 40``; ``in (a, b)``,
    ``contains``, ``is missing``, ``is not missing``; joined by ``and``, ``or``, ``not`` and brackets; ``and``
    binds more tightly. Names and values may be in quotes; those with marks or one of these words must be.
    Raises :class:`InvalidChoice`, saying where.
    """
    if not isinstance(text, str) or not text.strip():
        raise InvalidChoice("Write a condition on the columns, such as: age < 40.")
    if len(text) > LONGEST:
        raise InvalidChoice(f"A condition has at most {LONGEST} characters.")
    return _Parser(text).whole()


def _tokens(text: str) -> list[_Token]:
    found = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        said = match.group(kind) if kind else ""
        if kind == "wrong":
            raise InvalidChoice(f"{said!r} cannot be read in a condition; write it in quotes.")
        if kind == "quoted":
            inner = said[1:-1]
            text_of = re.sub(r"\\(.)", r"\1", inner) if said[0] == '"' else inner
            found.append(_Token("text", text_of, match.end()))
        elif kind:
            found.append(_Token(kind, _SPELLINGS.get(said, said), match.end()))
    return [*found, _Token("end", "", len(text))]


class _Parser:
    """Recursive descent over the tokens of one condition."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Condition:
        found = self._either()
        if self._next.kind != "end":
            raise self._expected("'and', 'or' or the end")
        return found

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _is(self, word: str) -> bool:
        token = self._next
        return token.kind in ("word", "mark") and token.text.lower() == word

    def _take(self, word: str) -> bool:
        taken = self._is(word)
        self._at += taken
        return taken

    def _need(self, word: str) -> None:
        if not self._take(word):
            raise self._expected(repr(word))

    def _either(self) -> Condition:
        return self._joined("or", self._both)

    def _both(self) -> Condition:
        return self._joined("and", self._one)

    def _joined(self, word: str, part: Callable[[], Condition]) -> Condition:
        parts = [part()]
        while self._take(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Several(word, tuple(parts))

    def _one(self) -> Condition:
        self._depth += 1
        if self._depth > DEEPEST:
            raise InvalidChoice(f"Brackets and nots go at most {DEEPEST} deep.")
        try:
            if self._take("not"):
                return Not(self._one())
            if self._take("("):
                inner = self._either()
                self._need(")")
                return inner
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Condition:
        first = self._phrase("the name of a column")
        if self._take("is"):
            negative = self._take("not")
            self._need("missing")
            return Not(Missing(first)) if negative else Missing(first)
        if self._take("in"):
            return self._listed(first)
        if self._take(CONTAINS):
            return Contains(first, self._phrase("a text"))
        op = self._operator()
        second = self._phrase("a value")
        if self._next.text not in COMPARE or self._next.kind != "mark":
            return Comparison(first, op, second)
        between = Comparison(second, _TURNED[op], first)  # 30 <= age < 40
        last = self._operator()
        return Several("and", (between, Comparison(second, last, self._phrase("a value"))))

    def _listed(self, column: str) -> Condition:
        self._need("(")
        values = [self._phrase("a value")]
        while self._take(","):
            values.append(self._phrase("a value"))
        self._need(")")
        return OneOf(column, tuple(values))

    def _operator(self) -> str:
        token = self._next
        if token.kind != "mark" or token.text not in COMPARE:
            raise self._expected("one of = != < <= > >=, 'contains', 'in' or 'is missing'")
        self._at += 1
        return token.text

    def _phrase(self, what: str) -> str:
        """Text in quotes, or words up to the next mark or word with a meaning of its own."""
        if self._next.kind == "text":
            self._at += 1
            return self._tokens[self._at - 1].text
        words = []
        while self._next.kind == "word" and self._next.text.lower() not in WORDS:
            words.append(self._next.text)
            self._at += 1
        if not words:
            raise self._expected(what)
        return " ".join(words)

    def _expected(self, what: str) -> InvalidChoice:
        before = self._text[: self._tokens[self._at - 1].end].strip() if self._at else ""
        where = f"After {before[-60:]!r}" if before else "At the beginning"
        found = f", not {self._next.text!r}" if self._next.kind != "end" else ""
        return InvalidChoice(f"{where} the condition needs {what}{found}.")
