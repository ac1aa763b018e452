"""All conjunctions against a loop over all of them, and predicates against their words."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import torch

import afif_explorer as ax
from afif_explorer.analysis.patterns.conjunctions import all_conjunctions
from afif_explorer.analysis.patterns.predicates import predicates_of


def test_they_are_those_of_a_loop() -> None:
    draw = np.random.default_rng(0)
    columns = np.array([0, 0, 1, 1, 1, 2, 3, 3])
    masks = draw.random((200, 8)) < 0.4
    effects = draw.normal(size=(200, 5))
    found = all_conjunctions(
        torch.from_numpy(masks),
        torch.from_numpy(columns),
        torch.from_numpy(effects).float(),
        depth=3,
        least=8,
        most=70,
    )
    effects = (effects - effects[:, 0].mean()) / effects[:, 0].std()
    wanted = {}
    for size in (1, 2, 3):
        for members in combinations(range(8), size):
            rows = masks[:, members].all(1)
            s = rows.sum()
            if len(set(columns[list(members)])) == size and 8 <= s <= 70:
                wanted[members] = effects[rows].sum(0) / np.sqrt(s * (1 - s / 200))
    assert set(found.members) == set(wanted)
    scores = [wanted[members][0] for members in found.members]
    np.testing.assert_allclose(found.scores, scores, rtol=1e-4, atol=1e-5)
    best = np.max(list(wanted.values()), axis=0)[1:]
    np.testing.assert_allclose(found.by_chance, best, rtol=1e-4)


def test_effects_without_any_relation_to_the_predicates_do_not_stand_out() -> None:
    beyond = []
    for seed in range(40):
        draw = np.random.default_rng(seed)
        masks, effects = draw.random((150, 9)) < 0.3, draw.normal(size=150)
        shuffled = np.stack([effects, *(draw.permutation(effects) for _ in range(19))], axis=1)
        found = all_conjunctions(
            torch.from_numpy(masks),
            torch.arange(9),
            torch.from_numpy(shuffled).float(),
            2,
            5,
            75,
        )
        beyond.append((1 + (found.by_chance >= found.scores.max()).sum()) / 20)
    shares = [np.mean(np.array(beyond) <= level) for level in (0.25, 0.5, 0.75)]
    np.testing.assert_allclose(shares, [0.25, 0.5, 0.75], atol=0.2)  # uniform, by 40 draws


def test_nothing_is_found_where_there_is_too_little() -> None:
    found = all_conjunctions(
        torch.ones(10, 1), torch.zeros(1, dtype=torch.int64), torch.randn(10, 2), 2, 1, 5
    )
    assert found.members == []


def test_ranges_and_levels_say_which_rows_they_hold() -> None:
    draw = np.random.default_rng(1)
    n = 200
    frame = pd.DataFrame(
        {
            "age": draw.integers(18, 80, n).astype(float),
            "gain": np.where(draw.random(n) < 0.8, 0, draw.integers(1, 99, n)),
            "city": draw.choice(["A", "B", "C"], n),
            "paid": draw.choice(["no", "yes"], n),
        }
    )
    frame.loc[:19, "age"] = np.nan
    fit = ax.fit(ax.Dataset.from_frame(frame, target="paid", validation=0, test=0))
    found = predicates_of(fit, 2)
    by_words = dict(zip(found.words, found.masks.T, strict=True))
    assert set(found.columns) == {"age", "gain", "city", "paid", "prediction"}
    np.testing.assert_array_equal(by_words["age is missing"], frame["age"].isna())
    np.testing.assert_array_equal(by_words["city = B"], frame["city"] == "B")
    np.testing.assert_array_equal(by_words["paid = yes"], frame["paid"] == "yes")
    np.testing.assert_array_equal(by_words["gain > 0"], frame["gain"] > 0)  # most are equal
    right = (fit.predict(fit.data.train.X) >= 0.5) == (frame["paid"] == "yes")
    np.testing.assert_array_equal(by_words["prediction is right"], right)
    ages = [mask for words, mask in by_words.items() if "age" in words]
    assert np.sum(ages, axis=0).tolist() == [1] * n  # every row is in one range, or missing
    middle = next(words for words in found.words if "< age <=" in words)
    low, high = (float(part) for part in (middle.split(" < ")[0], middle.split(" <= ")[1]))
    np.testing.assert_array_equal(by_words[middle], frame["age"].between(low, high, "right"))
