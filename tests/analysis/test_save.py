"""``fit.save`` and ``load_fit``: the same fit, and a refusal of everything else."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import afif_explorer as ax
from afif_explorer.analysis.fits import folder as files
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.errors import DataError, InvalidChoice

draw = np.random.default_rng(3)
X, NEW = draw.normal(size=(80, 4)), draw.normal(size=(20, 4))
Y = np.arange(80) % 2


@pytest.fixture(scope="module")
def data() -> ax.Dataset:
    return ax.Dataset.from_arrays(X, Y, validation=0, test=0.25, name="own <b>")


@pytest.fixture
def saved(data: ax.Dataset, tmp_path: Path) -> Path:
    ax.fit(data).save(tmp_path / "fit")
    return tmp_path / "fit"


def check_same(found: Fit, fit: Fit) -> None:
    effects = [ax.attribute(one, ax.MeanLoss("test"), ax.AFIF(damping=0.1)) for one in (found, fit)]
    np.testing.assert_array_equal(*effects)
    np.testing.assert_array_equal(found.theta, fit.theta)
    assert found.theta.dtype == fit.theta.dtype
    for name in ("gradient_norm", "gradient_threshold", "converged", "metrics", "advice", "seed"):
        assert getattr(found, name) == getattr(fit, name)
    assert found.objective.penalty == fit.objective.penalty
    assert type(found.objective.loss) is type(fit.objective.loss)


@pytest.mark.parametrize(
    "penalty",
    [
        None,
        ax.Ridge(np.float64(0.1)),
        ax.Lasso(0.01),
        ax.ElasticNet(0.01, 0.3),
        ax.GroupLasso(0.01),
    ],
    ids=repr,
)
def test_effects_are_the_same_for_every_penalty(data, penalty, tmp_path):
    fit = ax.fit(data, penalty=penalty)
    fit.save(tmp_path)
    check_same(ax.load_fit(tmp_path, data), fit)


@pytest.mark.parametrize(
    ("model", "y"),
    [("linear", X[:, 0]), ("softmax", np.arange(80) % 3), ("poisson", np.arange(80) % 12)],
)
def test_effects_are_the_same_for_every_linear_model(model, y, tmp_path):
    data = ax.Dataset.from_arrays(X, y)
    fit = ax.fit(data, model, ax.Ridge(0.1))
    fit.save(tmp_path)
    check_same(ax.load_fit(str(tmp_path), data), fit)


def test_effects_of_a_perceptron_are_the_same(data, tmp_path):
    fit = ax.fit(data, "mlp", ax.Ridge(0.1), seed=4, hidden=(3, 2))
    fit.save(tmp_path)
    check_same(ax.load_fit(tmp_path, data), fit)


def net(activation: type[nn.Module] = nn.Tanh, width: int = 3) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, width), activation(), nn.Linear(width, 2))


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_an_own_module_with_own_rows(precision, tmp_path):
    rows = {"train": (X.astype(precision), X[:, 0] > 0), "test": (NEW.astype(precision), Y[:20])}
    objective = ax.Objective(net(), "categorical", ax.Ridge(0.01), *rows["train"])
    fit = ax.fit_objective(objective, test=rows["test"])
    fit.save(tmp_path)
    check_same(ax.load_fit(tmp_path, rows, net()), fit)
    for other in (net(nn.Sigmoid), net(width=2)):
        with pytest.raises(InvalidChoice, match="not the module of the saved fit"):
            ax.load_fit(tmp_path, rows, other)
    with pytest.raises(InvalidChoice, match="pass such a module as module="):
        ax.load_fit(tmp_path, rows)
    for wrong in ({"train": rows["train"]}, rows | {"test": (NEW.astype(precision), 1 - Y[:20])}):
        with pytest.raises(DataError, match="not the data that the fit was trained on"):
            ax.load_fit(tmp_path, wrong, net())
    for shape in ({"test": rows["test"]}, {"train": X}, rows | {"more": rows["test"]}):
        with pytest.raises(DataError, match="must map"):
            ax.load_fit(tmp_path, shape, net())


def test_an_own_module_with_a_data_set(data, tmp_path):
    fit = ax.fit(data, net(), ax.Ridge(0.2), penalised=["0.weight"], max_steps=5)
    fit.save(tmp_path)
    found = ax.load_fit(tmp_path, data, net())
    assert torch.equal(found.objective.penalised, fit.objective.penalised)
    np.testing.assert_array_equal(found.predict(NEW), fit.predict(NEW))


def test_other_data_are_refused(saved, data):
    moved = ax.Dataset.from_arrays(X + 1e-9 * draw.normal(size=(80, 1)), Y, validation=0, test=0.25)
    for other in (moved, ax.load_dataset("hiring")):
        with pytest.raises(DataError, match=r"the data that the fit was trained on .'own <b>', 60"):
            ax.load_fit(saved, other)
    with pytest.raises(InvalidChoice, match="again as data="):
        ax.load_fit(saved)
    with pytest.raises(DataError, match="trained on a Dataset, not on dict"):
        ax.load_fit(saved, {"train": (X, Y)})
    with pytest.raises(InvalidChoice, match="leave out module="):
        ax.load_fit(saved, data, net())


def edit(folder: Path, **changes: object) -> None:
    about = json.loads((folder / files.ABOUT).read_text())
    (folder / files.ABOUT).write_text(json.dumps(about | changes))


def test_damaged_files_are_refused(saved, data):
    original = (saved / files.ABOUT).read_text()
    edit(saved, penalty={"name": "Ridge", "strength": 1.0})
    with pytest.raises(DataError, match="was changed after it was saved"):
        ax.load_fit(saved, data)
    edit(saved, version=2)
    with pytest.raises(DataError, match="format version 2, and this release reads version 1"):
        ax.load_fit(saved, data)
    edit(saved, format="other")
    with pytest.raises(DataError, match="does not describe a fit"):
        ax.load_fit(saved, data)
    (saved / files.ABOUT).write_text("[" * 100_000)
    with pytest.raises(DataError, match="is not JSON"):
        ax.load_fit(saved, data)
    (saved / files.ABOUT).write_text(original)
    packed = bytearray((saved / files.ARRAYS).read_bytes())
    packed[len(packed) // 2] ^= 1
    (saved / files.ARRAYS).write_bytes(packed)
    with pytest.raises(DataError, match="was changed after it was saved"):
        ax.load_fit(saved, data)
    (saved / files.ARRAYS).unlink()
    with pytest.raises(DataError, match="no saved fit in"):
        ax.load_fit(saved, data)


def test_a_pickle_with_a_right_checksum_is_refused(tmp_path, data):
    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    (tmp_path / files.ARRAYS).write_bytes(pickle.dumps(Evil()))
    content = {
        "format": files.FORMAT,
        "version": files.VERSION,
        "arrays": files._digest((tmp_path / files.ARRAYS).read_bytes()),
    }
    content["checksum"] = files._checksum(content)
    (tmp_path / files.ABOUT).write_text(json.dumps(content))
    with pytest.raises(DataError, match="cannot be read"):
        ax.load_fit(tmp_path, data)
    assert not (tmp_path / "ran").exists()


def test_what_cannot_be_saved_is_refused(saved, data, tmp_path):
    class Own(ax.Gaussian):
        pass

    fit = ax.fit_objective(ax.Objective(ax.LinearMap(4), Own(), None, X, X[:, 0]))
    with pytest.raises(InvalidChoice, match="A loss of type Own cannot be saved"):
        fit.save(tmp_path / "new")
    assert not (tmp_path / "new").exists()
    with pytest.raises(DataError, match=r"There is a fit in .* already"):
        ax.fit(data).save(saved)
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        ax.fit(data).save(tmp_path / "file")


def test_own_sparse_rows(tmp_path):
    from scipy.sparse import csr_array

    rows = {"train": (csr_array(X * (X > 0)), Y), "test": (csr_array(NEW), Y[:20])}
    fit = ax.fit_objective(
        ax.Objective(ax.LinearMap(4), "bernoulli", ax.Ridge(0.1), *rows["train"]), test=rows["test"]
    )
    fit.save(tmp_path)
    check_same(ax.load_fit(tmp_path, rows), fit)
    assert torch.equal(ax.load_fit(tmp_path, rows).objective.penalised, fit.objective.penalised)


def test_a_data_set_of_the_catalogue_is_loaded_by_its_name(tmp_path):
    fit = ax.fit(ax.load_dataset("hiring"))
    fit.save(tmp_path / "default")
    found = ax.load_fit(tmp_path / "default")
    np.testing.assert_array_equal(found.theta, fit.theta)
    assert found.data.digest == fit.data.digest
    other = ax.fit(ax.load_dataset("hiring", seed=3))
    other.save(tmp_path / "seed")
    with pytest.raises(InvalidChoice, match="pass those of 'hiring', 1400 training rows"):
        ax.load_fit(tmp_path / "seed")


def test_a_language_model_keeps_its_loss(tmp_path):
    torch.manual_seed(0)
    module = nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 5))
    tokens = np.arange(40).reshape(10, 4) % 5
    loss = ax.TokenCategorical(5, "mean", ignore_index=0)
    fit = ax.from_trained(module, tokens, np.roll(tokens, 1), loss, ax.Ridge(0.1))
    fit.save(tmp_path)
    found = ax.load_fit(tmp_path, {"train": (tokens, np.roll(tokens, 1))}, module).objective.loss
    assert (found.classes, found.reduction, found.ignore_index) == (5, "mean", 0)
