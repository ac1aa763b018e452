"""From the columns of a table and what is chosen for them to the rows of the column table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from afif_explorer import progress, wording
from afif_explorer.datasets import favourable
from afif_explorer.datasets.columns import guesses, spellings
from afif_explorer.datasets.columns import recipe as recipes
from afif_explorer.datasets.columns.recipe import Finding, Recipe, recipe_for
from afif_explorer.datasets.columns.relations import Values
from afif_explorer.datasets.inspection.choices import Choices
from afif_explorer.datasets.inspection.kinds import ReadColumn
from afif_explorer.datasets.inspection.noticing import notice
from afif_explorer.datasets.inspection.problem import APPLIED, DECLINED, OPEN, Problem
from afif_explorer.datasets.inspection.relating import about_sensitive, about_target, copies
from afif_explorer.datasets.inspection.row import ColumnRow, row_of
from afif_explorer.datasets.reading import text

INSPECTING = "Looking for problems"
_STEPS, _FEWEST_ALIKE = 3, 3  # of a scale that several columns have


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of a table; what was worked out about them is remembered for all tables made from it."""

    frame: pd.DataFrame
    decimal: str
    memory: dict[Any, Any] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Display names."""
        return list(self.frame.columns)

    def read(self, name: str, **chosen: Any) -> pd.Series:
        """A column, read as chosen (``kind``, ``missing``, ``merge``)."""

        def work() -> pd.Series:
            return self._recipe(name, **chosen)[0].apply(self.frame[name])

        return self.remember(("read", name, repr(chosen)), work)

    def _recipe(self, name: str, **chosen: Any) -> tuple[Recipe, list[Finding]]:
        return self.remember(
            ("recipe", name, repr(chosen)),
            lambda: recipe_for(self.frame[name], name, self.decimal, **chosen),
        )

    def kind(self, name: str, **chosen: Any) -> str:
        """The kind of a column, read as chosen."""
        return self.column(name, **chosen).kind

    def column(self, name: str, **chosen: Any) -> ReadColumn:
        """A column, read as chosen, with what is counted in it."""
        key = ("column", name, repr(chosen))
        return self.remember(key, lambda: ReadColumn(self.read(name, **chosen)))

    def noticed(self, name: str) -> list[Problem]:
        """What is noticed about a column by itself."""

        def work() -> list[Problem]:
            recipe, findings = self._recipe(name)
            return notice(self.column(name), name, recipe, findings)

        return self.remember(("noticed", name), work)

    def remember(self, key: Any, work: Any) -> Any:
        """The result of ``work``, done once for each key."""
        if key not in self.memory:
            self.memory[key] = work()
        return self.memory[key]


@dataclass(frozen=True, eq=False)
class Understanding:
    """The rows of the column table, notes about the whole table, and the options of each column."""

    rows: tuple[ColumnRow, ...]
    notes: tuple[str, ...]
    options: dict[str, dict[str, Any]]


def understand(columns: Columns, choices: Choices, title: str) -> Understanding:
    """Everything about a table, with what is chosen."""
    problems = {}
    for place, name in enumerate(columns.names):
        progress.report(INSPECTING, place, len(columns.names))
        problems[name] = _decided(columns.noticed(name), choices)
    scales = _without_scales(columns, problems)
    chosen = {name: _chosen(name, problems[name], choices) for name in columns.names}
    for name in columns.names:
        if chosen[name].get("kind", recipes.TEXT) != recipes.TEXT:
            problems[name] = [one for one in problems[name] if one.code != "text"]
    read = {name: columns.read(name, **chosen[name]) for name in columns.names}
    kinds = {
        name: chosen[name].get("kind") or columns.kind(name, **chosen[name])
        for name in columns.names
    }
    roles, why = _roles(columns.names, read, kinds, problems, choices, title)
    for problem in _relations(columns, read, kinds, roles, chosen):
        (decided,) = _decided([problem], choices)
        if all(problem.code != known.code for known in problems[problem.column]):
            problems[problem.column].append(decided)
    for name in columns.names:
        if name not in choices.roles and roles[name] == guesses.INPUT:
            roles[name] = next(
                (one.effect["role"] for one in problems[name] if "role" in one.effect),
                guesses.INPUT,
            )
    rows = tuple(
        replace(
            columns.remember(
                ("row", name, kinds[name], repr(chosen[name])),
                lambda n=name: row_of(
                    columns.frame[n], columns.column(n, **chosen[n]), n, kinds[n]
                ),
            ),
            role=roles[name],
            problems=tuple(problems[name]),
        )
        for name in columns.names
    )
    return Understanding(
        rows,
        (*_notes(columns, roles, why), *_guessed(read, kinds, roles, choices), *scales),
        _options(problems, chosen, roles, choices),
    )


def _without_scales(columns: Columns, problems: dict[str, list[Problem]]) -> list[str]:
    """Several columns with the steps of one scale have no codes, unless that is chosen; notes on them."""
    scales: dict[tuple[float, ...], list[str]] = {}
    for name, found in problems.items():
        if any(one.code == "codes" and one.state == OPEN for one in found):
            steps = tuple(sorted(columns.column(name).known.unique().tolist()))
            if steps[0] in (0, 1) and steps[-1] - steps[0] == len(steps) - 1 >= _STEPS:
                scales.setdefault(steps, []).append(name)
    told = []
    for steps, names in scales.items():
        if len(names) < _FEWEST_ALIKE:
            continue
        for name in names:
            problems[name] = [
                replace(one, state=DECLINED) if one.code == "codes" else one
                for one in problems[name]
            ]
        told.append(
            f"{text.listing(names)} have the whole numbers {steps[0]:g} to {steps[-1]:g}, and were read as "
            "steps of a scale; if they are codes, make them categories."
        )
    return told


def _decided(problems: Sequence[Problem], choices: Choices) -> list[Problem]:
    """The problems with their state."""
    found = []
    for problem in problems:
        decision = choices.decided.get(
            (problem.column, problem.code), True if problem.sure else None
        )
        state = {True: APPLIED, False: DECLINED, None: OPEN}[decision]
        found.append(replace(problem, state=state))
    return found


def _chosen(name: str, problems: Sequence[Problem], choices: Choices) -> dict[str, Any]:
    """How a column is read: its kind, missing values and merged levels, where they are not inferred."""
    found: dict[str, Any] = {}
    for problem in problems:
        found |= {key: value for key, value in problem.effect.items() if key != "role"}
    if name in choices.kinds:
        found["kind"] = choices.kinds[name]
    if "merge" in found:
        merges = [one.effect["merge"] for one in problems if "merge" in one.effect]
        found["merge"] = spellings.joined(*merges)
    return found


def _roles(
    names: Sequence[str],
    read: Mapping[str, pd.Series],
    kinds: Mapping[str, str],
    problems: Mapping[str, Sequence[Problem]],
    choices: Choices,
    title: str,
) -> tuple[dict[str, str], str]:
    """The role of each column as chosen or guessed, and why the target was guessed."""
    roles = {}
    known = any(guesses.is_sensitive(name) and kinds[name] != recipes.TEXT for name in names)
    for name in names:
        if name in choices.roles:
            roles[name] = choices.roles[name]
            continue
        roles[name] = next(
            (one.effect["role"] for one in problems[name] if "role" in one.effect), guesses.INPUT
        )
        if roles[name] != guesses.INPUT or kinds[name] == recipes.CONSTANT:
            continue
        named = guesses.is_sensitive(name) and kinds[name] != recipes.TEXT
        if named or guesses.has_groups(read[name], letters=not known):
            roles[name] = guesses.SENSITIVE
        elif guesses.is_weight(name, read[name]):
            roles[name] = guesses.WEIGHT
        elif guesses.SPLIT not in choices.roles.values() and guesses.is_split(name, read[name]):
            roles[name] = guesses.SPLIT
    if guesses.TARGET in roles.values():
        return roles, ""
    usable = [
        name not in choices.roles
        and roles[name] in (guesses.INPUT, guesses.SENSITIVE)
        and kinds[name] not in (recipes.CONSTANT, recipes.TEXT, recipes.DATE)
        and all(problem.code != "ticks" for problem in problems[name])
        for name in names
    ]
    target, why = guesses.target_of(names, usable, title)
    if target:
        roles[target] = guesses.TARGET
    return roles, why


def _relations(
    columns: Columns,
    read: Mapping[str, pd.Series],
    kinds: Mapping[str, str],
    roles: Mapping[str, str],
    chosen: Mapping[str, Mapping[str, Any]],
) -> list[Problem]:
    inputs = {
        name: columns.remember(
            ("values", name, repr(chosen[name])), lambda n=name: Values.of(read[n])
        )
        for name, role in roles.items()
        if role == guesses.INPUT and kinds[name] != recipes.TEXT
    }
    ways = repr([(name, chosen[name]) for name in inputs])
    found: list[Problem] = []
    for name, role in roles.items():
        about = {guesses.TARGET: about_target, guesses.SENSITIVE: about_sensitive}.get(role)
        if about is None:
            continue
        key = (role, name, repr(chosen[name]), ways)
        found += columns.remember(key, lambda n=name, a=about: a(inputs, n, read[n], kinds[n]))
    return found + columns.remember(("copies", ways), lambda: copies(inputs))


def _notes(columns: Columns, roles: Mapping[str, str], why: str) -> tuple[str, ...]:
    notes = []
    target = next((name for name, role in roles.items() if role == guesses.TARGET), "")
    if why:
        notes.append(f"The target '{target}' is a guess, {why}.")
    repeated = columns.remember("repeated", lambda: _repeated(columns.frame))
    if repeated:
        one = repeated == 1
        rows = "1 row repeats" if one else f"{wording.count(repeated)} rows repeat"
        notes.append(f"{rows} an earlier row; {'it was' if one else 'they were'} kept.")
    return tuple(notes)


def _guessed(
    read: Mapping[str, pd.Series],
    kinds: Mapping[str, str],
    roles: Mapping[str, str],
    choices: Choices,
) -> list[str]:
    """Sentences about the sensitive columns and the favourable class, where nobody has chosen them."""
    found = [
        f"That '{name}' is sensitive is a guess, by its name or its groups; these are compared, and it is no "
        "input."
        for name, role in roles.items()
        if role == guesses.SENSITIVE and name not in choices.roles
    ]
    target = next((name for name, role in roles.items() if role == guesses.TARGET), "")
    if kinds.get(target) in (recipes.CATEGORY, recipes.YES_NO):
        levels = sorted(map(recipes.plain_text, read[target].dropna().unique()))
        if (class_ := favourable.guess(tuple(map(text.clean, levels)))) is not None:
            found.append(
                f"That '{class_.name}' is the favourable class of '{target}' is a guess, {class_.why}."
            )
    return found


def _repeated(frame: pd.DataFrame) -> int:
    try:
        return int(frame.duplicated().sum())
    except TypeError:  # nested values
        return 0


def _options(
    problems: Mapping[str, Sequence[Problem]],
    chosen: Mapping[str, Mapping[str, Any]],
    roles: Mapping[str, str],
    choices: Choices,
) -> dict[str, dict[str, Any]]:
    """The options of ``Dataset.from_frame`` about single columns."""
    found: dict[str, dict[str, Any]] = {"roles": {}, "kinds": {}, "missing": {}, "merge": {}}
    for name, role in roles.items():
        declined = any(one.undo.get("role") and one.state == DECLINED for one in problems[name])
        forced = role == guesses.INPUT and (declined or choices.roles.get(name) == role)
        if forced or role not in (guesses.INPUT, guesses.TARGET, guesses.SENSITIVE):
            found["roles"][name] = role
        for option, key in (("kinds", "kind"), ("missing", "missing"), ("merge", "merge")):
            if key in chosen[name]:
                found[option][name] = chosen[name][key]
    return found
