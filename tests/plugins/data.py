"""The folder with the original data: ``AFIF_DATA_HOME``, the shared copy, or a fresh download."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from afif_explorer import datasets
from afif_explorer.datasets.catalogue import originals
from afif_explorer.errors import DownloadError

_NEEDED = ("adult", "crime", "insurance")
_BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.fixture(scope="session", autouse=True)
def shared_copy() -> None:
    """Use the copy beside the checkout where no folder is named, in every process that a test starts."""
    if originals.home_folder() is None and _BESIDE_THE_CHECKOUT.is_dir():
        os.environ[originals.HOME_VARIABLE] = str(_BESIDE_THE_CHECKOUT)


@pytest.fixture(scope="session")
def tables(shared_copy: None) -> Path:
    """A folder with published tables, or a skip: they are not part of the project."""
    home = originals.home_folder()
    if home is None or not (home / "tables").is_dir():
        pytest.skip("the published tables are not on this machine")
    return home / "tables"


@pytest.fixture(scope="session")
def data_home(shared_copy: None) -> Path:
    """A folder with the original data, or a skip that says why there is none."""
    try:
        for name in _NEEDED:
            datasets.load(name)
    except DownloadError as error:
        pytest.skip(f"the original data are not to be had: {error}")
    return originals.home_folder() or datasets.cache_folder()
