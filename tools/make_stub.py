"""Write ``afif_explorer/__init__.pyi``, which declares every public name for editors and type checkers.

The package itself imports names lazily, which they cannot follow. Run
``python tools/make_stub.py`` after a change of the table in ``afif_explorer/__init__.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import afif_explorer

STUB = Path(afif_explorer.__file__).with_suffix(".pyi")
WIDTH = 100
HEAD = '"""The public names of the package. Written by tools/make_stub.py."""'


def stub() -> str:
    """The text of the stub file."""
    homes = {"afif_explorer": afif_explorer._SUBPACKAGES, **afif_explorer._HOMES}
    lines = {(home, ""): _import(home, names) for home, names in homes.items()}
    for name, (home, there) in afif_explorer._RENAMED.items():
        lines[home, name] = f"from {home} import {there} as {name}"
    imports = "\n".join(text for _, text in sorted(lines.items()))
    public = "\n".join(f'    "{name}",' for name in _ordered(afif_explorer.__all__, str))
    return f"{HEAD}\n\n{imports}\n\n__version__: str\n__all__ = [\n{public}\n]\n"


def _import(home: str, names: Iterable[str]) -> str:
    ordered = _ordered(names, str.lower)
    line = f"from {home} import {', '.join(ordered)}"
    if len(line) <= WIDTH:
        return line
    return f"from {home} import (\n" + "".join(f"    {name},\n" for name in ordered) + ")"


def _ordered(names: Iterable[str], key: Callable[[str], str]) -> list[str]:
    """Constants, then classes, then the rest, each by ``key``, as the linter orders them."""
    return sorted(names, key=lambda name: (not name.isupper(), name[0].islower(), key(name)))


if __name__ == "__main__":
    STUB.write_text(stub(), encoding="utf-8")
