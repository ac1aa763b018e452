"""Measuring many visitors of one server, and the table of what was found."""

from __future__ import annotations

import asyncio
import json
import statistics
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.common import machine
from tests.plugins.server import Running

Served = TypeVar("Served", bound=Running)


def middle(values: list[float]) -> float:
    """The median; not a number without values."""
    return statistics.median(values) if values else float("nan")


def p95(values: list[float]) -> float:
    """The 95th percentile; not a number without two values."""
    return (
        statistics.quantiles(values, n=20, method="inclusive")[-1]
        if len(values) > 1
        else float("nan")
    )


def table(found: dict[str, Any], targets: dict[str, float]) -> str:
    """The results as a Markdown table."""
    lines = ["| what | measured | target, at most |", "| --- | ---: | ---: |"]
    for what, value in found.items():
        if isinstance(value, int | float):
            shown = f"{value:.0f}" if isinstance(value, int) or value >= 100 else f"{value:.3g}"
            lines.append(f"| {what} | {shown} | {targets.get(what, '')} |")
    lines += [f"\n{what}" for what in found["what went wrong"]]
    lines.append("\n" + ", ".join(f"{name}: {value}" for name, value in found["machine"].items()))
    return "\n".join(lines)


def tell(
    server: Served,
    measure: Callable[[Served], Awaitable[dict[str, Any]]],
    targets: dict[str, float],
    path: Path | None,
) -> None:
    """Measure, stop the server, print the table, and write the JSON file if there is a path."""

    async def measured() -> dict[str, Any]:
        return await measure(server)

    before = machine.facts()
    try:
        found = asyncio.run(measured()) | {"machine": before}
    finally:
        server.stop()
    print(table(found, targets))
    if path:
        path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
