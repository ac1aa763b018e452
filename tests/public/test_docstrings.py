"""Public docstrings document errors and shapes, and for mathematics formula and source.

Each kind of thing is asked for what its kind must say, and no more: a loss for its formula and where that is
from, a function that refuses for the error that it raises, a container for the meaning of its fields.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

import pytest

import afif_explorer as ax
from afif_explorer import datasets, errors, notebook
from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.influence.methods import Method
from afif_explorer.engine.problem.losses import Loss
from afif_explorer.engine.problem.penalties import Penalty
from afif_explorer.engine.solvers.base import Solver
from afif_explorer.engine.targets.base import Target
from tests.helpers.public import NAMES

SHAPE = re.compile(r"\[\w[\w+*/, .-]*\]")
FORMULA = re.compile(r"``[^`]*[=+/^*'(|][^`]*``")
SOURCE = re.compile(r"Sources?: [^`]*?(\b(18|19|20)\d\d\b|arXiv \d{4}\.\d{5})", re.DOTALL)
SIGN = re.compile(r"ositive|\bsign\b|at least 0|\brises?\b")
UNIT = re.compile(r"\bunits?\b|\bnats\b|standard errors|parameters")
ARRAYS = re.compile(r"\b(Tensor|ndarray|DataFrame|Series)\b")

MATHEMATICS = (Curvature, Loss, Method, Penalty, Solver, Target)
# To be subclassed, or to choose among others: what they stand for has its source, they have not.
FRAMES = {"Auto", "NonsmoothPenalty", "Penalty", "Target"}
FUNCTIONS = {  # that compute something which a paper or a book defines
    "attribute",
    "audit_fairness",
    "bootstrap_disparity",
    "bregman_response",
    "bregman_response_each",
    "certified_unlearn",
    "covratio",
    "cross_validate",
    "cross_validation_path",
    "dfbetas",
    "dffits",
    "diagnostics",
    "fit",
    "fit_objective",
    "flip",
    "influence_measures",
    "leave_one_out",
    "outlier_test",
    "patterns",
    "psis",
    "retrain",
    "retrain_each",
    "rstandard",
    "rstudent",
    "unlearn",
}
FROM_HERE = {"Prediction"}  # so plain that it has no source
CLASSES = {"LinearMap", "MLP", "Nystroem", "Objective", "Unlearner"}
CHANGES = {  # that tell by how much something changes without a row
    "attribute",
    "audit_fairness",
    "bregman_response_each",
    "dfbetas",
    "dffits",
    "diagnostics",
    "retrain_each",
    "unlearn",
}
MADE_BY = ("__init__", "__post_init__")
RAISED = {name for name in vars(errors) if name[0].isupper()}
PLAIN = NAMES
CLASSES_HERE = {name for name, thing in PLAIN.items() if inspect.isclass(thing)}
RECORDS = {  # that are returned or read, not made by a user: their fields are explained one by one
    "ColumnTable",
    "CertifiedUnlearning",
    "CrossValidationPath",
    "Dataset",
    "Fit",
    "Solution",
    "SolverPlan",
    "Spec",
    "Status",
}
ERRORS = {name for name in CLASSES_HERE if issubclass(PLAIN[name], Exception)}
CALLED = {
    **{name: PLAIN[name] for name in PLAIN.keys() - RECORDS - ERRORS},
    "Dataset.from_arrays": ax.Dataset.from_arrays,
    "Dataset.from_frame": ax.Dataset.from_frame,
    **{f"datasets.{name}": getattr(datasets, name) for name in datasets.__all__ if name.islower()},
    **{f"notebook.{name}": getattr(notebook, name) for name in notebook.__all__},
}
WITHOUT_ROWS_OF_NUMBERS = {"Dataset", "Explorer", "Spec", "serve"}  # shapes are not their subject


def results() -> dict[str, type]:
    """The records that public functions and methods return, which have no public name of their own."""
    found = {}
    for thing in PLAIN.values():
        for _, call in calls_of(thing):
            name = str(call.__annotations__.get("return", ""))
            kind = (
                getattr(sys.modules[call.__module__], name, None) if name.isidentifier() else None
            )
            if inspect.isclass(kind) and is_dataclass(kind):
                found[name] = kind
    return found


def calls_of(thing: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The functions behind a public name: itself, or its public methods and properties."""
    if not inspect.isclass(thing):
        yield thing.__name__, thing
        return
    for name in dir(thing):
        member = inspect.getattr_static(thing, name)
        call = getattr(member, "fget", None) or getattr(member, "func", None)
        call = call or getattr(member, "__func__", member)
        if not name.startswith("_") and inspect.isfunction(call) and from_here(call):
            yield name, call


def from_here(thing: Any) -> bool:
    return thing.__module__.startswith("afif_explorer")


def told(kind: Any) -> str:
    """The docstring of a class, with those of the classes that it refines."""
    return "\n".join(inspect.cleandoc(one.__doc__ or "") for one in lineage(kind))


def lineage(kind: type) -> list[type]:
    return [one for one in inspect.getmro(kind) if from_here(one)]


def described(thing: Any, name: str, call: Callable[..., Any]) -> str:
    """The docstring of a method, its own or inherited."""
    return (
        inspect.getdoc(getattr(thing, name)) or "" if inspect.isclass(thing) else call.__doc__ or ""
    )


@cache
def raised(call: Callable[..., Any]) -> frozenset[str]:
    """Our errors that a function raises by itself or through private helpers of its file."""
    if call.__code__.co_filename == "<string>":
        return frozenset()  # written by ``dataclass``
    seen: set[Callable[..., Any]] = set()
    found: set[str] = set()
    waiting = [call]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        home = vars(sys.modules[one.__module__])
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(one)))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                found.add(getattr(node.exc.func, "id", ""))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                helper = home.get(node.func.id)
                if node.func.id.startswith("_") and inspect.isfunction(helper):
                    waiting.append(helper)
    return frozenset(found & RAISED)


def section(thing: Any, title: str) -> str:
    """The part of a docstring below a title such as "Args:"; empty if there is none."""
    found = re.search(rf"^{title}:\n((?:    .*\n?)+)", inspect.getdoc(thing) or "", re.MULTILINE)
    return found[1] if found else ""


every_name = pytest.mark.parametrize("name", sorted(PLAIN))
RESULTS = results()
every_record = pytest.mark.parametrize(
    "name", sorted({*RESULTS, *(n for n in PLAIN if is_dataclass(PLAIN[n]))} - {"Spec"})
)


@every_name
def test_everything_that_can_be_called_is_described_in_a_sentence(name: str) -> None:
    thing = PLAIN[name]
    texts = {name: inspect.getdoc(thing) or ""}
    texts |= {method: described(thing, method, call) for method, call in calls_of(thing)}
    for what, text in texts.items():
        assert re.search(r"[.;:!](\s|$)", text), f"{name}.{what} is not described"


@pytest.mark.parametrize("name", sorted(CALLED))
def test_every_parameter_is_explained(name: str) -> None:
    thing = CALLED[name]
    asked = inspect.signature(thing).parameters if takes_arguments(thing) else {}
    told_of = section(thing, "Args")
    missing = [name for name in asked if not re.search(rf"\b{name}\b[^.]*:", told_of)]
    assert not missing, missing


def takes_arguments(thing: Any) -> bool:
    """Whether it is called by users: functions, and classes with a constructor of their own."""
    if not inspect.isclass(thing):
        return True
    return is_dataclass(thing) or any("__init__" in vars(one) for one in lineage(thing))


@pytest.mark.parametrize("name", sorted(CALLED))
def test_what_is_returned_is_explained(name: str) -> None:
    thing = CALLED[name]
    returns = getattr(thing, "__annotations__", {}).get("return", "None")
    if not inspect.isclass(thing) and returns != "None":
        assert section(thing, "Returns")


@pytest.mark.parametrize("name", sorted(CALLED))
def test_errors_are_listed(name: str) -> None:
    thing = CALLED[name]
    if inspect.isclass(thing):
        made = [vars(thing).get(start) for start in MADE_BY]
        calls = [one for one in made if inspect.isfunction(one)]
    else:
        calls = [getattr(thing, "__func__", thing)]
    listed = section(thing, "Raises")
    missing = [error for call in calls for error in raised(call) if error not in listed]
    assert not missing, missing


@every_name
def test_errors_that_are_raised_are_named(name: str) -> None:
    thing = PLAIN[name]
    whole = told(thing) if inspect.isclass(thing) else thing.__doc__
    calls = [*calls_of(thing)]
    if inspect.isclass(thing) and not issubclass(thing, Exception):
        made = [vars(one).get(start) for one in inspect.getmro(thing) for start in MADE_BY]
        calls += [(name, one) for one in made if inspect.isfunction(one) and from_here(one)]
    for method, call in calls:
        text = whole if method == name else whole + described(thing, method, call)
        missing = [error for error in raised(call) if error not in text]
        assert not missing, f"{name}.{method} raises {missing}"


@pytest.mark.parametrize("name", sorted(PLAIN.keys() - WITHOUT_ROWS_OF_NUMBERS))
def test_arrays_have_shapes(name: str) -> None:
    thing = PLAIN[name]
    whole = told(thing) if inspect.isclass(thing) else thing.__doc__
    for method, call in calls_of(thing):
        if ARRAYS.search(" ".join(map(str, call.__annotations__.values()))):
            text = whole + described(thing, method, call)
            assert SHAPE.search(text), f"{name}.{method} has no shape"


@every_record
def test_the_fields_of_a_record_are_explained(name: str) -> None:
    kind = PLAIN.get(name) or RESULTS[name]
    lines = [line for one in lineage(kind) for line in inspect.getsource(one).splitlines()]
    text = "\n".join([told(kind), *(line for line in lines if "#" in line)])
    names = [one.name for one in fields(kind) if not one.name.startswith("_")]
    missing = [name for name in names if not re.search(rf"\b{name}\b", text)]
    assert not missing, missing


def mathematics() -> list[str]:
    by_kind = {name for name in CLASSES_HERE if issubclass(PLAIN[name], MATHEMATICS)}
    return sorted((by_kind - FRAMES) | FUNCTIONS | CLASSES)


@pytest.mark.parametrize("name", mathematics())
def test_mathematics_has_a_formula_and_a_source(name: str) -> None:
    text = inspect.cleandoc(PLAIN[name].__doc__ or "")
    assert FORMULA.search(text), "no formula"
    assert SOURCE.search(text) or name in FROM_HERE, "no source with its year"


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_changes_have_a_sign_and_a_unit(name: str) -> None:
    text = PLAIN[name].__doc__
    assert SIGN.search(text), "no sign"
    assert UNIT.search(text), "no unit"


@pytest.mark.parametrize(
    "name", sorted(n for n in CLASSES_HERE if issubclass(PLAIN[n], Target | Loss))
)
def test_what_is_measured_has_a_unit(name: str) -> None:
    assert UNIT.search(told(PLAIN[name]))
