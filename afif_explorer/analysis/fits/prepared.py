"""Cache of a fit's prepared methods and targets."""

from __future__ import annotations

import logging
import threading
import warnings
from collections import OrderedDict
from collections.abc import Hashable

from afif_explorer.engine.influence.methods import Method, checked_method
from afif_explorer.engine.influence.shared import Shared
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.runtime.memory import allowed, memory_limit
from afif_explorer.engine.targets.base import Target
from afif_explorer.engine.targets.bound import Bound, Fitted, checked_fit
from afif_explorer.errors import NotConverged
from afif_explorer.sizes import leaves

log = logging.getLogger(__name__)

SHARE = 2  # a fit's cache is at most half of the memory limit
MOST = 32  # maximum number of methods, and of targets, per fit


class PreparedMethods:
    """A fit's prepared methods, and the intermediate results that they share.

    All methods share the linearization, the curvatures and their factors. In addition to the fit's rows these
    use at most half of the memory limit; otherwise they are recomputed. Thread-safe.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shared: Shared | None = None
        self._kept: OrderedDict[tuple[Method, Hashable], Influence] = OrderedDict()
        self._targets: OrderedDict[Target, Bound] = OrderedDict()

    def get(self, method: Method, fit: Fitted) -> Influence:
        """The prepared method; created on first use."""
        key = (method, memory_limit.chosen)  # the choice of solver depends on the limit
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            else:
                self._make_room()
                if self._shared is None:
                    self._shared = Shared(fit.objective, fit.parameters)
                self._kept[key] = method.at(self._shared)
            return self._kept[key]

    def bound(self, target: Target, fit: Fitted) -> Bound:
        """The target bound to the fit; created on first use."""
        with self._lock:
            found = self._targets.get(target)
        if found is None:
            found = target.bind(fit)  # user code, so not while holding the lock
        with self._lock:
            self._targets[target] = found
            self._targets.move_to_end(target)
            if len(self._targets) > MOST:
                self._targets.popitem(last=False)
        return found

    def _make_room(self) -> None:
        """Evict to stay within the memory limit; methods in use elsewhere keep their results."""
        if len(self._kept) >= MOST:
            self._kept.popitem(last=False)
        if self._shared is not None and self._bytes(self._shared) > allowed() // SHARE:
            dropped = ", ".join(str(method) for method, _ in self._kept)
            log.info("Fit: dropped %s to stay within the memory limit.", dropped)
            self._kept.clear()
            self._shared = None

    def _bytes(self, shared: Shared) -> int:
        """Memory in use in addition to the objective and its rows."""
        known = {id(one) for one, _ in leaves(shared.objective)}
        everything = [shared, *self._kept.values()]
        return sum(size for one, size in leaves(everything) if id(one) not in known)


def prepared(method: Method, fit: Fitted) -> Influence:
    """A method prepared at a fit, from the fit's cache.

    Raises :class:`InvalidChoice` if ``method`` is not a method or ``fit`` not a fit.
    """
    checked_method(method)
    checked_fit(fit)
    kept = getattr(fit, "prepared_methods", None)
    if kept is None or not _is_hashable(method):
        return method.prepare(fit.objective, fit.parameters)
    found: Influence = kept.get(method, fit)
    return found


def warn_unfinished(influence: Influence, stacklevel: int = 3) -> None:
    """Warn :class:`NotConverged` if results of a method are only approximate."""
    if told := influence.unfinished():
        warnings.warn(told, NotConverged, stacklevel=stacklevel)


def bound(target: Target, fit: Fitted) -> Bound:
    """A target bound to a fit, from the fit's cache."""
    kept = getattr(fit, "prepared_methods", None)
    if kept is None or not target.is_value():
        return target.bind(fit)
    found: Bound = kept.bound(target, fit)
    return found


def _is_hashable(method: Method) -> bool:
    """Whether a method is hashable; one with a user-defined solver may not be."""
    try:
        hash(method)
    except TypeError:
        return False
    return True
