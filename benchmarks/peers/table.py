"""Markdown tables: the methods of each case, and its targets."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.common.environments import OURS
from benchmarks.peers.measure import Row
from benchmarks.peers.targets import TargetResult

HEADS = ("library", "method", "fit s", "score s", "total s", "MB", "Pearson", "error", "LDS")


def table(title: str, parameters: int, exact_lds: float | None, rows: Sequence[Row]) -> str:
    """All methods of a case, the fastest first; self-influence comes last."""
    lines = [
        f"\n## {title}, {parameters:,} parameters\n",
        f"LDS of the exact Fisher: {number(exact_lds, '.3f') or 'not known'}.\n",
        f"| {' | '.join(HEADS)} |",
        f"|{' --- |' * 2}{' ---: |' * (len(HEADS) - 2)}",
    ]
    done = sorted((row for row in rows if row.done), key=lambda row: (row.own, row.seconds))
    lines += [_line(row) for row in done]
    lines += [
        f"| {row.library} | {row.method} | {row.failure} |{' |' * (len(HEADS) - 3)}"
        for row in rows
        if not row.done
    ]
    return "\n".join(lines)


def target_table(results: Sequence[TargetResult]) -> str:
    """Targets as a Markdown table."""
    lines = ["\n| target | at least | measured | compared |", "| --- | ---: | ---: | --- |"]
    lines += [
        f"| {one.target} | {one.required:g} times | {_measured(one)} | {one.compared} |"
        for one in results
    ]
    return "\n".join(lines)


def _measured(one: TargetResult) -> str:
    if one.measured is None:
        return "unknown"
    return f"{one.measured:.3g} times, {'met' if one.met else '**not met**'}"


def _line(row: Row) -> str:
    name = f"**{row.library}**" if row.library == OURS.name else row.library
    method = f"{row.method} {row.precision}" if row.library == OURS.name else row.method
    marks = " (exact)" if row.exact else ""
    cells = (
        name, f"{method}{marks}", seconds(row.fit), seconds(row.seconds - row.fit),
        seconds(row.seconds), f"{row.above:.0f}", number(row.pearson, ".4f"),
        number(row.error, ".1e"), number(row.lds, ".3f"),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def summary(row: Row) -> str:
    """One measurement in one line."""
    if not row.done:
        return row.failure
    error, lds = number(row.error, ".1e"), number(row.lds, ".3f")
    return f"{row.fit:.3g} + {row.seconds - row.fit:.3g} s, error {error}, LDS {lds or 'none'}"


def seconds(value: float) -> str:
    """Seconds to two digits, or to a tenth above ten."""
    return f"{value:.1f}" if value >= 10 else f"{value:.2g}"


def number(value: float | None, form: str) -> str:
    """A formatted number; empty for None."""
    return "" if value is None else format(value, form)
