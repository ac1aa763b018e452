"""Rows of a table as the points that a scene begins with."""

from __future__ import annotations

from typing import Literal

import numpy as np

MOST = 60  # points
PLANES = {  # the coordinates that they are scaled to, across and up
    "question": ((-2.5, 2.5), (-2.5, 2.5)),
    "guess": ((-2.5, 2.5), (-2.5, 2.5)),
    "lever": ((3.0, 19.0), (2.0, 14.0)),
}
SEED = 0


def sample(n: int, first: np.ndarray) -> np.ndarray:
    """Positions of at most :data:`MOST` of ``n`` rows, ascending.

    Up to half of them are from ``first``, the others a fixed random sample.
    """
    kept = first[: MOST // 2]
    others = np.setdiff1d(np.random.default_rng(SEED).permutation(n), kept, assume_unique=True)
    return np.sort(np.concatenate([kept, others[: MOST - kept.size]]))


def link(
    scene: Literal["question", "guess", "lever"],
    x: np.ndarray,
    y: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    chosen: int,
) -> str:
    """The link of ``scene`` on points at ``x`` and ``y`` ``[n]``, moved and scaled into its plane.

    The scene's own bet is left out, as it is about its own points.

    ``labels``: 0 or 1; ``groups``: 0 to 3; ``chosen``: the position of the row that is removed first.
    """
    across, up = (
        _placed(values, *ends) for values, ends in zip((x, y), PLANES[scene], strict=True)
    )
    rows = zip(across, up, labels.tolist(), groups.tolist(), strict=True)
    points = ";".join(",".join(map(str, row)) for row in rows)
    return f"#v=1&scene={scene}&points={points}&rows={chosen}&hidden=bet"


def _placed(values: np.ndarray, first: float, last: float) -> list[int]:
    """Whole thousandths from ``first`` to ``last``; values that are all equal lie in the middle."""
    low, high = float(values.min()), float(values.max())
    share = (values - low) / (high - low) if high > low else np.full(values.shape, 0.5)
    found: list[int] = np.rint(1000 * (first + share * (last - first))).astype(int).tolist()
    return found
