"""The tests of files of the package, as they are mirrored in `tests`.

    python scripts/mirrored_tests.py labelaudit/boxes/ops.py tests/core/test_rows.py

prints what `scripts/check --quick` runs for changed files, a line each: the tests of a file of the
package are its mirror and what tests all of its kind, together with the tests that import it and
its own doctests; a changed test is run itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from import_graph import PACKAGE, imported

ROOT = PACKAGE.parent

REGISTRIES = {
    "rules": "test_every_rule.py",
    "io/formats": "test_every_format.py",
    "auditing/fixes": "auditing/test_every_fix_kind.py",
    "detector": "test_every_backbone.py",
}
"""The test over all of a kind, by the folder that the kind is in."""


def tests_of(file: str) -> list[str]:
    """The tests of a file of the package, as paths below the root; none if there is no saying.

    Its mirror, or the nearest folder of tests to where that would be, and the test over its kind.
    """
    path = Path(file).relative_to("labelaudit")
    name = path.parent.name if path.name == "__init__.py" else path.stem
    folder = path.parent.parent if path.name == "__init__.py" else path.parent
    room = Path("tests") / folder
    own = room / f"test_{name.lstrip('_')}.py"
    if not (ROOT / own).is_file():
        own = next(near for near in (room, *room.parents) if (ROOT / near).is_dir())
    every = [test for kind, test in REGISTRIES.items() if path.is_relative_to(kind)]
    return [str(own), *(f"tests/{test}" for test in every)] if own != Path("tests") else []


def without_doubles(tests: Iterable[str]) -> list[str]:
    """Tests less those in a folder that is taken as a whole: they would be collected twice."""
    chosen = set(tests)
    return sorted(test for test in chosen if chosen.isdisjoint(map(str, Path(test).parents)))


def affected(files: Iterable[str]) -> list[str]:
    """What to run where these files, as paths below the root, have changed."""
    chosen: set[str] = set()
    for file in files:
        path = Path(file)
        if path.is_relative_to("labelaudit"):
            chosen.update(tests_of(file))
            if path.suffix == ".py":
                chosen.add(file)  # its doctests
                chosen.update(_importers(file))
        elif path.name == "conftest.py":
            chosen.add(str(path.parent))
        elif path.name.startswith("test_"):
            chosen.add(file)
    return without_doubles(chosen)


def _importers(file: str) -> list[str]:
    """The tests that import a file of the package."""
    name = Path(file).relative_to("labelaudit").with_suffix("")
    module = ".".join(name.parent.parts if name.name == "__init__" else name.parts)
    return [test for test, modules in _imports_of_tests().items() if module and module in modules]


@cache
def _imports_of_tests() -> dict[str, set[str]]:
    paths = sorted((ROOT / "tests").rglob("test_*.py"))
    return {str(path.relative_to(ROOT)): set(imported(path, PACKAGE)) for path in paths}


if __name__ == "__main__":
    print(*affected(sys.argv[1:]), sep="\n")
