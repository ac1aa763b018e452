"""The explorer and the lessons in JupyterLab: ipywidgets and plotly, nothing else.

A cell that ends with an :class:`~afif_explorer.state.Explorer` shows it: ``ax.Explorer`` registers
``install`` with the IPython that is running. ``show`` does the same by hand, always light or dark if
you like.
"""

from afif_explorer.notebook.chart import chart
from afif_explorer.notebook.pieces import controls, figure, table
from afif_explorer.notebook.scenes import scene
from afif_explorer.notebook.view import ExplorerView, install, show

__all__ = ["ExplorerView", "chart", "controls", "figure", "install", "scene", "show", "table"]
