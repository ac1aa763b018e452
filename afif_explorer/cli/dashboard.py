"""The dashboard in a process that does nothing else."""

from __future__ import annotations

from pathlib import Path

from afif_explorer.collector import lasting


def open_dashboard(*, port: int, address: str, show: bool, password_file: Path | None) -> None:
    """Serve until stopped; what is imported for it lasts as long as the process."""
    with lasting():
        from afif_explorer import app

    app.serve(port=port, address=address, show=show, password_file=password_file)
