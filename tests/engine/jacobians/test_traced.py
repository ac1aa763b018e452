"""Networks over sequences and pictures by matrix products against ``torch.func`` on the same module."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import afif_explorer as ax
from afif_explorer.engine.curvature.operators import EmpiricalFisher, Fisher, Hessian
from afif_explorer.engine.jacobians import ntk
from afif_explorer.engine.jacobians.autograd import ModuleLinearization
from afif_explorer.engine.jacobians.layers.attention import OpenAttention
from afif_explorer.engine.jacobians.layers.chain import ChainLinearization
from afif_explorer.engine.jacobians.layers.traced import TracedLinearization
from afif_explorer.engine.models.module_model import ModuleModel
from afif_explorer.engine.runtime import memory
from tests.helpers.networks import NETWORKS, WIDTH

VOCABULARY, LENGTH = 11, WIDTH


class Words(nn.Module):
    """Embedding, positions, LayerNorm, and one layer for every place: no attention."""

    def __init__(self, padded: bool = False) -> None:
        super().__init__()
        self.table = nn.Embedding(VOCABULARY, 4, padding_idx=0 if padded else None)
        self.norm, self.mix = nn.LayerNorm(4), nn.Linear(4, 5)
        self.gain = nn.Parameter(torch.tensor(1.3))
        self.head = nn.Linear(5, 3)

    def forward(self, X: Tensor) -> Tensor:
        read = torch.relu(self.mix(self.norm(self.table(X.long())))) * self.gain
        return self.head(read.mean(1))


class InPlace(nn.Module):
    """Changes in place what its layers give."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.mix = nn.Embedding(VOCABULARY, 4), nn.Linear(4, 5)
        self.bend, self.head = nn.ReLU(inplace=True), nn.Linear(5, 3)

    def forward(self, X: Tensor) -> Tensor:
        read = self.bend(self.mix(self.table(X.long()).mul_(0.5)))
        return self.head(read.mean(1)).mul_(2.0)


class Transformer(nn.Module):
    """Tokens, learnt places by a table, two encoder layers."""

    def __init__(self, norm_first: bool = False, causal: bool = False) -> None:
        super().__init__()
        self.table, self.place = nn.Embedding(VOCABULARY, 4), nn.Embedding(LENGTH, 4)
        layer = nn.TransformerEncoderLayer(
            4, 2, 5, dropout=0.0, batch_first=True, norm_first=norm_first, activation="gelu"
        )
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head, self.causal = nn.Linear(4, 2), causal

    def forward(self, X: Tensor) -> Tensor:
        read = self.table(X.long()) + self.place(torch.arange(X.shape[1], device=X.device))
        mask = None
        if self.causal:
            mask = torch.ones(X.shape[1], X.shape[1], dtype=torch.bool, device=X.device).triu(1)
        return self.head(self.layers(read, mask=mask).mean(1))


class Tied(nn.Module):
    """One table that reads and writes, a position parameter, and a linear layer without bias."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.place = nn.Embedding(VOCABULARY, 4), nn.Parameter(torch.zeros(LENGTH, 4))
        self.mix, self.idle = nn.Linear(4, 4, bias=False), nn.Linear(2, 2)

    def forward(self, X: Tensor) -> Tensor:
        read = torch.tanh(self.mix(self.table(X.long()) + self.place))
        return nn.functional.linear(read[:, -1], self.table.weight)


class Pair(nn.Module):
    """Vectors, not sequences, through branches that meet again."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.head = nn.Linear(LENGTH, 3), nn.Linear(LENGTH, 3), nn.Linear(3, 2)

    def forward(self, X: Tensor) -> Tensor:
        return self.head(torch.tanh(self.one(X)) * torch.sigmoid(self.two(X)))


class Viewer(nn.Module):
    """A transposed convolution, whose block is explicit, before a layer that is known."""

    def __init__(self) -> None:
        super().__init__()
        self.see, self.head = nn.ConvTranspose1d(1, 3, 3), nn.Linear(24, 2)

    def forward(self, X: Tensor) -> Tensor:
        return self.head(torch.tanh(self.see(X[:, None])).flatten(1))


MODULES = {
    "words": Words,
    "in place": InPlace,
    "padded words": lambda: Words(padded=True),
    "transformer": Transformer,
    "causal transformer, norm first": lambda: Transformer(norm_first=True, causal=True),
    "transformer in eval mode": lambda: Transformer().eval(),
    "tied": Tied,
    "pair": Pair,
    "partly known": Viewer,
    **NETWORKS,
}
every_module = pytest.mark.parametrize("name", MODULES)


def rows(n: int) -> Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.randint(VOCABULARY, (n, LENGTH), generator=generator).double()


def both(name: str, n: int = 7) -> tuple[TracedLinearization, ModuleLinearization]:
    """The two linearizations of a module at one theta."""
    torch.manual_seed(1)
    model = ModuleModel(MODULES[name]().double(), rows(4))
    theta = model.initial(0) + 0.1 * torch.randn(model.p, dtype=torch.float64)
    ours = model.linearize(theta, rows(n))
    assert isinstance(ours, TracedLinearization), name
    return ours, ModuleLinearization(model._call, theta, rows(n))


def same(ours: Tensor, theirs: Tensor) -> None:
    size = float(theirs.abs().max())
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-10 * size)


def draw(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(5))


@every_module
@pytest.mark.parametrize("columns", [1, 40], ids=["one vector", "a block"])
@pytest.mark.parametrize("cells", [10**7, 300], ids=["whole", "in pieces"])
def test_matrix_products_are_what_torch_differentiates(
    name: str, columns: int, cells: int, monkeypatch
) -> None:
    ours, theirs = both(name)
    monkeypatch.setattr(memory, "COMFORTABLE", cells)
    same(ours.outputs, theirs.outputs)
    V, U = draw(ours.p, columns), draw(7, ours.k, columns)
    # Not `theirs.push`: forward mode moves a padding row, which no gradient ever reaches.
    wanted = theirs.jacobian(torch.arange(7)) @ V
    for _ in range(2):  # before and after anything is kept
        same(ours.vjp(U), theirs.vjp(U))
        same(ours.jvp(V), wanted)
    some = torch.tensor([2, 2, 5])
    same(ours.take(some).jvp(V), wanted[some])
    same(ours.jacobian(some), theirs.jacobian(some))
    Z = draw(ours.p, ours.p).tril()
    same(ours.project(some, Z, lower=True), theirs.jacobian(some) @ Z)
    same(ours.gram(U[:, :, :3]), theirs.gram(U[:, :, :3]))
    same(ours.squared_norms(U), theirs.squared_norms(U))
    same(ours.hvp(U[:, :, 0], V[:, :2])[:, :1], theirs.hvp(U[:, :, 0], V[:, :1]))


@every_module
def test_factors_by_position_equal_the_explicit_jacobian(name: str) -> None:
    ours, theirs = both(name)
    V, U = draw(ours.p, 3), draw(7, ours.k, 3)
    pushed, pulled = torch.zeros(7, ours.k, 3).double(), torch.zeros(ours.p, 3).double()
    for layer in ours._factors.layers:
        layer.jvp(V, pushed)
        layer.vjp(U, pulled)
    same(pushed, theirs.jacobian(torch.arange(7)) @ V)
    same(pulled, theirs.vjp(U))


WAYS = {"by factors": 0.0, "by blocks": float("inf")}


@every_module
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("even", [False, True], ids=["any scale", "one scale a parameter"])
def test_inner_products_of_rows_are_those_of_the_explicit_jacobian(
    name: str, way: str, even: bool, monkeypatch
) -> None:
    ours, theirs = both(name)
    monkeypatch.setattr(ntk, "pair_cost", lambda *_: WAYS[way])
    monkeypatch.setattr(ntk, "TILE", 20)
    monkeypatch.setattr(ntk, "STRIP", 4)
    sizes = [shape.numel() for shape in ours._structure.shapes.values()]
    scale = torch.linspace(0.5, 2, len(sizes) if even else ours.p, dtype=torch.float64)
    scale = scale.repeat_interleave(torch.tensor(sizes)) if even else scale
    roots, few = draw(7, ours.k, 2), torch.tensor([5, 0, 2])
    H = (roots.transpose(1, 2) @ theirs.jacobian(torch.arange(7))).flatten(0, 1)
    left = (roots[few].transpose(1, 2) @ theirs.jacobian(few)).flatten(0, 1)
    same(ours.take(few).ntk(roots[few], ours, roots, scale), (left * scale) @ H.T)
    for _ in range(2):
        same(ours.own_ntk(roots, scale).tril(), ((H * scale) @ H.T).tril())
        monkeypatch.setattr(memory.memory_limit, "chosen", 1000)  # row by row, nothing kept


def test_nothing_is_kept_beyond_the_limit(monkeypatch) -> None:
    ours, theirs = both("transformer", n=40)
    monkeypatch.setattr(memory, "COMFORTABLE", 2000)
    V, S, w = draw(ours.p, 12), draw(40, ours.k, 1), draw(40)

    def kept() -> list:
        assert ours._last is not None
        return ours._last[1]

    wanted = theirs.ggn_product(S, w, V)
    monkeypatch.setattr(memory.memory_limit, "chosen", 1000)
    same(ours.ggn_product(S, w, V), wanted)
    same(ours.ggn_product(S, w, V), wanted)
    assert not kept()
    monkeypatch.setattr(memory.memory_limit, "chosen", 10**9)
    same(ours.ggn_product(S, w, V), wanted)
    assert len(kept()) > 1
    same(ours.ggn_product(S, 2 * w, V), 2 * wanted)
    same(ours.ggn_product(S.clone(), w, V[:, :1]), wanted[:, :1])
    assert not kept()  # asked for once, perhaps never again
    same(ours.contract(S[:, :, 0], V), theirs.contract(S[:, :, 0], V))


@pytest.mark.parametrize("kind", [Fisher, EmpiricalFisher, Hessian], ids=lambda kind: kind.__name__)
def test_curvatures_of_a_transformer(kind) -> None:
    torch.manual_seed(1)
    objective = ax.Objective(
        Transformer().double(), "categorical", ax.Ridge(0.1), rows(9), torch.arange(9) % 2
    )
    theta = objective.vector(objective.model.initial(0))
    operator = kind(objective, theta)
    theirs = kind(objective, theta)
    theirs.point.linearization = ModuleLinearization(objective.model._call, theta, objective.X)
    V = draw(objective.p, 3)
    same(operator @ V, theirs @ V)
    same(operator.dense() @ V, operator @ V)


def test_single_precision_is_double_precision_rounded() -> None:
    torch.manual_seed(1)
    model = ModuleModel(Transformer().double(), rows(4))
    theta, V = model.initial(0), draw(model.p, 30)
    single = model.linearize(theta.float(), rows(7).float()).jvp(V.float())
    assert single.dtype == torch.float32
    double = model.linearize(theta, rows(7)).jvp(V)
    torch.testing.assert_close(
        single.double(), double, rtol=0, atol=1e-4 * float(double.abs().max())
    )


@pytest.mark.parametrize("batch_first", [True, False])
def test_open_attention_is_attention(batch_first: bool) -> None:
    torch.manual_seed(0)
    theirs = nn.MultiheadAttention(8, 2, batch_first=batch_first).double()
    ours = nn.MultiheadAttention(8, 2, batch_first=batch_first).double()
    ours.load_state_dict(theirs.state_dict())
    ours.__class__ = OpenAttention
    x = draw(3, 3, 8)
    padding = torch.tensor([[False, False, True], [False] * 3, [False, True, True]])
    causal = torch.ones(3, 3, dtype=torch.bool).triu(1)
    many = draw(6, 3, 3)  # one for each head of each row
    for options in (
        {},
        {"key_padding_mask": padding},
        {"attn_mask": causal},
        {"attn_mask": many, "key_padding_mask": torch.where(padding, -torch.inf, 0.0).double()},
    ):
        wanted = theirs(x, x, x, need_weights=False, **options)[0]
        torch.testing.assert_close(ours(x, x, x, need_weights=False, **options)[0], wanted)
    told = ours(x, x, x, need_weights=True)[1]
    torch.testing.assert_close(told, theirs(x, x, x, need_weights=True)[1])


class Sliced(nn.Module):
    """Takes a part of a parameter, which is not an operation that is traced."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.head = nn.Parameter(torch.randn(9, 3)), nn.Linear(LENGTH, 3)

    def forward(self, X: Tensor) -> Tensor:
        return self.head(X) * self.table[2]


def test_what_is_mostly_not_known_is_left_to_torch() -> None:
    model = ModuleModel(Sliced().double(), rows(4))
    here = model.linearize(model.initial(0), rows(4))
    assert type(here) is ModuleLinearization


def test_a_chain_stays_a_chain() -> None:
    model = ax.MLP(LENGTH, (3,), 2)
    assert isinstance(model.linearize(model.initial(0), rows(4)), ChainLinearization)
