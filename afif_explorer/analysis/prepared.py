"""The methods that a fit was asked with, ready for the next question."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from afif_explorer.engine.influence.methods import Method, checked_method
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.runtime.memory import allowed, memory_limit
from afif_explorer.engine.targets.bound import Fitted, checked_fit
from afif_explorer.sizes import leaves

log = logging.getLogger(__name__)

SHARE = 2  # what a fit keeps is at most half of the memory limit


class PreparedMethods:
    """The methods of one fit with all that they have worked out, the most recently used ones.

    They share the fit's rows; what they hold beside those stays within half of the memory limit, but for
    the latest. Threads share them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Influence] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Influence]) -> Influence:
        """The method that is kept under ``key``, made if it is not there."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            self._kept.move_to_end(key)
            self._let_go()
            return self._kept[key]

    def _let_go(self) -> None:
        while len(self._kept) > 1 and self._bytes() > allowed() // SHARE:
            key, _ = self._kept.popitem(last=False)
            log.info("A fit let go of %s, to stay within the memory limit.", key)

    def _bytes(self) -> int:
        """Memory of all methods, without the rows and the rest of the objective."""
        several = list(self._kept.values())
        shared = {id(one) for one, _ in leaves(several[0].objective)}
        return sum(size for one, size in leaves(several) if id(one) not in shared)


def prepared(method: Method, fit: Fitted) -> Influence:
    """A method at a fit, kept there for the next question.

    Raises :class:`InvalidChoice` for what is no method or no fit.
    """
    checked_method(method)
    checked_fit(fit)

    def make() -> Influence:
        return method.prepare(fit.objective, fit.parameters)

    kept = getattr(fit, "prepared_methods", None)
    if kept is None or not _is_hashable(method):
        return make()
    found: Influence = kept.get((method, memory_limit.chosen), make)
    return found


def _is_hashable(method: Method) -> bool:
    """Whether a method can be told from others by value; one with a solver of a user's own may not."""
    try:
        hash(method)
    except TypeError:
        return False
    return True
