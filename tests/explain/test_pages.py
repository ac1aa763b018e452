"""Every setting, figure and view has a short help page of plain text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from afif_explorer import explain
from afif_explorer.choices import PICKS
from afif_explorer.choices.targets import TARGETS
from afif_explorer.errors import InvalidChoice
from afif_explorer.figures import FIGURES
from afif_explorer.spec import FIELDS


def test_there_is_a_page_for_each_choice_value_and_figure_and_no_other():
    expected = {f"choices/{field}" for field in FIELDS}
    expected |= {f"figures/{name}" for name in FIGURES}
    expected |= {option.page for field in PICKS.values() for option in field.options.values()}
    assert set(explain.names()) == expected | {"guide", "glossary"}


@pytest.mark.parametrize("name", explain.names())
def test_a_page_is_short_and_has_a_caveat(name):
    text = explain.page(name)
    assert re.match(r"# \S.*\n\n", text)
    listed = explain.values() if name == "choices/target" else []
    assert 60 <= len(text.split()) - len(" ".join(listed).split()) <= 150
    assert all(line in text for line in listed)
    assert not re.search(r"<[a-z/!]|\]\(|://", text), "pages hold text only"
    if name.startswith(("choices/", "figures/")) and name != "choices/view":
        assert "\n\nCaveat: " in text


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.key)
def test_the_page_of_a_target_has_its_label(target):
    assert explain.page(target.page).startswith(f"# {target.label}\n")


@pytest.mark.parametrize("name", list(FIGURES))
def test_the_page_of_a_figure_has_its_title(name):
    assert explain.page(f"figures/{name}").startswith(f"# {FIGURES[name].title}\n")


@pytest.mark.parametrize(
    "name", ["", "choices/none", "../errors", "/etc/passwd", "choices/depth.md"]
)
def test_an_unknown_page_is_named_with_those_that_exist(name):
    with pytest.raises(InvalidChoice, match=r"choices/depth.*figures/ranking"):
        explain.page(name)


def test_every_term_of_the_help_is_in_the_glossary_document():
    document = Path(__file__).parents[2] / "docs" / "glossary.md"
    terms = re.findall(r"^- \*\*(.+?)\*\*", explain.page("glossary"), re.MULTILINE)
    assert {"Target", "Effect", "Reach", "Sign convention"} <= set(terms)
    defined = re.findall(r"\*\*(.+?)\.?\*\*", document.read_text(encoding="utf-8"))
    assert set(terms) <= set(defined)
