"""Content of the views: the results' numbers, escaped once, and messages without results."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from afif_explorer.results import Checks, Removal, SolverSummary, Trait
from afif_explorer.screens import HEAD, SCREENS, rows
from afif_explorer.screens.cards.row_card import nearest_options, row_card
from afif_explorer.screens.changes import sentence
from afif_explorer.screens.content import (
    Badge,
    Heading,
    Line,
    Statistics,
    Strong,
    Table,
    Values,
    line,
)
from afif_explorer.screens.formats import duration, plural
from afif_explorer.screens.markup import markup
from afif_explorer.screens.parts import Text
from afif_explorer.screens.rows import MOST_OWN, all_rows
from afif_explorer.state import Status
from afif_explorer.wording import SPACE
from tests.helpers.figures import HOSTILE, agreement, lissa, points
from tests.helpers.screens import explorer
from tests.screens.test_declarations import ALL, PARTS

TEXTS = [case for case in ALL if isinstance(case.values[0], Text)]
OWN_WORDS = {  # texts that show none from data
    "selection-found",
    "agreement-statistics", "agreement-costs", "agreement-checked", "lissa-statistics",
    "lissa-advice", "cross_validation-checked", "diagnostics-rows", "head-solver",
}  # fmt: skip


def part_of(view: str, name: str) -> Text:
    [part] = [part for part in PARTS[view] if part.name == name]
    assert isinstance(part, Text)
    return part


def plain(view: str, name: str, **more: object) -> str:
    """What a text says, without markup."""
    shown = str(markup(part_of(view, name).says(explorer(**more))))
    return html.unescape(re.sub(r"<[^>]+>", " ", shown)).replace(SPACE, " ")


def block(view: str, name: str, kind: type, **more: object):
    [found] = [one for one in part_of(view, name).says(explorer(**more)) if isinstance(one, kind)]
    return found


@pytest.mark.parametrize("part", TEXTS)
def test_text_from_data_is_escaped_once(part: Text, request):
    shown = str(markup(part.says(explorer(HOSTILE))))
    assert "<img" not in shown
    assert "<b>bold" not in shown
    assert "<a " not in shown
    assert "&amp;lt;" not in shown
    assert not re.search("[\u202e\x00-\x1f]", shown)
    assert ("&lt;img" in shown) is (request.node.callspec.id not in OWN_WORDS)


@pytest.mark.parametrize("part", [case for case in TEXTS if case.values[0].needs])
def test_without_a_result_a_text_says_why_or_what_it_waits_for(part: Text):
    without = {part.needs: None}
    waiting = part.says(explorer(**without))
    assert [one.pieces for one in waiting] == ([(part.waiting,)] if part.waiting else [])
    why = f"No {part.needs} <here>."
    told = part.says(explorer(**without, absence=lambda name: f"No {name} <here>."))
    assert [(one.pieces, one.tone) for one in told] == ([((why,), "poor")] if part.waiting else [])


def test_a_line_keeps_the_spaces_between_its_pieces():
    shown = line("one ", Strong("<two>"), " and ", Badge("three", "good", about='a "b"'), ".")
    assert str(markup((shown,))) == (
        '<p class="line">one <b>&lt;two&gt;</b> and '
        '<span class="badge good" title="a &#34;b&#34;">three</span>.</p>'
    )


def test_a_block_that_nobody_can_show_is_an_error():
    with pytest.raises(TypeError, match="str"):
        markup(("words",))  # type: ignore[arg-type]


def test_the_selection_bar_says_what_would_happen_without_the_rows():
    told = re.sub(" +", " ", plain("selection", "selection"))
    assert (
        "2 rows selected (0.67 % of all). Removing them raises the mean loss of the test rows "
        in told
    )
    assert "by 0.0035 nats (1 % of it) . Use with care" in told
    assert "gap by sex on the test rows −0.021 (−12 %)" in told
    assert told.count("−0.019 (−11 %)") == 1  # retrained
    assert "Unlike all rows: hours <= 40 (93 % of them, 55 % of all)." in told
    assert "age > 3" not in told  # as chance would have it


def test_estimates_of_a_held_out_loss_are_beside_each_other_once_checked():
    table = block("cross_validation", "estimates", Table)
    assert table.columns == (
        "with the row", "one step", "leverage-corrected", "PSIS", "refit", "Pareto k",
    )  # fmt: skip
    assert table.rows[0].cells == ("0.31", "0.31", "0.31", "0.31", "–", "–")
    assert table.rows[2].cells == ("0.1", "0.2", "0.3", "0.31", "0.32", "0.4")
    told = plain("cross_validation", "estimates")
    assert "2 of 300 rows have a Pareto k above 0.7." in told
    unchecked = replace(explorer().cross_validation, estimates=None)
    assert (
        plain("cross_validation", "estimates", cross_validation=unchecked)
        .strip()
        .startswith("The check also")
    )


def test_one_selected_row_is_not_many():
    one = replace(explorer().removal, ids=np.arange(1))
    told = re.sub(" +", " ", plain("selection", "selection", removal=one))
    assert "1 row selected (0.33 % of all). Removing it raises the mean loss" in told
    assert "Retrained without it:" in told


def test_the_selection_bar_waits_and_tells_what_is_impossible():
    nothing = plain("selection", "selection", selected=())
    assert "No rows selected" in nothing
    many = plain("selection", "selection", selected=tuple(range(30)), fresh=lambda name: False)
    assert "Ids: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 18 more." in many
    assert "30 rows selected (10 % of all)" in re.sub(" +", " ", many)
    none = Removal(np.arange(3), 300, (), (), refused="None of the class 'no' would be left.")
    assert "None of the class 'no' would be left." in plain("selection", "selection", removal=none)
    chance = replace(none, traits=(Trait("a = 1", 0.5, 0.4, True),))
    assert "No column differs" in plain("selection", "selection", removal=chance)


@pytest.mark.parametrize(
    ("change", "value", "unit", "says"),
    [
        (-0.021, 0.175, "probability", "lowers the gap by 0.021 in probability (12 % of it)"),
        (0.4, -0.2, "nats", "raises the gap by 0.4 nats (200 % of it)"),
        (0.4, 0.0, "nats", "raises the gap by 0.4 nats"),
        (-5.0, 1e-9, "", "lowers the gap by 5"),
        (0.0, 1.0, "", "does not change the gap"),
    ],
)
def test_a_change_has_one_wording(change: float, value: float, unit: str, says: str):
    found = sentence("them", "gap", change, value, unit).replace(SPACE, " ")
    assert found == f"Removing them {says}"


def test_checks_are_listed_with_remedies_and_the_fine_ones_counted():
    [table] = [
        one for one in part_of("diagnostics", "checks").says(explorer()) if isinstance(one, Table)
    ]
    found = [one for one in explorer().checks if one.level != "ok"]
    assert [(row.name, row.cells) for row in table.rows] == [
        (one.code, (one.seen, one.why, one.remedy or "–")) for one in found
    ]
    assert [row.note for row in table.rows] == ["warning", "not determined"]
    told = plain("diagnostics", "checks")
    assert "1 check found nothing wrong." in told
    fine = Checks(explorer().checks.all[:1])
    told = plain("diagnostics", "checks", checks=fine)
    assert re.sub(" +", " ", told).strip() == "Checks of this fit 1 check found nothing wrong."


def test_the_card_of_a_row_tells_its_other_effects_once_they_are_known():
    told = plain("points", "row")
    assert "Removing it lowers the mean loss of the test rows by 0.0035 nats (1 % of it)." in told
    assert "gap by sex" not in told, "not defined"
    assert "group gap" not in told, "the target's effect has a sentence of its own"
    for unknown in ({"brush": None}, {"fresh": lambda name: name != "brush"}):
        assert "Removing it" not in plain("points", "row", **unknown)


def test_the_card_of_a_row_tells_its_rank_and_its_values():
    found = points()
    sizes = np.abs(found.effect)
    at = int(np.argsort(-sizes)[4])
    told = plain("points", "row", primary=int(found.ids[at]))
    assert "ranks 5 of 300" in told
    assert ("raise" if found.effect[at] > 0 else "lower") in told
    values = dict(block("points", "row", Values, primary=int(found.ids[at])).pairs)
    assert values["Observed"] == found.outcome[at]
    assert values["job"] == "clerk"
    assert "Click a point" in plain("points", "row", primary=None)
    assert "Click a point" in plain("points", "row", primary=-1)


def test_the_card_of_a_row_lists_the_nearest_and_offers_them():
    found = points()
    table = block("points", "row", Table)
    first = int(found.ids[1])
    assert len(table.rows) == 5
    assert table.rows[0].name.replace(SPACE, "") == f"Row {first}"
    assert table.rows[0].cells[:2] == ("0.5", found.outcome[1])
    assert list(nearest_options(explorer()).values()) == found.ids[:6].tolist()
    strangers = part_of("points", "row").says(explorer(nearest=lambda: {-5: 1.0}))
    assert not [one for one in strangers if isinstance(one, Table)]


def test_the_table_of_rows_has_all_rows_largest_effect_first_in_readable_units():
    found = points()
    made = all_rows(explorer(points=found))
    shown, heads = made.frame, made.titles
    order = np.argsort(-np.abs(found.effect), kind="stable")
    assert shown["row"].tolist() == found.ids[order].tolist()
    assert heads["effect"] == "Effect if removed, µnats"
    np.testing.assert_allclose(shown["effect"] * 1e-6, found.effect[order], rtol=1e-3, atol=1e-12)
    for unit, heading in (("<b>nats</b>", "µ<b>nats</b>"), ("probability", "millionths")):
        assert all_rows(explorer(points=points(unit))).titles["effect"].endswith(heading)


def test_the_table_of_rows_has_the_columns_of_the_data_with_their_values():
    ids = points().ids
    frame = pd.DataFrame(
        {
            "effect": np.arange(300) / 7,  # the name of a computed column
            "tiny": np.where(np.arange(300) % 2, np.nan, 3.123456789e-9),
            "member": np.arange(300) % 2 == 0,
            "since": pd.Timestamp("2020-02-03"),
            "job": pd.Series(["clerk", None] * 150, dtype="category").to_numpy(),
        },
        index=ids,
    )
    made = all_rows(explorer(frame=frame))
    own = list(made.titles.items())[-5:]
    assert [title for _, title in own] == list(frame.columns)
    shown = made.frame[[key for key, _ in own]].set_axis(frame.columns, axis=1).loc[ids]
    np.testing.assert_allclose(shown["effect"], frame["effect"], rtol=1e-5)
    np.testing.assert_allclose(shown["tiny"], frame["tiny"], rtol=1e-5)
    assert shown["member"].tolist() == ["True", "False"] * 150
    assert shown["since"].str.startswith("2020-02-03").all()
    assert shown["job"].tolist() == ["clerk", "missing"] * 150
    assert [key in made.numbers for key, _ in own] == [True, True, False, False, False]
    assert "columns of the data" not in plain("points", "rows_caption", frame=frame)


@pytest.mark.parametrize(
    ("cells", "shown", "told"),
    [
        (900, 3, "the first 3 of the 40 columns"),
        (299, 0, "It leaves out the 40 columns of the data"),
    ],
)
def test_the_table_of_many_rows_has_fewer_columns(cells, shown, told, monkeypatch):
    monkeypatch.setattr(rows, "MOST_CELLS", cells)
    wide = pd.DataFrame({f"x{place}": np.zeros(300) for place in range(40)}, index=points().ids)
    made = all_rows(explorer(frame=wide))
    assert [title for title in made.titles.values() if title.startswith("x")] == [
        f"x{place}" for place in range(shown)
    ]
    assert told in plain("points", "rows_caption", frame=wide)


def test_the_table_of_rows_says_how_many_columns_it_leaves_out():
    ids, data = points().ids, explorer().data
    wide = pd.DataFrame({f"x{place}": np.zeros(300) for place in range(40)}, index=ids)
    made = all_rows(explorer(frame=wide))
    assert list(made.titles.values())[-MOST_OWN:] == [f"x{place}" for place in range(MOST_OWN)]
    assert "the first 16 of the 40 columns" in plain("points", "rows_caption", frame=wide)
    pictures = explorer(frame=wide, data=replace(data, picture=(6, 6)))
    assert list(all_rows(pictures).titles.values())[-4:] == ["x36", "x37", "x38", "x39"]
    others = all_rows(explorer(frame=wide.iloc[::2]))  # still those of other data
    assert not any(key.startswith("own") for key in others.titles)


@pytest.mark.parametrize(
    ("seconds", "says"), [(2e-6, "2 µs"), (0.0312, "31.2 ms"), (12.0, "12 s"), (0, "0 µs")]
)
def test_durations(seconds: float, says: str):
    assert duration(seconds) == says


def test_plurals():
    assert plural(1, "row") == "1 row"
    assert plural(1200, "row").replace(SPACE, " ") == "1 200 rows"
    assert plural(0, "row") == "0 rows"


def test_the_facts_about_the_fit_say_whether_it_converged():
    said = re.sub(" +", " ", plain("head", "fit"))
    assert "Measured on test rows accuracy 0.847 Parameters" in said
    assert "Converged · gradient norm 3×10⁻¹⁰" in plain("head", "fit")
    assert "not trained yet" in plain("head", "fit", fitted=None)


def test_equal_curvatures_are_explained_by_theory_or_by_the_solver():
    same = agreement(identical=True)
    stopped = SolverSummary("LiSSA", "max_steps", "", 0.1, None, 0.1)
    assert "rounding error" in plain("agreement", "statistics", agreement=same)
    other = plain("agreement", "statistics", agreement=replace(same, solver=stopped))
    assert "the error of the solver" in other
    assert "not linear" in plain("agreement", "statistics")


def test_the_statistics_are_those_of_the_results():
    found = explorer()
    pairs = dict(block("agreement", "statistics", Statistics).pairs)
    assert pairs["Spearman rank correlation"] == "0.953"
    assert pairs["of the 50 largest effects in both"].replace(SPACE, " ") == "92 %"
    pairs = dict(block("cross_validation", "statistics", Statistics).pairs)
    total = float(found.cross_validation.leverage.sum())
    assert float(pairs["effective of 12 parameters"]) == pytest.approx(total, rel=1e-2)


def test_the_metrics_are_the_table_of_the_result():
    found = explorer()
    table = block("unlearning", "metrics", Table)
    assert table.columns == ("Before", "Predicted", "Retrained")
    for row, (name, values) in zip(table.rows, found.unlearning.metrics.iterrows(), strict=True):
        assert row.name == name
        assert [float(cell) for cell in row.cells] == pytest.approx(list(values), abs=1e-4)


def test_a_diverged_run_stands_out():
    [calm] = part_of("lissa", "advice").says(explorer())
    [told] = part_of("lissa", "advice").says(explorer(lissa=lissa(scale=10.0)))
    [before] = part_of("lissa", "advice").says(explorer(lissa=lissa(ran=False)))
    assert isinstance(told, Line)
    assert (calm.tone, told.tone) == ("hint", "poor")
    assert "diverged and was stopped" in told.pieces[0]
    assert "run stochastic LiSSA" in before.pieces[0]


def test_buttons_wait_for_the_work_and_its_results():
    busy, idle = explorer(status=Status("running")), explorer()
    buttons = {
        part.name: part
        for view, parts in PARTS.items()
        for part in parts
        if part.name in ("verify", "run", "check", "retrain")
    }
    assert len(buttons) == 4
    for part in buttons.values():
        assert part.enabled(idle)
        assert not part.enabled(busy)
    assert not buttons["retrain"].enabled(explorer(unlearning=None))
    [again] = [part for part in HEAD if part.name == "again"]
    assert not again.shown(idle)
    assert not again.shown(explorer(status=Status("failed")))
    assert again.shown(explorer(status=Status("failed", again=True)))
    assert SCREENS["points"].title == "Influential points"


@pytest.mark.parametrize(
    ("view", "button", "drawn"),
    [("agreement", "verify", "verification"), ("cross_validation", "check", "held_out_losses")],
)
def test_checks_look_alike_before_and_after(view: str, button: str, drawn: str):
    report = replace(explorer().cross_validation, check=None)
    before, after = explorer(verification=None, cross_validation=report), explorer()
    text = part_of(view, "checked")
    [action] = [part for part in SCREENS[view].parts if part.name == button]
    [figure] = [part for part in SCREENS[view].parts if part.name == drawn]
    assert action.main
    assert action.called(before) == action.label == text.label
    assert action.called(after) == "Check again"
    heading, asks = text.says(before)
    assert heading == Heading(action.label)
    assert asks.pieces[0].endswith("You can cancel it.")
    found, measures, refits = text.says(after)
    assert found.text.startswith("Checked on ")
    assert measures.pairs[0][0] == "Pearson correlation with retraining"
    assert refits.pieces[0].startswith("Every refit reached a gradient norm of")
    assert figure.result(before) is None  # its empty state
    assert figure.result(after) is not None


def test_a_row_of_pixels_is_shown_as_a_picture_and_not_as_numbers():
    found = explorer()
    ids = found.points.ids
    pixels = {f"row {at // 2}, column {at % 2}": [0.0, 0.25, 0.5, 1.0][at] for at in range(4)}
    table = pd.DataFrame([{**pixels, "digit": HOSTILE}] * len(ids), index=ids)
    shown = replace(found.data, picture=(2, 2))
    told = str(markup(row_card(explorer(frame=table, data=shown))))
    assert told.count("<rect") == 3, "white is not drawn"
    assert 'x="1" y="1" width="1" height="1" fill-opacity="1.000"' in told
    assert "column" not in told
    assert "<img" not in told
    assert "digit" in told
    assert "<svg" not in str(markup(row_card(explorer(frame=table))))
