"""Rows of every kind: memory maps, integers, several inputs, data sets and loaders of torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
)

import afif_explorer as ax
from afif_explorer.engine.models import labelled as reading
from tests.analysis.test_edge_cases import one_sentence

draw = np.random.default_rng(6)
X, Y = draw.normal(size=(20, 3)), draw.normal(size=20)
TOKENS, CLASSES = draw.integers(0, 7, size=(20, 4)), draw.integers(0, 2, size=20)


def net(width: int = 3) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(width, 2), nn.Tanh(), nn.Linear(2, 1))


class Words(nn.Module):
    """Takes token ids by name, and fails for anything but integers."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.table, self.head = nn.Embedding(7, 3), nn.Linear(3, 2)

    def forward(self, input_ids: Tensor) -> dict[str, Tensor]:
        return {"logits": self.head(torch.tanh(self.table(input_ids)).mean(1))}


def losses(*rows, module=None, loss="gaussian") -> Tensor:
    objective = ax.Objective(module or net(), loss, None, *rows)
    return objective.at(objective.vector(objective.model.initial(0))).losses()


@pytest.mark.parametrize("kind", ["<f4", "<f8", ">f8", "<f2", "u1", "<u2", "<i4"])
def test_a_read_only_memory_map_is_used_where_it_is(kind: str, tmp_path) -> None:
    """Native numbers are not copied, whatever their precision; a module takes a block at a time."""
    values = np.abs(10 * draw.normal(size=(20, 3, 2))).astype(kind)
    np.save(tmp_path / "rows.npy", values)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    module = nn.Sequential(nn.Flatten(), nn.Softplus(), nn.Linear(6, 1))
    objective = ax.Objective(module, "gaussian", None, mapped, Y)
    stored = objective.X if isinstance(objective.X, Tensor) else objective.X.parts[0]
    shared = stored.data_ptr() == mapped.__array_interface__["data"][0]
    assert shared is (not kind.startswith(">"))
    assert objective.dtype == (torch.float32 if kind == "<f4" else torch.float64)
    np.testing.assert_allclose(
        objective.at(objective.vector(objective.model.initial(0))).losses(),
        losses(values.astype(np.float64), Y, module=module),
        rtol=1e-4 if kind == "<f4" else 1e-10,
    )


def test_a_module_that_writes_to_its_inputs_does_not_write_to_the_rows(tmp_path) -> None:
    np.save(tmp_path / "rows.npy", X)
    mapped, own = np.load(tmp_path / "rows.npy", mmap_mode="r"), torch.tensor(X)
    module = nn.Sequential(nn.ReLU(inplace=True), net())
    wanted = losses(X.clip(min=0), Y, module=net())
    for rows in (mapped, own, {"input": own}):
        torch.testing.assert_close(losses(rows, Y, module=module), wanted)
    assert torch.equal(own, torch.tensor(X))


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8, bool])
def test_integers_are_numbers_for_a_module_that_takes_no_others(kind: type) -> None:
    rows = np.abs(TOKENS).astype(kind)
    flat = nn.Sequential(nn.Flatten(), nn.Linear(4, 1))
    for module in (net(4), nn.Linear(4, 1), flat):
        torch.testing.assert_close(
            losses(rows, Y, module=module), losses(rows.astype(float), Y, module=module)
        )


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8, np.uint16])
def test_token_ids_stay_integers(kind: type) -> None:
    rows = TOKENS.astype(kind)
    fit = ax.fit_objective(
        ax.Objective(Words(), "categorical", ax.Ridge(0.1), {"input_ids": rows}, CLASSES),
        test=({"input_ids": TOKENS}, CLASSES),
    )
    own = torch.softmax(fit.to_module()(torch.tensor(TOKENS))["logits"], 1).detach()
    np.testing.assert_allclose(fit.predict({"input_ids": rows}), own, rtol=1e-9)
    np.testing.assert_allclose(
        fit.sample("test").X.parts["input_ids"], fit.objective.X.parts["input_ids"].long()
    )
    with pytest.raises(ax.DataError, match="'input_ids' must be integers") as error:
        fit.predict({"input_ids": TOKENS + 0.5})
    one_sentence(error)


class Pairs(Dataset):
    def __len__(self) -> int:
        return 20

    def __getitem__(self, i: int):
        if not 0 <= i < 20:
            raise IndexError(i)
        return X[i], Y[i]


class Named(Pairs):
    def __getitem__(self, i: int):
        return {"input_ids": TOKENS[i], "labels": int(CLASSES[i])}


class Stream(IterableDataset):
    def __iter__(self):
        return zip(X, Y, strict=True)


def half(items):
    """A collate function of one's own."""
    return torch.tensor(np.stack([x for x, _ in items])), torch.tensor([y for _, y in items])


TENSORS = TensorDataset(torch.tensor(X), torch.tensor(Y))


@pytest.mark.parametrize(
    "rows",
    [
        Pairs(),
        TENSORS,
        Stream(),
        DataLoader(Pairs(), batch_size=6),
        DataLoader(Stream(), batch_size=6),
        DataLoader(TENSORS, batch_size=6, collate_fn=half),
        DataLoader(Pairs(), batch_size=5, drop_last=True),
    ],
    ids=["pairs", "tensors", "stream", "loader", "streamed", "collated", "full batches"],
)
def test_a_data_set_is_read_in_its_order(rows) -> None:
    torch.testing.assert_close(losses(rows, None), losses(X, Y), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("rows", "kept", "words"),
    [
        (DataLoader(Pairs(), batch_size=6, shuffle=True), range(20), "shuffles its rows"),
        (
            DataLoader(Pairs(), batch_size=6, sampler=SubsetRandomSampler([9, 2, 5])),
            [2, 5, 9],
            "draws 3 of 20 rows and shuffles",
        ),
        (DataLoader(Pairs(), batch_size=6, drop_last=True), range(18), "drops the last 2 rows"),
    ],
    ids=["shuffled", "subset", "last batch"],
)
def test_another_order_or_number_of_rows_is_told(rows, kept, words: str) -> None:
    with pytest.warns(ax.RowOrder, match=words):
        found = losses(rows, None)
    torch.testing.assert_close(found, losses(X[list(kept)], Y[list(kept)]), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("rows", "targets"),
    [
        (Named(), None),
        (DataLoader(Named(), batch_size=8), "labels"),
        ({"input_ids": TOKENS, "labels": CLASSES}, None),
        ({"input_ids": TOKENS, "outcome": CLASSES}, "outcome"),
    ],
    ids=["labels", "loader", "mapping", "other name"],
)
def test_targets_are_found_by_their_name(rows, targets) -> None:
    wanted = losses(TOKENS, CLASSES, module=Words(), loss="categorical")
    found = losses(rows, targets, module=Words(), loss="categorical")
    torch.testing.assert_close(found, wanted, rtol=0, atol=0)
    if isinstance(rows, Dataset):
        fit = ax.from_trained(
            Words(), rows, None, "categorical", test=rows, validation=(rows, "labels")
        )
        assert len(fit.sample("test").X) == len(fit.sample("validation").y) == 20


class Ragged(Pairs):
    def __getitem__(self, i: int):
        return np.zeros(3 + i // 10), 0.0


class Texts(Named):
    def __getitem__(self, i: int):
        return super().__getitem__(i) | {"text": "words"}


class Single(Pairs):
    def __getitem__(self, i: int):
        return torch.tensor(X[i])


@pytest.mark.parametrize(
    ("rows", "targets", "words"),
    [
        (DataLoader(Ragged(), batch_size=10), None, r"shape \(3,\) and of shape \(4,\); pad all"),
        (Texts(), None, "'text' is not numbers"),
        (Named(), "outcome", "none are the targets outcome"),
        (Single(), None, r"must be a pair \(x, y\)"),
        (DataLoader(Pairs(), batch_size=None), None, "no batch size"),
        (
            DataLoader(Pairs(), sampler=WeightedRandomSampler([1.0] * 20, 20)),
            None,
            "WeightedRandomSampler may draw a row several times",
        ),
        ({"a": X, "b": X[:5]}, Y, "same number of rows, but 'a' has 20, 'b' has 5"),
        ({0: X}, Y, "names of arguments"),
        ((X, X.astype(str)), Y, "input 2 must be real numbers"),
        ({"input": X, "other": np.where(X > 1, np.nan, X)}, Y, "not finite"),
    ],
)
def test_what_cannot_be_read_is_refused(rows, targets, words: str) -> None:
    with pytest.raises(ax.DataError, match=words) as error:
        losses(rows, targets, module=Two())
    one_sentence(error)


class Two(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 1)

    def forward(self, input: Tensor, other: Tensor) -> Tensor:
        return self.layer(input + torch.tanh(other))


def test_a_data_set_larger_than_memory_is_refused_before_it_is_read(monkeypatch) -> None:
    monkeypatch.setattr(reading, "free_memory", lambda: 100)
    with pytest.raises(ax.AfifError, match="more than is free; pass memory maps"):
        losses(Pairs(), None)


def test_other_rows_must_be_those_that_the_module_takes() -> None:
    fit = ax.from_trained(Two(), {"input": X, "other": X}, Y, "gaussian")
    assert fit.predict({"other": X, "input": X}).shape == (20,)
    for rows, words in (
        (X, "have the inputs input 1, but those trained on 'input', 'other'"),
        ({"input": X, "other": X[:, :2]}, "must match"),
    ):
        with pytest.raises(ax.DataError, match=words) as error:
            fit.predict(rows)
        one_sentence(error)
    plain = ax.from_trained(net(), X, Y, "gaussian")
    with pytest.raises(ax.DataError, match="takes one array of rows, not several") as error:
        plain.predict((X, X))
    one_sentence(error)


def test_rows_that_require_a_gradient_are_rows() -> None:
    X = torch.randn(20, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    wanted, found = (
        ax.attribute(
            ax.fit_objective(
                ax.Objective(ax.LinearMap(2), "gaussian", None, rows, rows[:, 0] ** 2)
            ),
            ax.MeanLoss("train"),
        )
        for rows in (X, X.clone().requires_grad_())
    )
    np.testing.assert_array_equal(found, wanted)
