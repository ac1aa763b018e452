"""Layers that replace torch's own against them, with everything that their calls accept."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from afif_explorer.engine.jacobians.layers.opened import close_again, open_up

LAYERS = {
    "LSTM": lambda: nn.LSTM(2, 3),
    "LSTM, projected": lambda: nn.LSTM(2, 4, 2, proj_size=3, bidirectional=True, batch_first=True),
    "GRU": lambda: nn.GRU(2, 3, 2, bidirectional=True, batch_first=True),
    "RNN": lambda: nn.RNN(2, 3, 2, nonlinearity="relu"),
    "RNN without bias": lambda: nn.RNN(2, 3, bias=False, bidirectional=True),
}
CELLS = {"LSTM": nn.LSTMCell, "GRU": nn.GRUCell, "RNN": nn.RNNCell}
every_layer = pytest.mark.parametrize("name", LAYERS)


def both(make) -> tuple[nn.Module, nn.Module]:
    """A layer, and the same unrolled."""
    torch.manual_seed(0)
    theirs = make().double()
    ours = nn.Sequential(make().double())
    ours[0].load_state_dict(theirs.state_dict())
    open_up(ours)
    assert type(ours[0]) is not type(theirs)
    return ours[0], theirs


def draw(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(5))


def states(layer: nn.Module, n: int) -> Tensor | tuple[Tensor, Tensor]:
    count = layer.num_layers * (1 + layer.bidirectional)
    hidden = draw(count, n, layer.proj_size or layer.hidden_size)
    return (hidden, draw(count, n, layer.hidden_size)) if layer.mode == "LSTM" else hidden


@every_layer
@pytest.mark.parametrize("begun", [False, True], ids=["from zero", "from a state"])
def test_outputs_and_states_are_torchs(name: str, begun: bool) -> None:
    ours, theirs = both(LAYERS[name])
    x = draw(4, 4, 2)
    hx = states(theirs, 4) if begun else None
    torch.testing.assert_close(ours(x, hx), theirs(x, hx), rtol=1e-12, atol=1e-12)
    one = x[:, 0]  # a sequence by itself
    torch.testing.assert_close(ours(one), theirs(one), rtol=1e-12, atol=1e-12)


@every_layer
@pytest.mark.parametrize("ordered", [False, True])
def test_packed_sequences_of_different_lengths(name: str, ordered: bool) -> None:
    ours, theirs = both(LAYERS[name])
    lengths = [5, 3, 1] if ordered else [1, 5, 3]
    packed = pack_padded_sequence(draw(3, 5, 2), lengths, batch_first=True, enforce_sorted=ordered)
    hx = states(theirs, 3)
    (found, last), (wanted, known) = ours(packed, hx), theirs(packed, hx)
    for one, other in zip(pad_packed_sequence(found), pad_packed_sequence(wanted), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(last, known, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", CELLS)
def test_cells_are_torchs(name: str) -> None:
    ours, theirs = both(lambda: CELLS[name](2, 3))
    hx = (draw(4, 3), 2 * draw(4, 3)) if name == "LSTM" else draw(4, 3)
    for state in (None, hx):
        torch.testing.assert_close(ours(draw(4, 2), state), theirs(draw(4, 2), state))


@pytest.mark.parametrize(
    "make",
    [
        nn.PReLU,
        lambda: nn.PReLU(4),
        lambda: nn.GroupNorm(2, 4),
        lambda: nn.GroupNorm(4, 4, affine=False),
    ],
)
@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 5), (3, 4, 5, 2)])
def test_layers_of_channels_are_torchs(make, shape: tuple[int, ...]) -> None:
    ours, theirs = both(make)
    x, y = (draw(*shape).requires_grad_() for _ in range(2))
    x.data[0, 0] = y.data[0, 0] = 0.0  # the kink
    torch.testing.assert_close(ours(x), theirs(y), rtol=1e-12, atol=1e-12)
    ours(x).square().sum().backward()
    theirs(y).square().sum().backward()
    torch.testing.assert_close(x.grad, y.grad, rtol=1e-10, atol=1e-10)


def test_closed_again_a_layer_is_what_it_was() -> None:
    ours, theirs = both(LAYERS["GRU"])
    whole = nn.Sequential(ours)
    ours.flatten_parameters()
    close_again(whole)
    assert type(whole[0]) is nn.GRU
    torch.testing.assert_close(whole(draw(2, 4, 2)), theirs(draw(2, 4, 2)))


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("padding", [None, 0])
def test_bags_of_embeddings_are_torchs(mode: str, padding: int | None) -> None:
    ours, theirs = both(lambda: nn.EmbeddingBag(5, 3, mode=mode, padding_idx=padding))
    ids = torch.tensor([[1, 2, 0, 4], [0, 0, 0, 0], [3, 3, 3, 3]])
    torch.testing.assert_close(ours(ids), theirs(ids), rtol=1e-12, atol=1e-12)
    if mode == "sum":
        weights = draw(3, 4)
        wanted = theirs(ids, per_sample_weights=weights)
        torch.testing.assert_close(ours(ids, None, weights), wanted, rtol=1e-12, atol=1e-12)
    flat, starts = ids.flatten(), torch.tensor([0, 4, 8])
    torch.testing.assert_close(ours(flat, starts), theirs(flat, starts), rtol=1e-12, atol=1e-12)
