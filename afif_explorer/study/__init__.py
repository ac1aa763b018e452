"""From choices to results: real computations, no interface, every stage remembered.

Each function takes a :class:`~afif_explorer.spec.Spec` and returns a value of
:mod:`afif_explorer.results`; stages are cached by the part of the spec that they depend on.
"""

from afif_explorer.study.keys import key

__all__ = ["key"]
