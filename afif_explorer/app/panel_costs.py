"""Patches of Panel, Bokeh and param that change how often something is computed, and no result.

For Panel 1.9.4, panel-material-ui 0.16.6, param 2.4 and Bokeh 3.9, as ``panel_patches``.
A page is about 200 models with 40 properties each. Each function has a test in
``tests/app/test_panel_costs.py`` that fails once the library does without it: then remove it. None is
reported upstream.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import param
from bokeh.core.has_props import HasProps
from bokeh.core.property.descriptors import PropertyDescriptor
from panel.custom import ReactiveESM
from panel.io.state import state
from panel.viewable import Viewable

DESCRIPTOR: Any = PropertyDescriptor  # types that allow what follows
PROPERTIES: Any = HasProps
CONSTANTS = (type(None), bool, int, float, str)
# Parameters whose bounds or objects Panel changes for single widgets.
CHANGED = frozenset({"active", "objects", "page", "selection", "size", "value", "value_throttled"})


def remember_defaults() -> None:
    """Find a class's default of a property once, not whenever one that is not set is read. Bokeh 3.9.

    Each time, Bokeh merges the overrides of all base classes, looks whether the default may change, and
    prepares it. Defaults that may change, and those of a theme, are found as before.
    """
    inherited = DESCRIPTOR._get_default
    if hasattr(inherited, "original"):
        return
    known: dict[tuple[Any, Any], Any] = {}

    @cache
    def may_change(descriptor: Any, cls: Any) -> bool:
        override = cls.__overridden_defaults__.get(descriptor.name)
        return descriptor.property._may_have_unstable_default() or descriptor.is_unstable(override)

    def default(self: Any, obj: Any) -> Any:
        themed, place = vars(obj).get("__themed_values__"), (self, obj.__class__)
        if themed and self.name in themed:
            return inherited(self, obj)
        if place in known:
            return known[place]
        found = inherited(self, obj)
        if not may_change(*place) and isinstance(found, CONSTANTS):
            known[place] = found
        return found

    default.original = inherited  # type: ignore[attr-defined]
    DESCRIPTOR._get_default = default
    DESCRIPTOR.has_unstable_default = lambda self, obj: may_change(self, obj.__class__)
    overridden: Any = cache(PROPERTIES._overridden_defaults.__func__)
    PROPERTIES._overridden_defaults = classmethod(overridden)
    PROPERTIES.themed_values = lambda self: vars(self).get("__themed_values__")


def read_what_is_sent() -> None:
    """Read those properties of a model that are sent, not the defaults of all others as well. Bokeh 3.9.

    Bokeh reads all, so that it can raise an error for one that is required and not set.
    """
    inherited = PROPERTIES.query_properties_with_values
    if hasattr(inherited, "original"):
        return

    def chosen(self: Any, query: Any, **options: bool) -> Any:
        if options.get("include_defaults", True) or options.get("include_undefined"):
            return inherited(self, query, **options)
        values, changed = self._property_values, self._unstable_default_values
        sent = {*values, *changed, *(self.themed_values() or ())}
        return inherited(self, lambda one: one.name in sent and query(one), **options)

    chosen.original = inherited  # type: ignore[attr-defined]
    PROPERTIES.query_properties_with_values = chosen


def share_parameters() -> None:
    """Let all objects of a class share its parameters. param 2.4, Panel 1.9.4.

    param copies a parameter for every object that is asked for it, and Panel asks each component for all
    of its parameters: 2700 copies for a page. Those that are changed for single widgets are still copied.
    """
    bases = {base for one in _subclasses(Viewable) for base in one.__mro__}
    for cls in bases:
        for name, parameter in vars(cls).items():
            if isinstance(parameter, param.Parameter) and name not in CHANGED:
                parameter.per_instance = False


def _subclasses(cls: Any) -> Iterator[type]:
    yield cls
    for one in cls.__subclasses__():
        yield from _subclasses(one)


def remember_addresses() -> None:
    """Find the address of a component's script once for each class, not for each component. Panel 1.9.4."""
    inherited = ReactiveESM._component_resource_path.__func__
    if hasattr(inherited, "original"):
        return

    @cache
    def found(cls: Any, path: Any, compiled: Any, _relative: str | None) -> Any:
        return inherited(cls, path, compiled)

    def address(cls: Any, esm_path: Any, compiled: Any) -> Any:
        return found(cls, esm_path, compiled, state.rel_path)

    address.original = inherited  # type: ignore[attr-defined]
    ReactiveESM._component_resource_path = classmethod(address)


def sends_text_alone(pane: type) -> type:
    """A class of HTML panes that sends its text when it changes, not its style sheets as well. Panel 1.9.4.

    Panel makes all models of the pane's style sheets anew, for which Bokeh then searches the whole page.
    """

    def update(self: Any, _reference: str, model: Any) -> None:
        model.text = self._transform_object(self.object)["object"]

    pane._update = update  # type: ignore[attr-defined]
    return pane


def without_headers(tabs: Any) -> Any:
    """Tabs with names only: without an empty pane for the header of each. panel-material-ui 0.16.6."""
    tabs._headers = []
    return tabs
