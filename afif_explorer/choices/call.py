"""A call of a public name, declared once: the object that it creates, and its Python code."""

from __future__ import annotations

from typing import Any


class Call:
    """``ax.<name>(*args, **settings)``; arguments may be calls themselves.

    >>> call = Call("AFIF", solver=Call("Cholesky"), damping=0.5)
    >>> call.code
    'ax.AFIF(solver=ax.Cholesky(), damping=0.5)'
    >>> call.make().damping
    0.5
    """

    def __init__(self, name: str, /, *args: Any, **settings: Any) -> None:
        self.name, self.args, self.settings = name, args, settings

    @property
    def code(self) -> str:
        """Python code; values from the data appear as quoted literals."""
        args = [_code(value) for value in self.args]
        args += [f"{name}={_code(value)}" for name, value in self.settings.items()]
        return f"ax.{self.name}({', '.join(args)})"

    def make(self) -> Any:
        """The object that the call creates."""
        args = [_made(value) for value in self.args]
        settings = {name: _made(value) for name, value in self.settings.items()}
        return public(self.name)(*args, **settings)


def public(name: str) -> Any:
    """The public object of that name, imported when first used."""
    import afif_explorer

    return getattr(afif_explorer, name)


def _code(value: Any) -> str:
    return value.code if isinstance(value, Call) else repr(value)


def _made(value: Any) -> Any:
    return value.make() if isinstance(value, Call) else value
