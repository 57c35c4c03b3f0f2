"""The plugin in a project of its own, as pytest runs it there."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

BCCD = Path(__file__).parents[2] / "examples" / "bccd"
TESTS = f"""
def test_boxes(assert_clean):
    assert_clean({str(BCCD)!r}, select="GEO001")


def test_duplicates(assert_clean):
    assert_clean({str(BCCD)!r}, select="DUP", ignore="IMG")
"""


_PLUGIN = "labelaudit.pipeline.pytest_plugin"
_IS_INSTALLED = _PLUGIN in [one.value for one in entry_points(group="pytest11")]
LOADED = [] if _IS_INSTALLED else ["-p", _PLUGIN]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error", *words]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)


def test_a_project_tests_its_labels_and_reads_what_is_wrong(tmp_path: Path):
    (tmp_path / "test_labels.py").write_text(TESTS)
    ran = run(tmp_path, *LOADED)
    assert "1 failed, 1 passed" in ran.stdout, ran.stdout + ran.stderr
    assert "AssertionError: 495 labels that are not clean" in ran.stdout
    assert "near-duplicate-box DUP002" in ran.stdout
    assert "assertions.py" not in ran.stdout  # the line that is shown is that of the test
    assert "assert_clean(" in ran.stdout


def test_loading_the_plugin_loads_nothing_that_takes_time():
    program = "import sys, labelaudit.pipeline.pytest_plugin\nprint('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert done.stdout.strip() == b"False"
