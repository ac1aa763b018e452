"""The few directions in which a symmetric matrix is flat, without all of its eigenvectors."""

from __future__ import annotations

import torch
from torch import Tensor

LEAST = 300  # below that all eigenvectors are found as quickly
MOST = 16  # directions
CLEAR = 10.0  # times what counts as zero: the least curvature in all other directions
STEPS = 4  # of inverse iteration: errors shrink at least tenfold in each
_POWER_STEPS = 20


def null_space(matrix: Tensor, share: float) -> tuple[Tensor, float] | None:
    """An orthonormal basis ``[p, k]`` of the flat directions, and the largest eigenvalue.

    Inverse iteration on the matrix, made definite by a shift. None if there are no such directions, if they
    are many or cannot be told from those that are nearly flat, if the matrix bends down in some, or if ``p``
    is small.

    Args:
        matrix: ``C`` ``[p, p]``, symmetric, in double precision.
        share: eigenvalues of at most this share of the largest count as zero.
    """
    p = len(matrix)
    if p < LEAST:
        return None
    start = torch.randn(p, MOST, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    start = start.to(matrix.device)
    largest = _largest(matrix, start)
    zero = share * largest
    shifted = matrix.clone()
    shifted.diagonal().add_(zero)
    lower, info = torch.linalg.cholesky_ex(shifted, out=(shifted, info_of(matrix)))
    if int(info) != 0:
        return None
    basis = start
    for _ in range(STEPS):
        basis = torch.linalg.qr(torch.cholesky_solve(basis, lower)).Q
    values, turn = torch.linalg.eigh(basis.T @ (matrix @ basis))
    count = int((values <= zero).sum())
    if not 0 < count < MOST or values[0] < -zero or values[count] < CLEAR * zero:
        return None
    flat = basis @ turn[:, :count]
    return (flat, largest) if float((matrix @ flat).norm(dim=0).max()) <= zero else None


def info_of(matrix: Tensor) -> Tensor:
    """Where a factorisation of a matrix says whether it failed."""
    return torch.empty((), dtype=torch.int32, device=matrix.device)


def _largest(matrix: Tensor, start: Tensor) -> float:
    """The largest eigenvalue, to a few percent, by power iteration."""
    basis = start[:, :4]
    for _ in range(_POWER_STEPS):
        basis = torch.linalg.qr(matrix @ basis).Q
    return float(torch.linalg.eigvalsh(basis.T @ (matrix @ basis))[-1])
