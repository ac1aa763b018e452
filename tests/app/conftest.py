"""What tests of the server share."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def loaded() -> None:
    """The libraries, and the results of the first page."""
    from afif_explorer.app.components import toolkit
    from afif_explorer.app.server import serve

    serve.warm()
    toolkit.load()
