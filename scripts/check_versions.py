"""Tests all that needs no model on another Python, or with the oldest versions that are allowed.

    python scripts/check_versions.py                         # the newest versions, this Python
    python scripts/check_versions.py --python 3.13           # that one, where uv finds it
    python scripts/check_versions.py --lowest tests/io       # the lowest versions of pyproject.toml
    python scripts/check_versions.py --pure                  # without the compiled parts

It makes a virtual environment of its own, by uv. Test files that import what is not installed in it
(torch and what comes with it) are left out, and how many is said. With `--lowest` it is an error if
something that pyproject.toml allows is not what gets installed: then it is allowed and not tested.
"""

from __future__ import annotations

import argparse
import ast
import functools
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = "agreement,html,images,parquet,plot,postgres,review"
TOOLS = ("httpx", "hypothesis", "jsonschema", "junitparser", "pytest", "pytest-xdist")
MARKS = "not training and not browser and not large and not property"
"""What says the same about another version, or takes long."""

ASK = "import importlib.util, sys; print(*(n for n in sys.argv[1:] if importlib.util.find_spec(n)))"

VERSIONS = (
    "import importlib.metadata as m, json, sys;"
    "print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"
)


def lowest_allowed(pyproject: str) -> dict[str, str]:
    r"""The lowest version that is allowed of each package that is installed here.

    >>> lowest_allowed('[project]\ndependencies=["numpy>=2.2.5", "cyclopts>=5,<6"]')
    {'numpy': '2.2.5', 'cyclopts': '5'}
    """
    project = tomllib.loads(pyproject)["project"]
    extras = project.get("optional-dependencies", {})
    wanted = [*project["dependencies"]]
    wanted += [one for name in EXTRAS.split(",") for one in extras.get(name, ())]
    found = [re.match(r"([\w.-]+)(?:\[[^]]*\])?>=([\d.]+)", one) for one in wanted]
    return {one[1]: one[2] for one in found if one}


def not_tested(allowed: Mapping[str, str], installed: Mapping[str, str]) -> Iterator[str]:
    """What is allowed and was not installed, a line each.

    >>> list(not_tested({"a": "15", "b": "2"}, {"a": "16.0.0", "b": "2.0"}))
    ['a>=15 is allowed, but a 16.0.0 is the oldest that can be installed']
    """
    for name, version in allowed.items():
        if _numbers(installed[name]) != _numbers(version):
            oldest = f"{name} {installed[name]} is the oldest that can be installed"
            yield f"{name}>={version} is allowed, but {oldest}"


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version without zeros at its end: 2 and 2.0.0 are the same."""
    numbers = [int(one) for one in re.findall(r"\d+", version)]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def files_in(given: Sequence[str]) -> list[Path]:
    """The test files in some files and folders."""
    paths = [ROOT / one for one in given]
    return sorted(
        file for path in paths for file in ([path] if path.is_file() else path.rglob("test_*.py"))
    )


@functools.cache
def imported(path: Path) -> frozenset[str]:
    """The modules that a file imports when it is imported itself; not what only types need.

    >>> sorted(imported(Path(__file__)))[:2]
    ['__future__', '__future__.annotations']
    """
    names: list[str] = []
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return frozenset(names)


def files_of(module: str) -> Iterator[Path]:
    """The files of ours that run when a module is imported: its packages', and its own."""
    for root in (ROOT, ROOT / "scripts"):  # as pytest is told in pyproject.toml
        for place in itertools.accumulate(module.split("."), Path.joinpath, initial=root):
            files = place / "__init__.py", place.with_suffix(".py")
            yield from (one for one in files if one.is_file())


def needs(path: Path) -> set[str]:
    """The packages that a test file needs, with what is set up for its folders.

    Those of other projects that it imports, and that whatever it imports of this one does.
    """
    folders = [one for one in path.parents if one.is_relative_to(ROOT / "tests")]
    left = [path, *(folder / "conftest.py" for folder in folders)]
    seen, found = set(), set()
    while left:
        file = left.pop()
        if file in seen or not file.is_file():
            continue
        seen.add(file)
        for module in imported(file):
            ours = list(files_of(module))
            left += ours
            if not ours and not (ROOT / module.partition(".")[0]).is_dir():
                found.add(module.partition(".")[0])
    return found


def install(python: Path, wanted: Sequence[str], environment: dict[str, str]) -> None:
    """Install what is wanted beside an interpreter; ends the program if that fails."""
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(python)]
    subprocess.run([*command, *wanted], cwd=ROOT, env=environment, check=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the environment, run the tests, and return how pytest ended."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lowest", action="store_true")
    parser.add_argument("--pure", action="store_true")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("tests", nargs="*", default=["tests"])
    options = parser.parse_args(arguments)
    environment = dict(os.environ) | ({"LABELAUDIT_PURE": "1"} if options.pure else {})
    with tempfile.TemporaryDirectory() as folder:
        venv = Path(folder)
        command = [
            sys.executable,
            "-m",
            "uv",
            "venv",
            "--quiet",
            "--python",
            options.python,
            folder,
        ]
        subprocess.run(command, check=True)
        python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        resolution = ["--resolution", "lowest-direct"] if options.lowest else []
        install(python, [*resolution, "--editable", f".[{EXTRAS}]"], environment)
        if options.lowest and (wrong := list(_not_tested_here(python))):
            print("pyproject.toml states versions that nobody tests:", *wrong, sep="\n")
            return 1
        install(python, TOOLS, environment)
        return run_tests(python, files_in(options.tests))


def _not_tested_here(python: Path) -> Iterator[str]:
    """What pyproject.toml allows and an environment does not have."""
    allowed = lowest_allowed((ROOT / "pyproject.toml").read_text("utf-8"))
    answer = subprocess.run(
        [str(python), "-c", VERSIONS, *allowed], check=True, capture_output=True, text=True
    )
    return not_tested(allowed, json.loads(answer.stdout))


def run_tests(python: Path, files: Sequence[Path]) -> int:
    """Run those files whose imports are all there."""
    needed = {path: needs(path) for path in files}
    every = sorted(set().union(*needed.values()))
    answer = subprocess.run(
        [str(python), "-c", ASK, *every], check=True, capture_output=True, text=True
    )
    lacking = set(every) - set(answer.stdout.split())
    left = [str(path) for path, names in needed.items() if not names & lacking]
    missing = ", ".join(sorted(lacking)) or "nothing"
    print(f"{len(files) - len(left)} of {len(files)} files left out; not installed: {missing}")
    command = [str(python), "-m", "pytest", "-q", "-n", "auto", "-m", MARKS, *left]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
