"""Which tests `scripts/mutate` runs for a file."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

SCRIPT = runpy.run_path(str(Path(__file__).parents[1] / "scripts" / "mutate"))
of, chosen = SCRIPT["tests_of"], SCRIPT["chosen_tests"]


def test_a_file_is_tested_by_its_mirror_and_the_test_over_its_kind():
    mirror, every = of("labelaudit/rules/geo/geo001_zero_area.py")
    assert (mirror, every) == (
        "tests/rules/geo/test_geo001_zero_area.py",
        "tests/test_every_rule.py",
    )
    assert of("labelaudit/core/registry.py") == ["tests/core/test_registry.py"]


def test_without_a_mirror_it_is_all_in_the_folder_where_that_would_be():
    assert of("labelaudit/core/columns.py") == ["tests/core"]
    every = "tests/auditing/test_every_fix_kind.py"
    assert of("labelaudit/auditing/fixes/drop.py") == ["tests/auditing/fixes", every]


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
