"""Starts the dashboard, alone or for a class, in a dedicated process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from afif_explorer.collector import lasting


def open_dashboard(*, port: int, address: str, show: bool, password_file: Path | None) -> None:
    """Serve until stopped; its imports are excluded from garbage collection."""
    with lasting():
        from afif_explorer import app

    app.serve(port=port, address=address, show=show, password_file=password_file)


def open_class(
    host: str, port: int, password_file: Path, password: str, lessons: Mapping[str, bytes]
) -> None:
    """Serve a class until stopped, likewise."""
    with lasting():
        from afif_explorer.app.classroom.serving import serve_class

    serve_class(host, port, password_file, password, lessons)
