"""The dashboard: :func:`serve` opens it in a browser."""

from afif_explorer.app.server.serve import serve

__all__ = ["serve"]
