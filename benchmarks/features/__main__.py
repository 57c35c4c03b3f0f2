"""Asks labelaudit and six other tools for forty features, and writes what each showed.

    python -m benchmarks.features --tool FiftyOne=PYTHON --tool cleanlab=PYTHON ...

from the root of the repository. PYTHON is an interpreter of the environment that the tool is
installed in. Only tools that are named are run; what others showed before stays. FiftyOne wants a
database (`FIFTYONE_DATABASE_URI`) where its package has none for the system; Label Studio a server
(`label-studio start`, named by `LABEL_STUDIO_URL` and `LABEL_STUDIO_TOKEN`). CVAT is from its
documentation. The table goes to `docs/comparison.md`, all that was seen to `benchmarks/results`.
"""

from __future__ import annotations

import argparse
import datetime
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.features.documented import CVAT, OTHERS
from benchmarks.features.material import made
from benchmarks.features.tables import TOOLS, Cell, Outcome, record
from benchmarks.features.wanted import FEATURES
from benchmarks.machine import this_machine, versions

PROGRAMS = Path(__file__).parent / "peers"
ROOT = Path(__file__).parents[2]
PACKAGES = {
    "labelaudit": ("labelaudit",),
    "ruff": ("ruff",),
    "FiftyOne": ("fiftyone", "fiftyone-brain"),
    "cleanlab": ("cleanlab", "cleanvision"),
    "Datumaro": ("datumaro",),
    "Label Studio": ("label-studio",),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Try the tools that the command line names, and write all tables anew."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--tool", action="append", default=[], metavar="NAME=PYTHON")
    parser.add_argument("--only", nargs="*", default=[], metavar="FEATURE", help="and no others")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "comparison.md")
    options = parser.parse_args(arguments)
    unknown = set(options.only) - {one.key for one in FEATURES}
    if unknown:
        parser.error(f"no feature is called {', '.join(sorted(unknown))}")
    outcomes = {"CVAT": documented()}
    with tempfile.TemporaryDirectory() as folder:
        material = made(Path(folder) / "material")
        for tool in options.tool:
            name, _, python = tool.partition("=")
            if name not in PACKAGES or not python:
                parser.error(
                    f"--tool {tool}: a tool is one of {', '.join(PACKAGES)}, as NAME=PYTHON"
                )
            outcomes[name] = tried(name, Path(python), material, options.only)
    record(outcomes, options.results, options.page)


def documented() -> Outcome:
    """CVAT, as its documentation has it."""
    cells = {key: Cell(answer, seen, where) for key, (answer, seen, where) in CVAT.items()}
    return Outcome("", None, {}, cells)


def tried(name: str, python: Path, material: Path, only: Sequence[str]) -> Outcome:
    """What a tool showed, each feature once; ends the program if a probe fails."""
    program = PROGRAMS / f"of_{name.lower().replace(' ', '_')}.py"
    command = [str(python), str(program), str(material), *only]
    machine = this_machine()
    ended = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    lines = [line for line in ended.stdout.splitlines() if line.startswith("ANSWERS ")]
    if not lines:
        sys.exit(f"{name}: no answers, exit code {ended.returncode}")
    answers = json.loads(lines[-1].partition(" ")[2])
    failed = {key: seen for key, (answer, seen) in answers.items() if answer == "failed"}
    if failed:
        sys.exit("\n".join(f"{name}, {key}: {seen}" for key, seen in failed.items()))
    cells = {key: Cell(answer, seen, "run") for key, (answer, seen) in answers.items()}
    if not only:
        known = OTHERS.get(name, {})
        cells |= {key: Cell(answer, seen, where) for key, (answer, seen, where) in known.items()}
    date = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    return Outcome(date, machine, versions(python, PACKAGES[name]), cells)


assert set(PACKAGES) | {"CVAT"} == set(TOOLS)

if __name__ == "__main__":
    main()
