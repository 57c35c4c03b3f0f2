"""The programs in examples/ run as they stand and find what they are there to find."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def ran(*words, cwd=None):
    command = [sys.executable, *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=cwd)


# Those that train are run in test_recipes.py.
QUICK = sorted(set(EXAMPLES.glob("*.py")) - {EXAMPLES / "training_pipeline.py"})


@pytest.mark.parametrize("path", QUICK, ids=lambda path: path.name)
def test_every_example_runs_without_a_traceback(path):
    done = ran(path)
    assert done.stdout
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1)


def test_the_quick_start_cleans_what_was_agreed_on():
    assert "2 records differ in cleaned" in ran(EXAMPLES / "quickstart.py").stdout


def test_the_gate_stops_the_pipeline():
    done = ran(EXAMPLES / "ci_gate.py")
    assert done.returncode == 1
    assert "tiny-box GEO006 · 2" in done.stdout
    assert "training on" not in done.stdout


def test_the_gate_opens_for_clean_labels(tmp_path):
    cleaned = tmp_path / "cleaned"
    command = ["-m", "labelaudit", "fix", EXAMPLES / "bccd", "--unsafe-fixes", "-o", cleaned]
    assert ran(*command).returncode == 0
    done = ran(EXAMPLES / "ci_gate.py", cleaned)
    assert "training on" in done.stdout, done.stdout


def test_a_rule_of_ones_own_finds_the_white_cells_that_are_called_platelets():
    assert ran(EXAMPLES / "own_rule.py").stdout.count("no platelet is that large") == 2


def test_a_rule_of_ones_own_runs_in_a_scan_with_its_settings(tmp_path):
    own = (EXAMPLES / "own_rule.py").as_posix()
    (tmp_path / "labelaudit.toml").write_text(
        f'plugins = ["{own}"]\n[rules.large-platelet]\nmax-side = 150\n'
    )
    command = ["-m", "labelaudit", "scan", EXAMPLES / "bccd", "--select", "LAB001"]
    done = ran(*command, "--output-format", "jsonl", cwd=tmp_path)
    assert done.returncode == 1
    assert [json.loads(line)["name"] for line in done.stdout.splitlines()] == ["large-platelet"]
