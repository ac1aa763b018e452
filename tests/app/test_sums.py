"""The rows inside a region, and the sums of their effects, as the browser follows a hand that draws."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from afif_explorer.app.theme import STATIC
from tests.helpers.figures import holds

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

FOLLOW = """([source, {x, y, effects}, single, regions]) => {
  new Function(source)()
  const list = (values) => (single ? Float32Array : Array).from(values, (one) => one ?? NaN)
  const sums = globalThis.afifSums.makeSums({x: list(x), y: list(y), effects: effects.map(list)})
  return regions.map((corners) => {
    if (!corners) return sums.clear() ?? null
    const {count, sums: added, lost} = sums.move(corners)
    return {count, lost, sums: Array.from(added), inside: Array.from(sums.inside, Boolean)}
  })
}"""
Region = tuple[list[float], list[float]]


def rows(kind: str, n: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places ``x``, ``y`` ``[n]`` and two effects ``[2, n]`` as 32-bit floats, some of them missing."""
    rng = np.random.default_rng(3)
    x, y, effects = rng.normal(size=n), rng.normal(size=n), rng.normal(size=(2, n))
    if kind == "ties":  # most rows share a column's value, or a place
        x, y = np.where(rng.random(n) < 0.7, 0.5, x), np.round(y)
    if kind == "far":
        x, y = 1e6 + x, 1e-9 * y**5
    effects[0, ::50] = np.nan
    x[::90] = np.nan
    return x.astype(np.float32), y.astype(np.float32), effects.astype(np.float32)


def regions(x: np.ndarray, y: np.ndarray) -> list[Region | None]:
    """A lasso that grows, crosses itself and takes corners back; a box pulled about; another lasso."""
    rng = np.random.default_rng(4)
    middle, wide = np.nanmedian(x), 1.5 * float(np.nanstd(x.astype(float)))
    low, high = float(np.nanmin(y)), float(np.nanmax(y))

    def place(across: float, up: float) -> tuple[float, float]:
        return float(middle + wide * across), low + (high - low) * (1 + up) / 2

    round_trip = [place(math.cos(t), 0.8 * math.sin(t)) for t in np.linspace(0, 6, 25)]
    wild = [place(*pair) for pair in rng.uniform(-1, 1, (12, 2))]
    grown = [round_trip[:k] for k in range(1, 26)] + [round_trip + wild[:k] for k in range(1, 13)]
    grown += [round_trip[:20] + wild[:3], round_trip[:7]]
    boxes = [(-0.9, -0.9, right, up) for right, up in rng.uniform(-1, 1, (15, 2))]
    drawn = [[place(*pair) for pair in ((a, b), (c, b), (c, d), (a, d))] for a, b, c, d in boxes]
    told: list[Region | None] = [([p[0] for p in one], [p[1] for p in one]) for one in grown]
    told += [([p[0] for p in one], [p[1] for p in one]) for one in drawn]
    return [*told, None, *told[20:40]]


@pytest.mark.parametrize("single", [True, False])
@pytest.mark.parametrize("kind", ["plain", "ties", "far"])
def test_every_move_of_a_region_counts_exactly_the_rows_in_it(
    page: Page, kind: str, single: bool
) -> None:
    x, y, effects = rows(kind)
    asked, places = regions(x, y), list(zip(x.tolist(), y.tolist(), strict=True))
    source = (STATIC / "sums.js").read_text(encoding="utf-8")
    known = {"x": listed(x), "y": listed(y), "effects": [listed(one) for one in effects]}
    told = page.evaluate(FOLLOW, [source, known, single, asked])
    for region, found in zip(asked, told, strict=True):
        if region is None:
            continue
        inside = np.array([holds(*place, *region) for place in places])
        assert found["inside"] == inside.tolist()
        assert found["count"] == inside.sum()
        lost = np.isnan(effects).any(0)
        assert found["lost"] == (inside & lost).sum()
        expected = effects[:, inside & ~lost].sum(1, dtype=np.float64)
        np.testing.assert_allclose(found["sums"], expected, rtol=1e-9, atol=1e-9)
    assert max(found["count"] for found in told if found) > 90


def listed(values: np.ndarray) -> list[Any]:
    """The values for a script, which knows no NaN in a message."""
    return [None if math.isnan(one) else float(one) for one in values]


COUNTED = """([source, x, y, regions]) => {
  new Function(source)()
  let reads = 0
  const counted = new Proxy(Float32Array.from(x), {
    get(values, name) {
      if (typeof name === "string" && /^\\d/.test(name)) reads += 1
      return Reflect.get(values, name)
    },
  })
  const sums = globalThis.afifSums.makeSums({x: counted, y: Float32Array.from(y), effects: []})
  return regions.map((corners) => {
    reads = 0
    return {...sums.move(corners), reads}
  })
}"""


@pytest.mark.parametrize("kind", ["plain", "ties"])
def test_a_move_looks_at_few_rows(page: Page, kind: str) -> None:
    x, y, _ = rows(kind, 20_000)
    x, y = x[np.isfinite(x)], y[np.isfinite(x)]
    source = (STATIC / "sums.js").read_text(encoding="utf-8")
    corners = [(3 * math.cos(t), 3 * math.sin(t)) for t in np.linspace(0, 6.28, 200)]
    lasso = [([p[0] for p in corners[:k]], [p[1] for p in corners[:k]]) for k in range(1, 201)]
    box = [([-3, u, u, -3], [-3, -3, 2, 2]) for u in np.linspace(-3, 3, 200)]
    for drawn in (lasso, box):
        found = page.evaluate(COUNTED, [source, x.tolist(), y.tolist(), drawn])
        assert found[-1]["count"] > 0.9 * x.size
        looked = sorted(one["reads"] for one in found)
        assert looked[100] < 0.05 * x.size
