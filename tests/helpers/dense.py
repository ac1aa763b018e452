"""Effects of removed rows by brute force, from torch and a module alone: dense float64 matrices."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn


def dense_effects(
    module: nn.Module,
    call: Callable[[nn.Module], tuple[Tensor, Tensor]],
    y: Tensor,
    answers: Tensor,
    strength: float,
    *,
    corrected: bool = False,
) -> Tensor:
    """AFIF effects ``[n]`` on the mean cross-entropy of test rows, with a ridge on all parameters.

    ``call`` gives the logits of training and test rows. Each row's Jacobian is taken by itself.
    ``corrected``: each row's step is by the matrix without that row, factored anew.
    """
    own = copy.deepcopy(module).double()
    values = [value for value in own.parameters() if value.requires_grad]

    def gradient(scalar: Tensor) -> Tensor:
        parts = torch.autograd.grad(scalar, values, retain_graph=True, materialize_grads=True)
        return torch.cat([part.reshape(-1) for part in parts])

    logits, new = call(own)
    jacobian = torch.stack([torch.stack([gradient(one) for one in row]) for row in logits])
    p = torch.softmax(logits, 1).detach()
    inner = torch.diag_embed(p) - p[:, :, None] * p[:, None]
    fisher = torch.einsum("nka,nkl,nlb->ab", jacobian, inner, jacobian) / len(y)
    fisher += strength * torch.eye(len(fisher), dtype=torch.float64)
    residual = p - nn.functional.one_hot(y, p.shape[1])
    slope = gradient(nn.functional.cross_entropy(new, answers))
    gradients = torch.einsum("nka,nk->na", jacobian, residual)
    if not corrected:
        return gradients @ torch.linalg.solve(fisher, slope) / len(y)
    own_parts = torch.einsum("nka,nkl,nlb->nab", jacobian, inner, jacobian) / len(y)
    # One by one: torch's batched LU has failed on a shared right-hand side, by chance.
    solved = torch.stack([torch.linalg.solve(fisher - one, slope) for one in own_parts])
    return (solved * gradients).sum(1) / len(y)
