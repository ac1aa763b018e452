"""The concept inventory: students get the questions, and the key is a page for teachers."""

from __future__ import annotations

import re

from afif_explorer.scenes import SCENES
from tests.helpers.files import ROOT

PAGES = ROOT / "docs" / "teaching"


def read(name: str) -> str:
    return (PAGES / name).read_text(encoding="utf-8")


def test_the_students_page_neither_holds_the_key_nor_links_to_it() -> None:
    page = read("inventory.md")
    assert not re.search(r"\bkey\b|\bright\s*\|", page, re.IGNORECASE)
    assert "(key.md)" in read("guide.md")
    assert "teaching/key" not in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")


def test_the_key_answers_every_question() -> None:
    questions = re.split(r"(?m)^\*\*(\d+)\.\*\*", read("inventory.md"))[1:]
    asked = dict(zip(map(int, questions[::2]), questions[1::2], strict=True))
    key = re.findall(r"(?m)^\| (\d+) \| ([A-D]) \| (.+) \| (\d+) \|$", read("key.md"))
    assert [int(number) for number, *_ in key] == sorted(asked) == list(range(1, 11))
    assert {int(scene) for *_, scene in key} == {scene.order for scene in SCENES.values()}
    for number, right, beliefs, _ in key:
        offered = re.findall(r"(?m)^- ([A-D])\.", asked[int(number)])
        wrong = re.findall(r"\b([A-D])(?=[,:])", beliefs)
        assert offered == list("ABCD")
        assert right in offered
        assert right not in wrong
        assert set(wrong) <= set(offered)
