"""Information about the machine, which every result depends on."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.common.environments import ROOT

SIDE = 2048


def facts() -> dict[str, Any]:
    """What run times depend on besides the code."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }


def gemm_peak(dtype: torch.dtype, seconds: float = 1.0) -> float:
    """The fastest product of two square matrices, in floating-point operations a second."""
    a, b = (torch.randn(SIDE, SIDE, dtype=dtype) for _ in range(2))
    out = a @ b  # warm-up
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        torch.mm(a, b, out=out)
        best = min(best, time.perf_counter() - began)
    return 2 * SIDE**3 / best


def gemm_peaks() -> dict[str, float]:
    """:func:`gemm_peak` in GFLOP/s for both precisions."""
    return {
        str(dtype).removeprefix("torch."): round(gemm_peak(dtype) / 1e9, 1)
        for dtype in (torch.float64, torch.float32)
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def measured(prefix: Sequence[str] = ()) -> dict[str, Any]:
    """Facts and peaks, measured in a separate process with ``prefix`` before its command."""
    command = [*prefix, sys.executable, "-m", "benchmarks.common.machine"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(ended.stdout)


if __name__ == "__main__":
    print(json.dumps(facts() | {"gemm GFLOP/s": gemm_peaks()}))
