"""Language models against dense matrices made by autograd, token by token, from the module itself."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

import afif_explorer as ax
from afif_explorer.errors import OutOfMemory
from tests.helpers.networks import flat_gradient

N, T, V, STRENGTH, DAMPING = 6, 3, 4, 0.02, 0.1
pytestmark = pytest.mark.filterwarnings(
    "ignore::afif_explorer.NotAtMinimum",
    "ignore::afif_explorer.NegativeCurvature",
    "ignore::afif_explorer.HighLeverage",
    "ignore::afif_explorer.LargeStep",
)  # the parameters are random: the algebra is compared, not a prediction


class Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table, self.place = nn.Embedding(V, 2), nn.Parameter(torch.randn(T, 2))
        layer = nn.TransformerEncoderLayer(2, 1, 3, dropout=0.0, batch_first=True)
        self.layer, self.head = layer, nn.Linear(2, V)

    def forward(self, X: Tensor) -> Tensor:
        mask = torch.ones(T, T, dtype=torch.bool).triu(1)
        return self.head(self.layer(self.table(X.long()) + self.place, src_mask=mask))


class Memory(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table, self.read = nn.Embedding(V, 2), nn.LSTM(2, 2, batch_first=True)
        self.head = nn.Linear(2, V)

    def forward(self, X: Tensor) -> Tensor:
        return self.head(self.read(self.table(X.long()))[0])


def tokens(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Sequences and the next token of each position; some at the end are padding."""
    text = torch.randint(V, (n, T + 1), generator=torch.Generator().manual_seed(seed))
    y = text[:, 1:].clone()
    y[1, 1:] = y[2, 2:] = -100
    return text[:, :-1].double(), y


@cache
def case(kind: type[nn.Module], reduction: str) -> tuple[ax.Fit, nn.Module]:
    torch.manual_seed(0)
    module = kind().double()
    loss = ax.TokenCategorical(V, reduction)
    X, y = tokens(N, seed=1)
    return (
        ax.from_trained(module, X, y, loss, ax.Ridge(STRENGTH), test=tokens(3, seed=2)),
        module,
    )


def token_losses(module: nn.Module, X: Tensor, y: Tensor) -> Tensor:
    logits = module(X)
    return nn.functional.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="none").view(
        y.shape
    )


def shares(y: Tensor, reduction: str) -> Tensor:
    counted = (y != -100).double()
    return counted if reduction == "sum" else counted / counted.sum(1, keepdim=True)


@cache
def brute_force(kind: type[nn.Module], reduction: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Fisher and Hessian ``[p, p]``, gradients of every training token and of every test token."""
    fit, module = case(kind, reduction)
    parameters, (X, y) = list(module.parameters()), tokens(N, seed=1)
    c = shares(y, reduction)
    with sdpa_kernel(SDPBackend.MATH):
        own = torch.stack(
            [flat_gradient(one, parameters) for one in (c * token_losses(module, X, y)).flatten()]
        )
        hessian = torch.stack([flat_gradient(one, parameters) for one in own.sum(0) / N])
        fisher = torch.zeros_like(hessian)
        for weight, logits in zip(c.flatten(), module(X).flatten(0, 1), strict=True):
            J = torch.stack([flat_gradient(one, parameters) for one in logits])
            p = torch.softmax(logits, 0)
            fisher += weight * J.T @ (p.diag() - torch.outer(p, p)) @ J / N
        X, y = tokens(3, seed=2)
        test = torch.stack(
            [flat_gradient(one, parameters) for one in token_losses(module, X, y).flatten()]
        )
    ridge = torch.diag(STRENGTH * fit.objective.penalised.double() + DAMPING)
    found = fisher + ridge, hessian + ridge, own.view(N, T, -1), test.view(3, T, -1)
    return tuple(one.detach() for one in found)


def same(found: object, wanted: Tensor) -> None:
    scale = float(wanted.abs().max())
    np.testing.assert_allclose(np.asarray(found), wanted, rtol=0, atol=1e-8 * scale)


every_case = pytest.mark.parametrize(
    ("kind", "reduction"), [(Transformer, "sum"), (Memory, "mean"), (Memory, "sum")]
)
PLAIN = ax.AFIF(damping=DAMPING, leverage_correction=False)
EVERY = [(i, t) for i in range(3) for t in range(T) if tokens(3, seed=2)[1][i, t] >= 0]


@every_case
def test_effects_on_every_token_are_those_of_brute_force(kind, reduction: str) -> None:
    fit, _ = case(kind, reduction)
    fisher, _, own, test = brute_force(kind, reduction)
    targets = [ax.TokenLoss("test", i, t) for i, t in EVERY]
    along = torch.stack([test[i, t] for i, t in EVERY])
    wanted = own.sum(1) @ torch.linalg.solve(fisher, along.T) / N
    same(ax.attribute(fit, targets, PLAIN, order=1), wanted)
    iterative = ax.AFIF(
        damping=DAMPING, leverage_correction=False, solver="block_conjugate_gradient"
    )
    same(ax.attribute(fit, targets[:2], iterative, order=1), wanted[:, :2])
    each = torch.einsum("itp,pm->itm", own, torch.linalg.solve(fisher, along.T)) / N
    same(ax.attribute_tokens(fit, targets, PLAIN), each)
    same(ax.attribute_tokens(fit, targets[0], PLAIN), each[:, :, 0])


@every_case
def test_the_hessian_and_the_mean_loss_are_those_of_brute_force(kind, reduction: str) -> None:
    fit, module = case(kind, reduction)
    _, hessian, own, test = brute_force(kind, reduction)
    lowest = float(torch.linalg.eigvalsh(hessian)[0])
    extra = max(0.0, 0.1 - lowest)
    X, y = tokens(3, seed=2)
    c = shares(y, reduction)
    target = torch.einsum("it,itp->p", c, test) / 3
    moved = hessian + extra * torch.eye(len(hessian), dtype=torch.float64)
    wanted = own.sum(1) @ torch.linalg.solve(moved, target) / N
    method = ax.InfinitesimalJackknife(damping=DAMPING + extra, leverage_correction=False)
    same(ax.attribute(fit, ax.MeanLoss("test"), method, order=1), wanted)
    loss = (c * token_losses(module, X, y)).sum(1).mean()
    assert fit.metrics["mean_loss"] == pytest.approx(loss.item(), abs=1e-12)


@every_case
def test_leverages_are_those_of_brute_force(kind, reduction: str) -> None:
    fit, module = case(kind, reduction)
    fisher, *_ = brute_force(kind, reduction)
    X, y = tokens(N, seed=1)
    parameters, c = list(module.parameters()), shares(y, reduction)
    wanted = []
    for i, logits in enumerate(module(X)):
        total = 0.0
        for t in range(T):
            J = torch.stack([flat_gradient(one, parameters) for one in logits[t]])
            p = torch.softmax(logits[t], 0)
            spread = p.diag() - torch.outer(p, p)
            total += c[i, t] * torch.trace(spread @ J @ torch.linalg.solve(fisher, J.T)) / N
        wanted.append(total.detach())
    table = ax.diagnostics(fit, ax.AFIF(damping=DAMPING))
    same(table["leverage"], torch.stack(wanted))


def test_a_head_bias_is_the_intercept_of_every_token() -> None:
    fit, _ = case(Memory, "sum")
    bias = fit.objective.model.slices()["head.bias"]
    assert not fit.objective.penalised[bias].any()
    assert int((~fit.objective.penalised).sum()) == V


@every_case
def test_effects_of_tokens_know_their_places_and_unit(kind, reduction: str) -> None:
    fit, _ = case(kind, reduction)
    y = tokens(N, seed=1)[1].numpy()
    targets = [ax.TokenLoss("test", 0, t) for t in range(2)]
    both, one = (
        ax.attribute_tokens(fit, targets, PLAIN),
        ax.attribute_tokens(fit, targets[1], PLAIN),
    )
    assert one.unit == "nats"
    assert one.method == "AFIF, without leverage correction, first order"
    assert one.trust.level in {"good", "fair", "poor"}
    values = np.where(y >= 0, np.asarray(one), np.nan)
    for found in (one.top(4), both.top(4, target=1), both.top(4, target=targets[1])):
        places = {(int(fit.ids[i]), t) for i, t in zip(*np.nonzero(y >= 0), strict=True)}
        sizes = [abs(values[fit.ids.tolist().index(row), t]) for row, t in found.tolist()]
        assert {tuple(place) for place in found.tolist()} <= places
        assert sizes == sorted(np.abs(values[y >= 0]).tolist(), reverse=True)[:4]
    assert len(one.top(10_000)) == (y >= 0).sum()
    table = both.to_frame(raw=True)
    assert table.shape == ((y >= 0).sum(), 3)
    assert table.columns.tolist() == ["token", "TokenLoss('test')", "TokenLoss('test', t=1)"]
    for (row, position), (token, *effects) in zip(table.index, table.to_numpy(), strict=True):
        i = fit.ids.tolist().index(row)
        assert token == y[i, position]
        assert effects == both[i, position].tolist()
    assert f"{(y >= 0).sum()} tokens of {N} sequences" in repr(one)
    assert "<th" in both._repr_html_()
    assert (one.sum(1) + 0 == np.asarray(one).sum(1)).all()
    with pytest.raises(ax.InvalidChoice, match="2 targets"):
        both.top(3)


def test_what_cannot_be_is_refused(monkeypatch) -> None:
    fit, module = case(Memory, "sum")
    X, y = tokens(N, seed=1)
    with pytest.raises(ax.InvalidChoice, match="need the loss TokenCategorical"):
        ax.from_trained(module, X, y[:, 0].clamp(min=0), "categorical")
    with pytest.raises(ax.DataError, match="a target for each token"):
        ax.from_trained(module, X, y[:, 0], ax.TokenCategorical(V))
    with pytest.raises(ax.DataError, match="class numbers from 0 to 3, or -100"):
        ax.from_trained(module, X, y + 1, ax.TokenCategorical(V))
    with pytest.raises(ax.InvalidChoice, match="'sum' or 'mean', not 'max'"):
        ax.TokenCategorical(V, "max")
    with pytest.raises(ax.InvalidChoice, match="Token 2 is ignored"):
        ax.attribute(fit, ax.TokenLoss("test", 1, 2))
    with pytest.raises(ax.InvalidChoice, match="There is no token 3"):
        ax.attribute(fit, ax.TokenLoss("test", 0, 3))
    with pytest.raises(ax.InvalidChoice, match="TokenCategorical"):
        ax.attribute_tokens(ax.fit(ax.load_dataset("hiring")), ax.MeanLoss("test"))
    monkeypatch.setattr("afif_explorer.engine.problem.token_loss.fits", lambda *_: False)
    with pytest.raises(OutOfMemory, match="fewer or shorter sequences"):
        fit.objective.loss.root(torch.zeros(2, T * V))
