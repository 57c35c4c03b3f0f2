"""What a command uses, run as a whole process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")


@dataclass(frozen=True)
class Usage:
    """What one process used, from before it started until after it ended."""

    wall_s: float
    cpu_s: float  # user and system, with the children it waited for
    peak_mb: float  # resident memory, 10 at least; of the largest process if it started others
    exit_code: int  # negative if a signal ended it


@dataclass(frozen=True)
class Run:
    """One process that ended."""

    usage: Usage
    complaint: str  # the last line on stderr; empty when it succeeded


def measure(command: Sequence[str]) -> Run:
    """Run `command` with its output thrown away."""
    launched = [sys.executable, "-I", "-S", str(LAUNCHER), *command]
    ended = subprocess.run(launched, check=True, capture_output=True)
    wall_s, cpu_s, peak_mb, code = ended.stdout.split()
    usage = Usage(float(wall_s), float(cpu_s), float(peak_mb), int(code))
    said = ended.stderr.decode(errors="replace").strip().splitlines()
    return Run(usage, said[-1] if said and usage.exit_code else "")
