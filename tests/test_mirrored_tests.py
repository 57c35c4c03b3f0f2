"""Which tests belong to a file, and which are run where it has changed."""

from __future__ import annotations

from scripts.mirrored_tests import affected
from scripts.mirrored_tests import tests_of as of


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


def test_a_changed_file_runs_its_doctests_and_whatever_test_imports_it():
    chosen = affected(["labelaudit/boxes/ops.py"])
    assert {"labelaudit/boxes/ops.py", "tests/boxes/test_ops.py"} <= set(chosen)
    assert "tests/rules/dup/test_dup002_near_duplicate_box.py" in chosen  # imports iou
    assert "tests/boxes/test_metrics.py" not in chosen


def test_what_a_test_imports_relatively_is_no_file_of_the_package():
    assert "tests/cli/test_review.py" in affected(["labelaudit/review/queue/store.py"])


def test_a_changed_test_is_run_and_a_changed_fixture_runs_its_folder():
    assert affected(["tests/boxes/test_ops.py"]) == ["tests/boxes/test_ops.py"]
    assert affected(["tests/cli/conftest.py", "tests/cli/test_scan.py"]) == ["tests/cli"]


def test_compiled_files_have_a_mirror_and_no_doctests():
    assert affected(["labelaudit/boxes/_sweep.c"]) == ["tests/boxes"]


def test_what_is_neither_package_nor_test_runs_nothing():
    assert affected(["README.md", "benchmarks/speed.py", "docs/method.md"]) == []
