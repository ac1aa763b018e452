"""The choices, the results and the selection of one session, without any interface toolkit."""

from afif_explorer.state.explorer import Explorer
from afif_explorer.state.work import Status

__all__ = ["Explorer", "Status"]
