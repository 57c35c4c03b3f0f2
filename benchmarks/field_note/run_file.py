"""One file on one framework: its time and its memory, as a line of JSON.

python -m benchmarks.field_note.run_file onnx model.onnx 1
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from labelaudit.deployment.deployed import described
from labelaudit.deployment.description import Inside
from labelaudit.deployment.target import TARGETS, Runtime
from labelaudit.deployment.torch_runtime import torch_runtime
from labelaudit.training.model_file import load_detector

LONGEST_S = 4.0
"""Runs are repeated for so long; the fastest counts."""

LEAST = 5
"""Runs at least."""


def opened(kind: str, path: Path, threads: int) -> Runtime:
    """A file on its framework."""
    if kind != "torch":
        return TARGETS[kind].open(path, threads)
    detector = load_detector(path, device="cpu")
    return torch_runtime(detector, described(detector, "torch", Inside(), batch=1), threads)


def fastest_ms(run: Callable[[], object]) -> float:
    """The fastest of many runs; the first does not count."""
    run()
    taken: list[float] = []
    while len(taken) < LEAST or sum(taken) < LONGEST_S:
        began = time.perf_counter()
        run()
        taken.append(time.perf_counter() - began)
    return 1000 * min(taken)


def peak_mb() -> float:
    """The most resident memory since the last `forget_peak`, in millions of bytes."""
    said = Path("/proc/self/status").read_text("ascii")
    found = re.search(r"VmHWM:\s*([0-9]+) kB", said)
    return int(found[1]) * 1024 / 1e6 if found else float("nan")


def forget_peak() -> None:
    """The peak begins anew (Linux: proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")


def main(kind: str, path: Path, threads: int) -> None:
    """Print what was measured."""
    image = np.random.default_rng(0).integers(0, 256, (1, 3, 320, 320)).astype(np.float32)
    if kind != "torch":  # what a framework is imported by, it is imported before
        for module in TARGETS[kind].to_open:
            __import__(module)
    forget_peak()
    before = peak_mb()
    runtime = opened(kind, path, threads)
    ms = fastest_ms(lambda: runtime.forward(image))
    print(msgspec.json.encode({"ms": ms, "peak_mb": peak_mb() - before}).decode())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
