"""The reference: one page for each group of public names, from their docstrings."""

from __future__ import annotations

import inspect
from typing import Any

import afif_explorer as ax

GROUPS: dict[str, tuple[str, ...]] = {
    "Data": ("load_dataset", "Dataset", "inspect", "ColumnTable", "profile", "rows_where"),
    "Fits": ("fit", "Fit", "fit_objective", "from_trained", "load_fit", "Objective"),
    "Effects of rows": (
        "attribute",
        "Effects",
        "attribute_tokens",
        "TokenEffects",
        "leave_one_out",
    ),
    "Removal": ("unlearn", "retrain", "certified_unlearn", "Unlearner"),
    "Fragility": ("flip", "patterns"),
    "Fairness": ("audit_fairness", "bootstrap_disparity", "group_counts"),
    "Explorer": ("Explorer", "serve", "Spec", "show_progress"),
}
KINDS = {
    "Targets": ax.Target,
    "Losses": ax.Loss,
    "Penalties": ax.Penalty,
    "Errors and warnings": (ax.AfifError, Warning),
}
OTHERS = "Models, methods and solvers"
DIAGNOSTICS = "Checks and diagnostics"


def pages() -> dict[str, bytes]:
    """File names and contents, with an index."""
    groups = grouped()
    names = {title: title.lower().replace(" ", "_").replace(",", "") for title in groups}
    found = {f"{names[title]}.md": _page(title, group) for title, group in groups.items()}
    index = [
        "# Reference",
        "",
        "Everything below is a name in `afif_explorer`.",
        "",
        "```{toctree}",
    ]
    return {
        name: text.encode()
        for name, text in {
            **found,
            "index.md": "\n".join([*index, ":maxdepth: 2", "", *names.values(), "```", ""]),
        }.items()
    }


def grouped() -> dict[str, list[str]]:
    """Every public name, in one group each."""
    found: dict[str, list[str]] = {title: list(names) for title, names in GROUPS.items()}
    found |= {title: [] for title in (DIAGNOSTICS, OTHERS, *KINDS)}
    placed = {name for names in found.values() for name in names}
    for name in ax.__all__:
        value = getattr(ax, name)
        if name not in placed and not inspect.ismodule(value):
            found[_group(value)].append(name)
    return found


def _group(value: Any) -> str:
    if inspect.isclass(value):
        return next((title for title, kind in KINDS.items() if issubclass(value, kind)), OTHERS)
    return DIAGNOSTICS if value.__module__.startswith("afif_explorer.analysis") else OTHERS


def _page(title: str, names: list[str]) -> str:
    parts = [f"# {title}", ""]
    for name in names:
        directive = [f".. autofunction:: afif_explorer.{name}"]
        if inspect.isclass(getattr(ax, name)):
            directive = [f".. autoclass:: afif_explorer.{name}", "   :members:"]
        parts += ["```{eval-rst}", *directive, "```", ""]
    return "\n".join(parts)
