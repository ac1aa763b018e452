"""The code of the how-to pages runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.helpers.files import ROOT

PAGES = sorted((ROOT / "docs" / "howto").glob("*.md"))
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("page", [page for page in PAGES if CODE.search(page.read_text())])
def test_the_code_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    table = {"age": range(20, 60), "outcome": ["yes", "no"] * 20}
    pd.DataFrame(table).to_csv("applicants.csv", index=False)
    space: dict[str, Any] = {}
    for code in CODE.findall(page.read_text(encoding="utf-8")):
        exec(code, space)
