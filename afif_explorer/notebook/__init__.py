"""The explorer and the lessons in JupyterLab: ipywidgets and plotly, nothing else."""

from afif_explorer.notebook.chart import chart

__all__ = ["chart"]
