"""The methods that a fit was asked with, ready for the next question."""

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

SHARE = 2  # what a fit keeps is at most half of the memory limit
MOST = 32  # methods, and targets, of one fit that are kept


class PreparedMethods:
    """What a fit has worked out for its methods, and the methods themselves, ready for the next question.

    All of them share the point, the curvatures and their factors. Beside the fit's rows that stays within
    half of the memory limit, or is made anew. Threads share it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shared: Shared | None = None
        self._kept: OrderedDict[tuple[Method, Hashable], Influence] = OrderedDict()
        self._targets: OrderedDict[Target, Bound] = OrderedDict()

    def get(self, method: Method, fit: Fitted) -> Influence:
        """A method at the fit; made if it is not there."""
        key = (method, memory_limit.chosen)  # for another limit another solver may be chosen
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
        """A target on the fit, with its derivatives; made if it is not there."""
        with self._lock:
            found = self._targets.get(target)
        if found is None:
            found = target.bind(fit)  # a user's own code: not while other threads are kept waiting
        with self._lock:
            self._targets[target] = found
            self._targets.move_to_end(target)
            if len(self._targets) > MOST:
                self._targets.popitem(last=False)
        return found

    def _make_room(self) -> None:
        """Keep to the memory limit; a method that is in use elsewhere goes on with what it has."""
        if len(self._kept) >= MOST:
            self._kept.popitem(last=False)
        if self._shared is not None and self._bytes(self._shared) > allowed() // SHARE:
            dropped = ", ".join(str(method) for method, _ in self._kept)
            log.info("Fit: dropped %s to stay within the memory limit.", dropped)
            self._kept.clear()
            self._shared = None

    def _bytes(self, shared: Shared) -> int:
        """Memory that is held beside the rows and the rest of the objective."""
        known = {id(one) for one, _ in leaves(shared.objective)}
        everything = [shared, *self._kept.values()]
        return sum(size for one, size in leaves(everything) if id(one) not in known)


def prepared(method: Method, fit: Fitted) -> Influence:
    """A method at a fit, kept there for the next question.

    Raises :class:`InvalidChoice` for what is no method or no fit.
    """
    checked_method(method)
    checked_fit(fit)
    kept = getattr(fit, "prepared_methods", None)
    if kept is None or not _is_hashable(method):
        return method.prepare(fit.objective, fit.parameters)
    found: Influence = kept.get(method, fit)
    return found


def warn_unfinished(influence: Influence, stacklevel: int = 3) -> None:
    """Warn :class:`NotConverged` if answers of a method are only approximate, for the caller's caller."""
    if told := influence.unfinished():
        warnings.warn(told, NotConverged, stacklevel=stacklevel)


def bound(target: Target, fit: Fitted) -> Bound:
    """A target on a fit, kept there for the next question."""
    kept = getattr(fit, "prepared_methods", None)
    if kept is None or not target.is_value():
        return target.bind(fit)
    found: Bound = kept.bound(target, fit)
    return found


def _is_hashable(method: Method) -> bool:
    """Whether a method can be told from others by value; one with a solver of a user's own may not."""
    try:
        hash(method)
    except TypeError:
        return False
    return True
