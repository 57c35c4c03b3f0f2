"""What a measurement was made on: enough to judge the figures by, nothing that names it."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

VERSIONS = """
import importlib.metadata, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        found[name] = "not installed"
json.dump(found, sys.stdout)
"""


@dataclass(frozen=True)
class Machine:
    """The size of a machine, and how busy it was."""

    system: str
    cores: int  # that this process may use
    memory_gib: float
    python: str
    load: float  # processes that wanted to run in the minute before

    def __str__(self) -> str:
        """One line for people."""
        return (
            f"{self.cores} cores, {self.memory_gib:g} GiB, {self.system}, Python {self.python}, "
            f"load {self.load:g} before the start"
        )


def this_machine() -> Machine:
    """The machine this runs on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        system=f"{platform.system()} {platform.machine()}",
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(memory / 2**30, 1),
        python=platform.python_version(),
        load=round(os.getloadavg()[0], 1),
    )


def device_name(device: str) -> str:
    """What people call a device of torch, `cpu` or `cuda`."""
    if device == "cpu":
        return "CPU"
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return said.strip().splitlines()[0]


def versions(python: Path, packages: Iterable[str]) -> dict[str, str]:
    """The versions of these packages as the interpreter `python` would import them."""
    command = [str(python), "-c", VERSIONS, *packages]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return dict(json.loads(said))
