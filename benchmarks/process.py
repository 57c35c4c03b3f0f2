"""Runs a command as a whole process and measures what it used.

Linux counts the peak memory of a new process from that of the process that started it. So whoever
measures must itself stay small: nothing that `speed.py` imports loads numpy.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

MEGABYTE = 1e6


@dataclass(frozen=True)
class Usage:
    """What one process used, from before it started until after it ended."""

    wall_s: float
    cpu_s: float  # user and system, with the children it waited for
    peak_mb: float  # resident memory; of the largest process if it started others
    exit_code: int


@dataclass(frozen=True)
class Run:
    """One process that ended."""

    usage: Usage
    complaint: str  # the last line on stderr; empty when it succeeded


def measure(command: Sequence[str]) -> Run:
    """Run `command` with its output thrown away."""
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip().splitlines()
    usage = Usage(
        wall_s=round(wall_s, 4),
        cpu_s=round(used.ru_utime + used.ru_stime, 4),
        peak_mb=round(used.ru_maxrss * 1024 / MEGABYTE, 1),
        exit_code=process.returncode,
    )
    return Run(usage, said[-1] if said and process.returncode else "")
