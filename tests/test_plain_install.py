"""What works without any extra: all that reads, audits, fixes and writes labels."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from labelaudit.testing import draw
from tests.io.formats.voc_files import annotation, described, put

ROOT = Path(__file__).parent.parent
PROGRAM = """
import sys
from importlib.machinery import PathFinder

BLOCKED = set(sys.argv[1].split(","))

class Installed(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] not in BLOCKED:
            return super().find_spec(name, path, target)

sys.meta_path = [Installed if finder is PathFinder else finder for finder in sys.meta_path]
from labelaudit.cli import main
sys.exit(main(sys.argv[2:]))
"""
NAME = re.compile(r"[A-Za-z0-9._-]+")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def installed() -> set[str]:
    """The packages that come with labelaudit and with what it requires, without any extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    left, found = list(project["dependencies"]), set[str]()
    while left:
        requirement = left.pop()
        match = NAME.match(requirement)
        if match is None or "extra ==" in requirement or normal(match.group()) in found:
            continue
        with contextlib.suppress(metadata.PackageNotFoundError):  # for another system
            left += metadata.requires(match.group()) or []
            found.add(normal(match.group()))
    return found


def of_extras() -> set[str]:
    """The modules that are there only with an extra, or by chance."""
    plain = installed() | {"labelaudit"}
    return {
        module
        for module, packages in metadata.packages_distributions().items()
        if module.isidentifier() and not plain.intersection(map(normal, packages))
    } - {"tests", "benchmarks", "scripts"}


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
    ("scan", "ds", "--exit-zero", "--queue", "q.sqlite"),
    ("queue", "show", "q.sqlite"),
    ("sample", "--help"),
    ("estimate", "--help"),
    ("review", "--help"),
)


def test_every_command_on_labels_works_without_extras(dataset: Path) -> None:
    blocked = ",".join(sorted(of_extras()))
    assert {"torch", "sklearn", "fastapi"} <= of_extras()
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


def test_a_command_that_is_misspelt_gets_one_line_without_extras() -> None:
    program = [sys.executable, "-c", PROGRAM, ",".join(sorted(of_extras())), "scna"]
    ended = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("labelaudit: error: Unknown command")
