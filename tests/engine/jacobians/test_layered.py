"""Factored Jacobians of layered networks against explicit ones; in-place factorisation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, jacrev, vmap

from afif_explorer.engine.jacobians import ntk
from afif_explorer.engine.jacobians.layers import factored
from afif_explorer.engine.jacobians.layers.chain import ChainLinearization
from afif_explorer.engine.jacobians.layers.dense_layers import chain_of
from afif_explorer.engine.runtime import memory
from afif_explorer.engine.solvers import block_factor
from afif_explorer.engine.solvers.block_factor import BlockFactor

N = 13
PRECISIONS = {torch.float64: 1e-12, torch.float32: 2e-5}
precisions = pytest.mark.parametrize("dtype", PRECISIONS, ids=str)
sizes = pytest.mark.parametrize("small", [False, True], ids=["whole", "pieces"])


def network() -> nn.Module:
    torch.manual_seed(1)
    inner = nn.Linear(4, 5, bias=False)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), inner, nn.GELU(), nn.Linear(5, 3)).double()


def stack(dtype: torch.dtype) -> tuple[ChainLinearization, Tensor]:
    """A stack of layers, one without a bias, and its Jacobian ``[n, k, p]`` by torch."""
    module = network()
    X = torch.randn(N, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    parameters = {name: value.detach() for name, value in module.named_parameters()}

    def one(values: dict[str, Tensor], x: Tensor) -> Tensor:
        return functional_call(module, values, (x[None],))[0]

    parts = vmap(jacrev(one), in_dims=(None, 0))(parameters, X).values()
    jacobian = torch.cat([part.flatten(2) for part in parts], dim=2)
    theta = torch.cat([value.flatten() for value in parameters.values()])
    layers = chain_of(module)
    assert layers is not None
    return ChainLinearization(layers, theta.to(dtype), X.to(dtype)), jacobian


def drawn(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


def close(found: Tensor, wanted: Tensor, dtype: torch.dtype) -> None:
    assert found.dtype == dtype
    size = float(wanted.abs().max())
    torch.testing.assert_close(found.double(), wanted, rtol=0, atol=PRECISIONS[dtype] * size)


@precisions
@sizes
@pytest.mark.parametrize("m", [1, 2, 40])  # 40 vectors are worth forming the rows, 2 are not
@pytest.mark.parametrize("rank", [1, 2])
def test_products_with_rows_equal_those_of_the_jacobian(
    rank: int, m: int, small: bool, dtype: torch.dtype, monkeypatch
) -> None:
    here, jacobian = stack(dtype)
    if small:
        monkeypatch.setattr(factored, "BLOCK", 100)  # one row of rank 2: formed twice for a product
        monkeypatch.setattr(factored, "MIN_ROWS", rank)
        monkeypatch.setattr(memory, "COMFORTABLE", 300)
    roots, share = drawn(N, 3, rank), drawn(N)
    V, U = drawn(here.p, m), drawn(N, rank, m)
    H = roots.transpose(1, 2) @ jacobian  # [n, r, p]
    mine = roots.to(dtype)
    close(here.jvp_roots(mine, V.to(dtype)), H @ V, dtype)
    close(here.vjp_roots(mine, U.to(dtype)), torch.einsum("nrp,nrm->pm", H, U), dtype)
    wanted = torch.einsum("nrp,n,nrm->pm", H, share, H @ V)
    close(here.ggn_product(mine, share.to(dtype), V.to(dtype)), wanted, dtype)
    close(here.contract(mine[:, :, 0], V.to(dtype)), H[:, 0] @ V, dtype)


@precisions
@sizes
@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("even", [False, True])
def test_the_kernel_of_rows_equals_that_of_the_jacobian(
    even: bool, rank: int, small: bool, dtype: torch.dtype, monkeypatch
) -> None:
    """``even``: one scale for the weights of a layer and one for its bias, as a ridge has it."""
    here, jacobian = stack(dtype)
    if small:
        monkeypatch.setattr(ntk, "TILE", 5)
        monkeypatch.setattr(ntk, "STRIP", 6)
    roots = drawn(N, 3, rank)
    sizes = torch.tensor([12, 4, 20, 15, 3])  # weights and biases
    scale = torch.tensor([0.5, 3.0, 1.0, 2.0, 0.7]).double().repeat_interleave(sizes)
    scale = scale if even else torch.linspace(0.5, 2, here.p, dtype=torch.float64)
    H = (roots.transpose(1, 2) @ jacobian).flatten(0, 1)
    found = here.own_ntk(roots.to(dtype), scale.to(dtype))
    close(torch.tril(found), torch.tril((H * scale) @ H.T), dtype)


@precisions
@pytest.mark.parametrize("width", [4, 7, 100])
def test_a_factor_in_place_equals_numpys(width: int, dtype: torch.dtype, monkeypatch) -> None:
    monkeypatch.setattr(block_factor, "WIDTH", width)
    A = drawn(21, 30)
    matrix, c = A @ A.T / 30 + torch.eye(21), drawn(21, 2)
    given = torch.tril(matrix) + torch.triu(torch.full_like(matrix, torch.nan), 1)
    factor = BlockFactor(given.to(dtype))
    lower = torch.as_tensor(np.linalg.cholesky(matrix.numpy()))
    close(factor.half(c.to(dtype)), torch.linalg.solve(lower, c), dtype)
    close(factor.solve(c.to(dtype)), torch.as_tensor(np.linalg.solve(matrix, c)), dtype)
    with pytest.raises(torch.linalg.LinAlgError, match="not positive-definite"):
        BlockFactor(drawn(21, 21).to(dtype))
