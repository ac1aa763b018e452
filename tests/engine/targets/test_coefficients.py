"""A coefficient as a target: its effects are those of the refitted parameters."""

from __future__ import annotations

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer.analysis.fits.fitting import Fit


@pytest.fixture(scope="module")
def diabetes() -> Fit:
    return ax.fit(ax.load_dataset("diabetes"), model="linear", penalty=ax.Ridge(1e-2))


def test_effects_on_least_squares_are_those_of_refits(diabetes: Fit) -> None:
    targets = [ax.Coefficient("body mass index"), ax.Coefficient("intercept"), ax.Coefficient(0)]
    rows = np.arange(8)
    truth = ax.retrain_each(diabetes, diabetes.ids[rows], targets)
    found = ax.attribute(diabetes, targets, ax.NewtonStep())[rows]
    np.testing.assert_allclose(found, truth.effects, rtol=1e-7, atol=1e-12)
    places = [diabetes.data.feature_names.index("body mass index"), -1, 0]
    np.testing.assert_allclose(
        truth.effects, (truth.theta - diabetes.theta[:, None])[places].T, rtol=1e-12, atol=1e-15
    )


def test_there_is_no_second_order_term(diabetes: Fit) -> None:
    target = ax.Coefficient("body mass index")
    first, second = (ax.attribute(diabetes, target, order=order) for order in (1, 2))
    np.testing.assert_array_equal(first, second)
    network = ax.fit(ax.load_dataset("hiring"), model="mlp", hidden=(3,), penalty=ax.Ridge(1e-2))
    first, second = (ax.attribute(network, ax.Coefficient(5), order=order) for order in (1, 2))
    np.testing.assert_allclose(first, second, rtol=1e-12)


def test_several_outputs_have_a_name_each() -> None:
    data = ax.load_dataset("digits")
    fit = ax.fit(data, penalty=ax.Ridge(1e-1), max_steps=2)
    bound = ax.Coefficient(f"{data.classes[3]}: intercept").bind(fit)
    assert bound.value(fit.parameters) == fit.theta[-7]
    assert bound.gradient().nonzero().flatten().tolist() == [len(fit.theta) - 7]


@pytest.mark.parametrize("name", ["BMI", -1, 10, 1.5, True], ids=repr)
def test_what_is_no_coefficient_is_told(diabetes: Fit, name: object) -> None:
    with pytest.raises(ax.InvalidChoice, match="There is no coefficient"):
        ax.attribute(diabetes, ax.Coefficient(name))
    with pytest.raises(ax.InvalidChoice, match="no function of the model's outputs"):
        ax.Coefficient(0).function(diabetes, diabetes.sample("test"))
