"""The settings, results and selection of one session, independent of any user interface toolkit."""

from afif_explorer.state.explorer import Explorer
from afif_explorer.state.work import Status

__all__ = ["Explorer", "Status"]
