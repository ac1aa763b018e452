"""Data sets: the catalogue, the user's own tables, and the matrices that models are fitted to.

>>> from afif_explorer import datasets
>>> data = datasets.load("hiring")
>>> data.train.X.shape
(1400, 12)
"""

from __future__ import annotations

from afif_explorer.datasets.catalogue.index import describe, load, names
from afif_explorer.datasets.catalogue.originals import cache_folder
from afif_explorer.datasets.dataset import Dataset
from afif_explorer.datasets.reading.table import Table, read_table
from afif_explorer.datasets.split import Split

__all__ = ["Dataset", "Split", "Table", "cache_folder", "describe", "load", "names", "read_table"]
