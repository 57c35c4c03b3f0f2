"""A few cases of the fuzzing program, and what it takes for a fault."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.fuzz import changed, wrong_ending
from benchmarks.fuzz_mutations import mutated
from benchmarks.fuzz_scenes import Play

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not Path("/proc").exists(), reason="forked with a limit of memory, as on Linux")
def test_no_broken_file_is_more_than_findings_or_one_line():
    # In a process of its own: a fork of one with threads may wait for ever.
    words = ["-m", "benchmarks.fuzz", "--count", "40", "--seed", "12", "--no-record"]
    program = [sys.executable, *words]
    ran = subprocess.run(program, check=False, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.match(r"40 cases, exit codes {'0': \d+, '1': \d+, '2': \d+}, 0 faults\n", ran.stdout)


def test_a_seed_breaks_a_file_in_the_same_way_again():
    content = b'{"images": [{"id": 1}], "categories": []}\n' * 3
    first, again, other = (mutated(content, random.Random(seed)) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize(
    ("code", "said", "faults"),
    [
        (0, "", 0),
        (1, "a note\n", 0),
        (2, "labelaudit: error: no labels\n", 0),
        (2, "", 1),
        (2, "labelaudit: error: one\nlabelaudit: error: two\n", 1),
        (1, "labelaudit: error: no labels\n", 1),
        (3, "", 1),
        (2, "labelaudit: error: a fault of labelaudit, in io/load.py:7: KeyError: 'x'\n", 1),
        (0, "Traceback (most recent call last):\n", 1),
        (0, "io/load.py:7: RuntimeWarning: overflow\n", 1),
    ],
)
def test_an_ending_that_nobody_meant_is_a_fault(code, said, faults):
    assert len(list(wrong_ending(code, said))) == faults


@pytest.mark.parametrize(
    ("words", "codes", "after", "faults"),
    [
        (("scan", "set"), [1], {"set/a": b"1"}, 0),
        (("scan", "set"), [1], {"set/a": b"2"}, 1),
        (("scan", "set"), [1], {}, 1),
        (("scan", "set"), [1], {"set/a": b"1", "set/b": b"1"}, 1),
        (("scan", "set"), [1], {"set/a": b"1", "clean/a": b"1"}, 0),
        (("fix", "set", "--in-place"), [0], {"set/a": b"2"}, 1),  # after an undo
        (("fix", "set", "--in-place"), [2], {"set/a": b"2"}, 0),
    ],
)
def test_a_change_that_nobody_asked_for_is_a_fault(words, codes, after, faults):
    played = Play("labels", (words,))
    assert len(list(changed({"set/a": b"1"}, after, played, codes))) == faults
