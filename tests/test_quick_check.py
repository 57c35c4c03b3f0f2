"""What `scripts/check --quick` leaves out, and what it keeps."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MARKERS = ("training", "browser", "large", "property")
KEPT = ("tests/core/test_table.py", "tests/test_every_rule.py", "tests/cli/test_main.py")
LEFT_OUT = (
    "tests/detector/test_nms.py",
    "tests/review/web/test_keys.py",
    "tests/test_real_data.py",
)
"""Files all of whose tests train or build networks, open a browser or read large data."""


def collected(choice: str) -> set[str]:
    """The tests in some files that pytest would run."""
    options = ["-q", "--collect-only", "-m", choice, *KEPT, *LEFT_OUT]
    command = [sys.executable, "-m", "pytest", *options]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    return {line for line in ran.stdout.splitlines() if "::" in line}


@pytest.fixture(scope="module")
def choice() -> str:
    """The choice of tests in the script."""
    found = re.search(r'^QUICK="(.*)"$', (ROOT / "scripts" / "check").read_text("utf-8"), re.M)
    assert found
    return found[1]


def test_every_marker_is_left_out(choice: str, pytestconfig: pytest.Config):
    known = {line.partition(":")[0] for line in pytestconfig.getini("markers")}
    assert set(MARKERS) <= known
    assert choice == " and ".join(f"not {mark}" for mark in MARKERS)


def test_what_is_marked_is_left_out_and_the_rest_is_kept(choice: str):
    kept, marked = collected(choice), collected(" or ".join(MARKERS))
    assert {test.partition("::")[0] for test in kept} == set(KEPT)
    assert {test.partition("::")[0] for test in marked} >= set(LEFT_OUT)
    assert len(kept) > 5 * len([test for test in marked if test.startswith(KEPT)])
