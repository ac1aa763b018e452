"""What the study says of gaps: undefined ones, which groups they compare, and that few rows decide."""

from __future__ import annotations

import html

import numpy as np
import pandas as pd
import pytest

from afif_explorer import figures, study
from afif_explorer.errors import UndefinedMeasure
from afif_explorer.spec import Spec


def table_with(outcomes: dict[str, float], seed: int = 0, n: int = 700) -> str:
    """A table of one's own whose groups have the outcome "yes" with these probabilities."""
    rng = np.random.default_rng(seed)
    side = rng.choice(list(outcomes), n)
    frame = pd.DataFrame({"x": rng.normal(size=n), "z": rng.normal(size=n), "side": side})
    frame["y"] = np.where(rng.random(n) < [outcomes[group] for group in side], "yes", "no")
    content = frame.to_csv(index=False).encode()
    return study.add_upload(content, "groups.csv", target="y", sensitive=["side"])


@pytest.mark.parametrize("rule", ["raise_target", "harmful", "random", "selection"])
def test_an_undefined_gap_is_reported_without_affecting_other_metrics(rule):
    spec = Spec(dataset=table_with({"a": 0.6, "b": 0.0}), target="equal_opportunity", rule=rule)
    rows = tuple(study.data(spec).train.ids[[2, 30]].tolist())
    found = study.unlearning(spec.replace(count=7, selected=rows), retrained=True)
    why = "among rows with the outcome 'yes' only 1 group of 'side' ('a')"
    undefined = {name for name in found.metrics.index if name.startswith("Equal")}
    assert len(undefined) == 4
    assert {name for name, told in found.undefined.items() if why in told} == undefined
    assert found.metrics.loc[list(found.undefined)].isna().all().all()
    assert found.metrics.drop(list(found.undefined)).notna().all().all()
    assert (found.disparity, found.sweep) == ("Equal opportunity gap, probabilities", {})
    assert len(found.ids) == {"raise_target": 0, "selection": 2}.get(rule, 7)
    assert any("cannot rank the rows" in note for note in found.notes) == (rule == "raise_target")
    with pytest.raises(UndefinedMeasure, match="outcome 'yes' only 1 group"):
        study.points(spec)
    for draw in (figures.metrics_change, figures.sweep, figures.score_distributions):
        words = " ".join(note.text for note in draw(found).layout.annotations if note.text)
        if draw is not figures.score_distributions:
            assert "outcome" in words.replace("<br>", " ")


def test_each_gap_on_screen_says_which_groups_it_compares_and_how_many_rows_they_have():
    spec = Spec(dataset=table_with({"a": 0.7, "b": 0.4, "c": 0.0}), target="equal_opportunity")
    found = study.unlearning(spec.replace(count=9))
    data, fit = study.data(spec), study.fit(spec)
    side, positive = data.test.sensitive["side"], data.test.y == 1
    mean = pd.Series(fit.predict(data.test.X), side.index)[positive].groupby(side[positive]).mean()
    rows = side[positive].value_counts()
    words = "mean probability of 'yes': " + " minus ".join(
        f"{group!r} {mean[group]:.3g} ({rows[group]} rows with the outcome 'yes')"
        for group in (mean.idxmax(), mean.idxmin())
    )
    assert found.compares["Equal opportunity gap, probabilities"] == words
    assert study.points(spec).compares == words
    gaps = {name for name in found.metrics.index if "gap" in name.lower()}
    assert set(found.compares) == gaps - set(found.undefined)
    left_out = [note for note in study.points(spec).notes if "'c' of 'side'" in note]
    assert left_out
    assert any(left_out[0] in note for note in found.notes)
    small = rows.min() < 30
    assert any("may be due to chance" in note for note in study.points(spec).notes) == small
    drawn = figures.metrics_change(found)
    texts = [note.text.replace("<br>", " ") for note in drawn.layout.annotations if note.text]
    assert any(words in html.unescape(text) for text in texts)
    assert study.points(spec.replace(target="mean_loss")).compares == ""


def test_a_gap_between_few_rows_is_called_uncertain():
    spec = Spec(dataset=table_with({"a": 0.7, "b": 0.4}, n=120), target="demographic_parity")
    [note] = [
        note for note in study.points(spec).notes if note.startswith("Fewer than 30 rows count in ")
    ]
    assert any(note in other for other in study.unlearning(spec).notes)
