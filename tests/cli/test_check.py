"""``afif-explorer check``: passes here, and fails if estimates and refits disagree."""

from __future__ import annotations

import dataclasses

import pytest

from afif_explorer.cli import check, main


def test_this_installation_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "PASS"
    assert sum(line.endswith("pass") for line in lines) == len(check.CASES)


GOOD = check.Finding(pearson=0.999, slope=1.0, gradient_norm=1e-9)


@pytest.mark.parametrize(
    "change", [{"pearson": 0.99}, {"pearson": None}, {"slope": 1.2}, {"slope": -1.0}]
)
def test_disagreement_fails(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, float | None],
) -> None:
    found = iter([GOOD, dataclasses.replace(GOOD, **change), GOOD])
    monkeypatch.setattr(check, "compare", lambda dataset, target: next(found))
    assert main(["check"]) == 1
    assert "FAIL" in capsys.readouterr().out.splitlines()[-1]
