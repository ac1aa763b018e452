"""Each patch changes no result, and the library still needs it: where a test of the latter fails, take the
patch out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import panel as pn
import panel_material_ui as material
import param
import pytest
from bokeh.core.has_props import HasProps
from bokeh.core.property.bases import Property
from bokeh.core.property.descriptors import PropertyDescriptor
from bokeh.document import Document
from bokeh.models import Column, Select
from panel.custom import JSComponent, ReactiveESM
from panel.io.state import set_curdoc
from panel.models.markup import HTML
from panel.reactive import Reactive
from panel.viewable import Viewable

from afif_explorer.app import panel_costs
from afif_explorer.app.components import elements, toolkit
from afif_explorer.app.page.dashboard import Dashboard
from afif_explorer.app.updates.scheduler import Scheduler
from afif_explorer.state import Explorer
from tests.helpers.loop import ManualLoop

KINDS = (Column, Select, HTML)


@pytest.fixture(autouse=True)
def loaded() -> None:
    toolkit.load()


@contextmanager
def counted(owner: Any, name: str) -> Iterator[list[str]]:
    """The names of the objects on which a function is called meanwhile."""
    calls: list[str] = []
    original = vars(owner)[name]
    function = original.__func__ if isinstance(original, classmethod) else original

    def counting(self: Any, *arguments: Any, **options: Any) -> Any:
        calls.append(str(getattr(self, "name", self)))
        return function(self, *arguments, **options)

    setattr(owner, name, classmethod(counting) if function is not original else counting)
    try:
        yield calls
    finally:
        setattr(owner, name, original)


# ---- defaults ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_defaults_are_those_of_bokeh(kind: type[HasProps]) -> None:
    original = PropertyDescriptor._get_default.original
    for _ in range(2):
        model, same = kind(), kind()
        for name in kind.properties():
            descriptor = kind.lookup(name)
            expected = original(descriptor, same)
            assert descriptor._get_default(model) == expected
            assert type(descriptor._get_default(model)) is type(expected)


def test_a_default_that_can_be_changed_belongs_to_its_model() -> None:
    one, other = Column(), Column()
    one.tags.append("a")
    assert (one.tags, other.tags) == (["a"], [])
    assert Column().tags == []


def test_a_theme_decides_for_its_models_alone() -> None:
    plain, themed = Column(), Column()
    assert plain.visible is True
    themed.apply_theme({"visible": False})
    assert (themed.visible, plain.visible, Column().visible) == (False, True, True)
    assert themed.themed_values() == {"visible": False}
    assert plain.themed_values() is None


def test_bokeh_still_finds_a_default_at_each_reading() -> None:
    model, descriptor = Column(), Column.lookup("visible")
    with counted(Property, "prepare_value") as calls:
        for _ in range(3):
            descriptor._get(model)
        assert len(calls) == 0
        for _ in range(3):
            PropertyDescriptor._get_default.original(descriptor, model)
    assert len(calls) == 3


# ---- what is sent -----------------------------------------------------------------------------


def document() -> Document:
    made = Document()
    select = Select(title="a", options=["x", "y"], tags=["t"])
    made.add_root(Column(select, HTML(text="b", visible=False), name="root"))
    return made


def test_what_is_sent_is_what_bokeh_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = document()
    sent = shown.to_json()
    selected = HasProps.query_properties_with_values
    monkeypatch.setattr(HasProps, "query_properties_with_values", selected.original)
    assert sent == shown.to_json()
    for model in shown.models:
        for some in (True, False):
            found = selected(model, lambda one: one.serialized, include_defaults=some)
            assert found == model.properties_with_values(include_defaults=some)


def test_bokeh_still_reads_the_defaults_as_well() -> None:
    shown = HTML(text="b")
    with counted(PropertyDescriptor, "get_value") as calls:
        shown.properties_with_values(include_defaults=False)
        few = len(calls)
        HasProps.query_properties_with_values.original(
            shown, lambda one: one.serialized, include_defaults=False
        )
    assert few < (len(calls) - few) / 2


# ---- parameters -------------------------------------------------------------------------------


def test_parameters_are_shared_but_for_those_that_differ() -> None:
    one, other = (pn.widgets.EditableIntSlider(start=1, end=end, value=2) for end in (5, 9))
    assert one.param.disabled is other.param.disabled
    assert one.param.stylesheets is elements.stack().param.stylesheets
    assert [each.param.value.softbounds for each in (one, other)] == [(1, 5), (1, 9)]


def test_what_widgets_share_is_not_changed_by_a_page() -> None:
    before = {}
    for cls in {base for one in panel_costs._subclasses(Viewable) for base in one.__mro__}:
        for name, one in vars(cls).items():
            if isinstance(one, param.Parameter) and name not in panel_costs.CHANGED:
                before[cls, name] = one, _settings(one)
    explorer = Explorer("hiring", schedule=lambda act: act())
    assert explorer.await_idle(60)
    dashboard = Dashboard(explorer, Scheduler(ManualLoop()))
    dashboard.page.server_doc(Document())
    dashboard.close()
    for place, (one, settings) in before.items():
        assert _settings(one) == settings, place


def _settings(one: param.Parameter) -> dict[str, str]:
    slots = {name for cls in type(one).__mro__ for name in getattr(cls, "__slots__", ())}
    left = {"watchers", "owner", "_label", "allow_refs"}  # the last is set for a class anyway
    return {name: repr(getattr(one, name, None)) for name in slots - left}


def test_panel_still_asks_for_all_and_param_copies_them() -> None:
    class Thing(JSComponent):  # later than the patch
        first, second = param.Integer(), param.Integer()
        _esm = "export function render() {}"

    thing = Thing()
    assert not {"first", "second"} & set(thing._param__private.params)
    thing._get_properties(Document())
    assert {"first", "second"} <= set(thing._param__private.params)
    assert "label" not in thing._param__private.params


# ---- components -------------------------------------------------------------------------------


def rooted(shown: Any) -> Document:
    """A document with a panel on it."""
    made = Document()
    with set_curdoc(made):
        shown.server_doc(made)
    return made


def test_addresses_are_found_once() -> None:
    with counted(ReactiveESM, "_esm_path"):
        path = toolkit.Button._esm_path(compiled=True)
        found = toolkit.Button._component_resource_path(path, True)
        original = ReactiveESM._component_resource_path.__func__.original
        assert found == original(toolkit.Button, path, True)
    with counted(ReactiveESM, "_esm_path") as calls:
        assert toolkit.Button._component_resource_path(path, True) == found
        assert calls == []
        original(toolkit.Button, path, True)
        assert calls


@pytest.mark.parametrize(("kind", "all_again"), [(elements.Text, 0), (pn.pane.HTML, 1)])
def test_a_text_sends_its_text_and_panels_pane_still_prepares_all(
    kind: type[pn.pane.HTML], all_again: int
) -> None:
    pane = kind("a")
    made = rooted(pn.Column(pane))
    with counted(Reactive, "_get_properties") as calls, set_curdoc(made):
        pane.object = "<b>b</b>"
    assert next(iter(pane._models.values()))[0].text == "&lt;b&gt;b&lt;/b&gt;"
    assert len(calls) == all_again


def test_tabs_have_no_panes_for_their_headers() -> None:
    pairs = [(name, elements.stack()) for name in "ab"]
    assert len(material.Tabs(*pairs)._headers) == 2
    tabs = panel_costs.without_headers(material.Tabs(*pairs))
    assert (tabs._headers, tabs._names) == ([], ["a", "b"])


def test_all_is_patched_once() -> None:
    before = PropertyDescriptor._get_default, HasProps.query_properties_with_values
    toolkit.load()
    assert before == (PropertyDescriptor._get_default, HasProps.query_properties_with_values)
