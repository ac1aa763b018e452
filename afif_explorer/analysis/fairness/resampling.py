"""Bootstrap draws of groups of rows, and the weighted means of what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import checked_count, checked_seed, is_number
from afif_explorer.wording import quoted

_CELLS = 1_000_000  # draws times rows held at once


@dataclass(frozen=True)
class Resampling:
    """How a bootstrap is done: number of resamples, level of confidence, and seed."""

    resamples: int = 1000
    confidence: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        checked_count("The number of resamples", self.resamples)
        checked_seed(self.seed)
        if not (is_number(self.confidence) and 0 < self.confidence < 1):
            raise InvalidChoice(
                f"The confidence must be between 0 and 1, such as 0.95, not {quoted(self.confidence)}."
            )

    def ends(self, draws: np.ndarray) -> np.ndarray:
        """The percentile interval of draws along the last axis: ``[..., 2]``."""
        tail = (1 - self.confidence) / 2
        return np.moveaxis(np.quantile(draws, [tail, 1 - tail], axis=-1), 0, -1)


@dataclass(frozen=True, eq=False)
class Sampled:
    """Weighted means over some rows, to be resampled.

    Attributes:
        rows: their positions, ``[r]``. weights, scores: ``[m, n]`` of ``m`` means over all rows.
    """

    rows: np.ndarray
    weights: np.ndarray
    scores: np.ndarray

    @property
    def sums(self) -> np.ndarray:
        """What is added up over the rows: ``[2 m, r]``, numerators and denominators."""
        return np.concatenate([self.weights * self.scores, self.weights])[:, self.rows]

    @property
    def means(self) -> np.ndarray:
        """Over the rows themselves, ``[m]``."""
        top, bottom = np.split(self.sums.sum(1), 2)
        return top / bottom


def resampled_means(sampled: Sequence[Sampled], how: Resampling) -> list[np.ndarray]:
    """The means of each over rows drawn with replacement, ``[m, resamples]``.

    Equal rows are drawn alike, and once for all that are measured on them.
    """
    together: dict[bytes, list[int]] = {}
    for place, one in enumerate(sampled):
        together.setdefault(one.rows.tobytes(), []).append(place)
    found: dict[int, np.ndarray] = {}
    for key, places in together.items():
        sums = np.concatenate([sampled[place].sums for place in places])
        drawn = _drawn_sums(sums, how.resamples, np.random.default_rng([how.seed, crc32(key)]))
        splits = np.cumsum([2 * len(sampled[place].scores) for place in places])[:-1]
        for place, part in zip(places, np.split(drawn, splits), strict=True):
            top, bottom = np.split(part, 2)
            found[place] = top / bottom
    return [found[place] for place in range(len(sampled))]


def _drawn_sums(sums: np.ndarray, resamples: int, draw: np.random.Generator) -> np.ndarray:
    """Sums over rows drawn with replacement: ``[s, r]`` to ``[s, resamples]``."""
    r, found = sums.shape[1], []
    step = max(1, _CELLS // r)
    for start in range(0, resamples, step):
        b = min(step, resamples - start)
        drawn = draw.integers(r, size=(b, r)) + r * np.arange(b)[:, None]
        times = np.bincount(drawn.ravel(), minlength=b * r).reshape(b, r)
        found.append(sums @ times.T.astype(sums.dtype))
    return np.concatenate(found, axis=1)
