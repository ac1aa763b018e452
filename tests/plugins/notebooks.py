"""Runs a notebook from end to end, in a kernel that can reach only this machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 240  # for one cell, on a machine that is busy with other tests

# The kernel itself needs sockets to talk to this process, so they stay; the rest is refused.
OFFLINE = """
import socket as _socket

def _local_only(connect):
    def guarded(self, address, *rest):
        host = address[0] if isinstance(address, tuple) else "localhost"
        if host not in ("localhost", "127.0.0.1", "::1"):
            raise OSError(f"a notebook tried to reach {host}")
        return connect(self, address, *rest)
    return guarded

_socket.socket.connect = _local_only(_socket.socket.connect)
_socket.socket.connect_ex = _local_only(_socket.socket.connect_ex)
_socket.getaddrinfo = lambda host, *rest, **more: (_ for _ in ()).throw(
    OSError(f"a notebook looked up {host}")
)
"""

Run = Callable[[Any], Any]


@pytest.fixture
def run_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a notebook offline, and hand it back with its output and the state of its widgets."""
    import nbformat
    from nbclient import NotebookClient

    path = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *([path] if path else [])]))

    def run(notebook: Any) -> Any:
        guard = nbformat.v4.new_code_cell(OFFLINE)
        notebook.cells.insert(0, guard)
        resources = {"metadata": {"path": str(tmp_path)}}
        NotebookClient(notebook, timeout=SECONDS, resources=resources).execute()
        return notebook

    return run
