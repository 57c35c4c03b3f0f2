"""Nothing that a network is exported to tells anybody of it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from labelaudit.deployment.target import TARGETS

ROOT = Path(__file__).parents[2]

PROGRAM = """
import sys
from pathlib import Path

def hook(event, arguments):
    # A copy of this process is how OpenVINO's converter asks without being waited for.
    if event in {"socket.getaddrinfo", "os.fork", "os.forkpty"}:
        with open(sys.argv[1] + "/seen.txt", "a") as file:
            file.write(f"{event} {arguments!r}\\n")
sys.addaudithook(hook)

from labelaudit.deployment.deployed import DeployedDetector, described
from labelaudit.deployment.description import Inside
from labelaudit.deployment.open_exported import open_runtime
from labelaudit.deployment.target import TARGETS, ExportOptions
from tests.deployment.networks import detector_of

network, target = detector_of(norm="batch"), TARGETS[sys.argv[2]]
path = Path(sys.argv[1]) / f"model{target.suffix}"
description = described(network, target.name, Inside(), batch=1)
target.export(DeployedDetector(network, description), path, ExportOptions())
open_runtime(path, threads=1)
print("done")
"""


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_neither_export_nor_opening_asks_a_network(name, tmp_path):
    target = TARGETS[name]
    lacking = [part for part in (*target.to_export, *target.to_open) if find_spec(part) is None]
    if lacking:
        pytest.skip(f"{', '.join(lacking)} is not installed")
    # As at a user's who was never asked: what is left out in CI, or at his word, is not.
    spoken = {key: value for key, value in os.environ.items() if key not in {"CI", "TF_BUILD"}}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), name],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=spoken | {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
    )
    assert "done" in ran.stdout, ran.stderr
    seen = tmp_path / "seen.txt"
    assert not seen.exists(), seen.read_text()
