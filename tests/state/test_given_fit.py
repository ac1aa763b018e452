"""An explorer on a fit of any model, data and loss: the public functions' numbers, and nothing to choose."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import afif_explorer as ax
from afif_explorer.choices.views import VIEWS
from afif_explorer.errors import InvalidChoice
from afif_explorer.screens.given import about_given
from afif_explorer.spec import Spec
from afif_explorer.state import Explorer
from afif_explorer.state.options import OF_A_FIT
from afif_explorer.state.relevance import relevant

WAIT = 120


def expectile(f: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    error = y - f[:, 0]
    return torch.where(error > 0, 0.8, 0.2) * error**2


def own_module() -> ax.Fit:
    data = ax.load_dataset("hiring")
    return ax.fit(data, model=torch.nn.Linear(data.d, 1))


def checkpoint() -> ax.Fit:
    """A convolutional network, trained elsewhere, of images without names, with groups."""
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    X, y = torch.randn(60, 1, 5, 5, generator=generator), torch.arange(60) % 3
    layers = torch.nn.Conv2d(1, 2, 3), torch.nn.Tanh(), torch.nn.Flatten(), torch.nn.Linear(18, 3)
    sensitive = {"train": np.array(["a", "b"] * 30), "test": np.array(["a", "b"] * 10)}
    return ax.from_trained(
        torch.nn.Sequential(*layers), X, y, "categorical", ax.Ridge(0.5), test=(X[:20], y[:20]),
        sensitive=sensitive,
    )  # fmt: skip


def own_loss() -> ax.Fit:
    X = torch.linspace(-1, 1, 40, dtype=torch.float64)[:, None]
    objective = ax.Objective(ax.LinearMap(1), expectile, ax.Ridge(1e-3), X, torch.sin(5 * X[:, 0]))
    return ax.fit_objective(objective)


def several_outputs() -> ax.Fit:
    X = torch.randn(50, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    objective = ax.Objective(ax.LinearMap(3, 2), "gaussian", ax.Lasso(1e-2), X, X[:, :2].sin())
    return ax.fit_objective(objective)


FITS = (own_module, checkpoint, own_loss, several_outputs)


@pytest.mark.filterwarnings(
    "ignore::afif_explorer.errors.NotAtMinimum"
)  # the network is not trained
@pytest.mark.parametrize("make_fit", FITS, ids=lambda make: make.__name__)
def test_every_view_shows_the_numbers_of_the_public_functions(make_fit):
    fit = make_fit()
    explorer = Explorer(fit=fit)
    try:
        assert explorer.await_idle(WAIT)
        assert explorer.points is not None, explorer.status.message
        assert explorer.status.message == ""
        split = explorer.split
        assert split == ("test" if "test" in fit.samples else "train")
        effects = ax.attribute(fit, ax.MeanLoss(split))
        assert explorer.points.ids.tolist() == fit.ids.tolist()
        np.testing.assert_allclose(explorer.points.effect, np.asarray(effects), rtol=1e-9)
        for view in VIEWS:
            explorer.param.update(view=view, damping=1.0)  # whatever the Hessian is
            assert explorer.await_idle(WAIT)
            assert explorer.status.kind in ("done", "failed")
            absent = "lissa" if view == "lissa" and not fit.objective.smooth else ""
            if view in ("unlearning", "agreement", "lissa", "cross_validation") and view != absent:
                assert getattr(explorer, view) is not None, explorer.status.message
    finally:
        explorer.close()


def test_what_the_fit_has_decided_is_not_offered():
    explorer = Explorer(fit=own_module())
    try:
        assert explorer.await_idle(WAIT)
        assert not relevant(explorer) & {*OF_A_FIT, "seed"}
        assert "is explored as it is" in about_given(explorer)
        assert "# fit: the fit that the explorer was given" in explorer.as_python()
        explorer.dataset = "breast_cancer"
        assert explorer.await_idle(WAIT)
        assert relevant(explorer) >= {"model", "penalty", "strength"}
        assert about_given(explorer) == ""
    finally:
        explorer.close()


def test_classes_without_names_are_not_offered_as_names():
    explorer = Explorer(fit=checkpoint(), target="demographic_parity")
    try:
        assert explorer.await_idle(WAIT)
        assert explorer.points is not None, explorer.status.message
        assert explorer.offered["favourable"] == {}
        gap = ax.DemographicParityDifference("group", split="test")
        assert explorer.points.target_value == pytest.approx(
            gap.bind(checkpoint()).value(checkpoint().parameters)
        )
    finally:
        explorer.close()


def test_a_link_to_a_fit_that_is_gone_says_so():
    explorer = Explorer("fit-" + "0" * 32)
    assert explorer.await_idle(WAIT)
    assert explorer.status.kind == "failed"
    assert "a link or a saved state cannot carry it" in explorer.status.message
    explorer.close()


def test_a_fit_leaves_nothing_else_to_choose():
    fit = own_loss()
    with pytest.raises(InvalidChoice, match="'strength' belongs to the fit"):
        Explorer(fit=fit, strength=0.1)
    with pytest.raises(InvalidChoice, match="one of dataset and fit"):
        Explorer("hiring", fit=fit)
    with pytest.raises(InvalidChoice, match="Expected a Fit, got str"):
        Explorer(fit="hiring")
    link = Spec.from_query({"dataset": "fit-" + "a" * 32, "model": "mlp"})
    assert link[1] == ()
