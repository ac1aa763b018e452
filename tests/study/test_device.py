"""All results of the explorer on another device: the same values.

The device is pretended (:mod:`tests.helpers.pretend_device`), and the choice of it is that of a user.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from afif_explorer import study
from afif_explorer.spec import Spec
from tests.helpers.pretend_device import DEVICE, There, pretended

HIRING = Spec(dataset="hiring", target="demographic_parity", strength=1e-2, count=20)
ROWS = 150  # of a data set, where hundreds of refits are compared
DIABETES = Spec(dataset="diabetes", strength=1e-2)
SPECS = {
    "logistic": HIRING,
    "logistic by LiSSA": HIRING.replace(solver="lissa", damping=1e-2, target="equal_opportunity"),
    "conjugate gradients": HIRING.replace(solver="conjugate_gradient", target="equalized_odds"),
    "Newton steps": HIRING.replace(method="newton_step", target="point_loss", row=3),
    "leverage correction": HIRING.replace(
        method="infinitesimal_jackknife", leverage_correction=True, rule="random"
    ),
    "least squares": DIABETES.replace(target="group_loss"),
    "lasso": DIABETES.replace(penalty="lasso", strength=1e-1, rule="harmful"),
    "group lasso": HIRING.replace(penalty="group_lasso", strength=1e-2),
    "network": HIRING.replace(
        model="mlp", hidden=2, strength=3e-2, damping=1e-2, target="prediction", row=1
    ),
}
SLOW = (SPECS["lasso"], SPECS["group lasso"], SPECS["network"])
REFITTING = ("cross_validation", "unlearning", "verify")
RESULTS: dict[str, Callable[[Spec], Any]] = {
    "train": study.train,
    "points": study.points,
    "agreement": study.agreement,
    "lissa": lambda spec: study.lissa(spec, run=True),
    "cross_validation": study.cross_validation,
    "unlearning": study.unlearning,
    "verify": study.verify,
}
RELATIVE = (
    "residual",
    "error",
    "gap",
    "off",
)  # ratios to something of size 1; rounding leaves this much
ROUNDING = 1e-12
OWN = ("seconds", "flops", "gradient_norm", "device")  # what no device has in common with another


@cache
def few(name: str) -> str:
    """A part of a data set's rows."""
    data = ax.load_dataset(name)
    frame = data.train.frame.head(ROWS)
    return study.add_dataset(
        ax.Dataset.from_frame(
            frame, target=data.target, sensitive=list(data.sensitive), title="Few"
        )
    )


@pytest.mark.parametrize("result", RESULTS)
@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_every_result_is_the_same(spec: Spec, result: str) -> None:
    ask = RESULTS[result]
    if spec in SLOW and result in REFITTING:
        spec = spec.replace(dataset=few(spec.dataset))
    try:
        expected = ask(spec)
    except ax.AfifError as error:
        with pytest.raises(type(error)), pretended(), ax.use_device(DEVICE):
            ask(spec)
        return
    with pretended(), ax.use_device(DEVICE):
        found = ask(spec)
        assert isinstance(study.fit(spec).objective.X, There)
    assert_alike(found, expected, result)


def assert_alike(found: Any, expected: Any, where: str) -> None:
    """The same, number by number, whatever they are in."""
    assert type(found) is type(expected), where
    if dataclasses.is_dataclass(expected):
        for field in dataclasses.fields(expected):
            if not any(word in field.name for word in OWN):
                values = (getattr(one, field.name) for one in (found, expected))
                assert_alike(*values, f"{where}.{field.name}")
    elif isinstance(expected, Mapping):
        assert list(found) == list(expected), where
        for name, value in expected.items():
            assert_alike(found[name], value, f"{where}[{name!r}]")
    elif isinstance(expected, pd.DataFrame):
        assert_alike(found.to_dict("list"), expected.to_dict("list"), where)
    elif isinstance(expected, np.ndarray) and expected.dtype == object:
        assert_alike(found.tolist(), expected.tolist(), where)
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected), where
        for place, value in enumerate(expected):
            assert_alike(found[place], value, f"{where}[{place}]")
    elif isinstance(expected, float) or getattr(expected, "dtype", None) == np.float64:
        size = float(np.nanmax(np.abs(expected), initial=0.0)) if np.size(expected) else 0.0
        floor = ROUNDING if where.endswith(RELATIVE) else 1e-7 * size
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=floor, err_msg=where)
    else:
        np.testing.assert_array_equal(found, expected, err_msg=where)
