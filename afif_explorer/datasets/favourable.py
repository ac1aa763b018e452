"""Which class of a target is the favourable one, where nobody has said so: a guess, with its reason."""

from __future__ import annotations

from dataclasses import dataclass

_GOOD = (
    "accept accepted accepts admit admitted approve approved award awarded eligible favorable favourable "
    "good grant granted hire hired offer offered paid pass passed positive promoted qualified repaid "
    "selected success successful true yes"
)
_BAD = (
    "arrested bad decline declined default defaulted denied deny dismissed fail failed false ineligible "
    "negative no recidivated refused reject rejected unfavorable unfavourable unqualified unsuccessful"
)


@dataclass(frozen=True)
class Favourable:
    """The class that counts as favourable.

    Attributes:
        place: its index among the classes. name: its display name.
        why: the reason, as words after "it is taken to be favourable".
    """

    place: int
    name: str
    why: str


def guess(classes: tuple[str, ...]) -> Favourable | None:
    """The favourable class by its name, or else the last one; None without classes."""
    if not classes:
        return None
    for words, wanted in ((_GOOD, True), (_BAD, False)):
        named = [name.casefold().strip() in words.split() for name in classes]
        matching = [place for place, is_named in enumerate(named) if is_named == wanted]
        if len(matching) == 1:
            return Favourable(matching[0], classes[matching[0]], "by its name")
    return Favourable(
        len(classes) - 1, classes[-1], "as the last class, because no name says which is"
    )
