"""The rate at which the error of one predicted removal decreases with n; the full table is a benchmark."""

from __future__ import annotations

import json

import pytest

from benchmarks import accuracy_rates
from benchmarks.rates_figure import DATA, figure

RATES = {("logistic", "Fisher"): (-2.2, -1.8), ("logistic", "Hessian"): (-2.2, -1.8)}
CURVED = {("bounded", "Fisher"): (-1.75, -1.4), ("bounded", "Hessian"): (-2.3, -1.8)}


def test_errors_fall_at_the_rates_of_theory(monkeypatch) -> None:
    monkeypatch.setattr(accuracy_rates, "SIZES", (200, 800, 3200))
    for make in (accuracy_rates.logistic, accuracy_rates.bounded):
        _, slopes = accuracy_rates.rates(make, repeats=5)
        for (model, curvature), (low, high) in (RATES | CURVED).items():
            if model == make.__name__:
                assert low <= slopes[curvature] <= high, (model, curvature)


@pytest.mark.parametrize(("where", "range_"), (RATES | CURVED).items())
def test_the_figure_of_the_documents_shows_them(where, range_) -> None:
    found = json.loads(DATA.read_text(encoding="utf-8"))
    model, curvature = where
    assert range_[0] <= found["models"][model][curvature]["slope"] <= range_[1]
    assert len(figure(found).data) == 4
