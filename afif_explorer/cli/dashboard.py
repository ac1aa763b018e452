"""Starts the dashboard in a dedicated process."""

from __future__ import annotations

from pathlib import Path

from afif_explorer.collector import lasting


def open_dashboard(*, port: int, address: str, show: bool, password_file: Path | None) -> None:
    """Serve until stopped; its imports are excluded from garbage collection."""
    with lasting():
        from afif_explorer import app

    app.serve(port=port, address=address, show=show, password_file=password_file)
