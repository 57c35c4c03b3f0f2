"""Which tests `scripts/mutate` runs for a file."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

SCRIPT = runpy.run_path(str(Path(__file__).parents[1] / "scripts" / "mutate"))
chosen = SCRIPT["chosen_tests"]


def test_a_test_is_not_collected_twice():
    files = ["labelaudit/core/columns.py", "labelaudit/core/registry.py"]
    assert chosen(files) == ["tests/core"]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("labelaudit/errors.py", "say by --tests what tests it"),
        ("labelaudit/core/gone.py", "no file of the package"),
        ("scripts/mutate", "no file of the package"),
    ],
)
def test_a_file_without_tests_is_refused_by_name(file: str, words: str):
    with pytest.raises(SystemExit, match=f"^{file}: .*{words}"):
        chosen([file])
