"""Every setting and value is declared once, and the declarations are correct."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import afif_explorer as ax
from afif_explorer import choices, spec
from afif_explorer.choices import FIELDS, PICKS
from afif_explorer.choices.methods import METHODS
from afif_explorer.choices.models import MODELS, TRAINABLE, chosen_model
from afif_explorer.choices.penalties import PENALTIES
from afif_explorer.choices.sections import REMOVAL, SECTIONS
from afif_explorer.choices.solvers import SOLVERS
from afif_explorer.choices.solvers.kind import Used
from afif_explorer.choices.targets import GAPS, TARGETS
from afif_explorer.spec import Spec

PACKAGE = Path(ax.__file__).parent
READERS = ("state", "study", "app", "notebook", "figures", "screens", "spec.py")
OPTIONS = [option for field in PICKS.values() for option in field.options.values()]
every_option = pytest.mark.parametrize("option", OPTIONS, ids=lambda one: f"{one.choice}-{one.key}")

ON_SCREEN = {
    "selected",
    "view",
    "direction",
    "pattern",
    "coefficient",
    "map_x",
    "map_y",
    "map_colour",
    "baseline",
}  # chosen in the views that they belong to


def test_every_field_of_a_spec_is_declared_and_no_other() -> None:
    assert set(FIELDS) == set(spec.FIELDS)


def test_each_choice_has_its_control_in_one_section() -> None:
    named = [name for section in (*SECTIONS, REMOVAL) for name in section.names()]
    assert len(named) == len(set(named))
    assert set(named) == set(FIELDS) - ON_SCREEN, "the others are chosen in a view"


@every_option
def test_a_value_names_fields_that_exist_and_belongs_to_its_choice(option) -> None:
    assert {*option.needs, *option.ignores} <= set(FIELDS)
    assert PICKS[option.choice].options[option.key] is option
    assert option.label
    orders = [one.order for one in PICKS[option.choice].options.values()]
    assert orders == sorted(set(orders)), "two values have the same place"


@pytest.mark.parametrize(
    "folder", ["targets", "methods", "solvers", "models", "penalties", "rules"]
)
def test_a_file_bears_the_name_of_the_value_that_it_declares(folder: str) -> None:
    files = {path.stem for path in (PACKAGE / "choices" / folder).glob("*.py")}
    assert files - {"__init__", "kind", "kinds"} == set(PICKS[folder_of(folder)].options)


def folder_of(folder: str) -> str:
    return {"penalties": "penalty"}.get(folder, folder.removesuffix("s"))


# The default stands in Spec; predictions are also a column of results.
@pytest.mark.parametrize("target", sorted(TARGETS.keys() - {Spec().target, "prediction"}))
def test_no_target_is_named_above_its_declaration(target: str) -> None:
    """So that a new one is a file, and no line anywhere else."""
    for path in PACKAGE.rglob("*.py"):
        if path.relative_to(PACKAGE).parts[0] in READERS:
            found = [node for node in ast.walk(ast.parse(path.read_text())) if named(node, target)]
            assert not found, f"{path}:{found[0].lineno}"


def named(node: ast.AST, word: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == word


@pytest.fixture(scope="module")
def facts():
    """Data of each kind: two classes with groups, numbers with groups, ten classes without."""
    return {name: ax.load_dataset(name) for name in ("hiring", "diabetes", "digits")}


@pytest.mark.parametrize("name", ["hiring", "diabetes", "digits"])
def test_the_code_of_a_value_makes_the_value(facts, name: str) -> None:
    data, asked = facts[name], Spec(strength=0.25, damping=0.5, leverage_correction=True, row=3)
    calls = [option.call(asked, data) for option in TARGETS.values() if option.fits(data)]
    calls += [call for option in PENALTIES.values() if (call := option.call(asked))]
    solvers = [option.call(Used(2.5, 100, 40)) for option in SOLVERS.values()]
    calls += [option.call(asked, solver) for option in METHODS.values() for solver in solvers]
    for call in calls:
        assert eval(call.code, {"ax": ax}) == call.make()


@pytest.mark.parametrize(
    ("name", "default", "others"),
    [
        ("hiring", "logistic", {"softmax", "mlp"}),
        ("diabetes", "linear", {"mlp"}),
        ("digits", "softmax", {"mlp"}),
    ],
)
def test_a_model_is_declared_for_the_data_that_it_can_be_fitted_to(
    facts, name: str, default: str, others: set[str]
) -> None:
    data = facts[name]
    assert chosen_model("auto", data).key == default
    assert {key for key, one in TRAINABLE.items() if one.fits(data)} == {default, *others}
    for key in MODELS.keys() - {"auto", default} - others:
        with pytest.raises(ax.InvalidChoice, match=f"use '{default}' or 'mlp'"):
            ax.fit(data, model=key)


@pytest.mark.parametrize("key", GAPS)
def test_a_gap_is_defined_where_its_class_says_so(facts, key: str) -> None:
    for data in facts.values():
        option = GAPS[key]
        if not data.sensitive:
            assert not option.fits(data)
            assert option.misfit(data) == f"{data.title} has no sensitive column to compare."
            continue
        fit = ax.fit(data)
        assert (
            option.audited_as in ax.audit_fairness(fit, data.sensitive[0]).disparities.index
        ) is (option.fits(data))


def test_a_value_without_a_page_of_its_own_is_explained_with_its_choice() -> None:
    assert choices.pages("method", "afif") == ("choices/method",)
    assert choices.pages("dataset", "hiring") == ("choices/dataset",)
    assert choices.pages("target", "prediction") == ("choices/target", "choices/target/prediction")
