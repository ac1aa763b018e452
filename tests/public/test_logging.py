"""Logging: the selected solver with its reason, and evictions of caches; silent by default."""

from __future__ import annotations

import logging

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer.cache import Cache, digest

draw = np.random.default_rng(0)
X = draw.normal(size=(40, 60))


def wide_fit() -> ax.Fit:
    objective = ax.Objective(ax.LinearMap(60), "gaussian", ax.Ridge(1e-2), X, X[:, 0])
    return ax.fit_objective(objective, test=(X[:10], X[:10, 0]))


def test_the_chosen_solver_is_logged_once_with_the_reason(caplog: pytest.LogCaptureFixture) -> None:
    fit, targets = wide_fit(), [ax.PointLoss("test", i) for i in range(3)]
    with caplog.at_level(logging.INFO, logger="afif_explorer"):
        ax.attribute(fit, targets)
        ax.attribute(fit, targets)
    (record,) = [one for one in caplog.records if one.name == "afif_explorer.engine.solvers.auto"]
    plan = ax.AFIF().plan(fit, columns=3)
    assert record.levelno == logging.INFO
    assert all(words in record.getMessage() for words in (plan.name, " 3 ", plan.why))


def test_what_the_cache_drops_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    cache, keys = Cache(1000), [("effects", digest(number)) for number in range(3)]
    with caplog.at_level(logging.INFO, logger="afif_explorer"):
        for key in keys:
            cache.get(key, lambda: np.zeros(100))
    assert [key in cache for key in keys] == [False, False, True]
    told = [one.getMessage() for one in caplog.records if one.name == "afif_explorer.cache"]
    assert len(told) == 2
    assert all("effects" in text and "1000 bytes" in text for text in told)


def test_what_a_fit_drops_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    fit, target = wide_fit(), ax.MeanLoss("test")
    with ax.memory_limit("1 MB"), caplog.at_level(logging.INFO, logger="afif_explorer"):
        for damping in np.geomspace(1e-3, 1, 40):
            ax.attribute(fit, target, ax.AFIF(solver=ax.Cholesky(), damping=float(damping)))
    told = [one for one in caplog.records if one.name == "afif_explorer.analysis.fits.prepared"]
    assert told
    assert "damping=0.001" in told[0].getMessage()


def test_nothing_is_printed_unless_the_user_asks(capfd: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger("afif_explorer")
    assert any(isinstance(one, logging.NullHandler) for one in root.handlers)
    assert root.level == logging.NOTSET
    ax.attribute(wide_fit(), ax.MeanLoss("test"))
    assert capfd.readouterr() == ("", "")
