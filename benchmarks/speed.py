"""Measures how fast labelaudit scans, beside what else reads or checks the same labels.

Run `python -m benchmarks.speed --peers PYTHON` from the root of the repository, PYTHON being an
interpreter that has hotcoco, pycocotools, panlabel and datumaro. The tables go to
`benchmarks/results`.
"""

from __future__ import annotations

import argparse
import datetime
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.datasets import FOLDER, Dataset
from benchmarks.experiments import EXPERIMENTS, PROGRAMS, Contender, Experiment, Tools, contenders
from benchmarks.launch import MEGABYTE
from benchmarks.machine import this_machine, versions
from benchmarks.peers.read_bytes import label_files
from benchmarks.process import Run, Usage, measure
from benchmarks.results import Outcome, Row, record, table

RESULTS = Path(__file__).parent / "results"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the experiments named on the command line, or the usual ones, and record each."""
    options = _options(arguments)
    tools = Tools(tuple(shlex.split(options.labelaudit)), options.peers)
    variants = dict(_variant(text) for text in options.variant)
    for name in options.names:
        _say(f"== {name}")
        experiment = EXPERIMENTS[name]
        takers = contenders(experiment, tools, variants)
        outcome = run_in_turn(
            experiment, takers, tools, folder=options.folder, rounds=options.rounds
        )
        record({name: outcome}, options.results)
        print(table(outcome))


def run_in_turn(
    experiment: Experiment, takers: list[Contender], tools: Tools, *, folder: Path, rounds: int
) -> Outcome:
    """All contenders in turn, round after round, so that a busy minute hits all of them alike."""
    path = _dataset(experiment.dataset, folder)
    machine = this_machine()
    size_mb = round(_warm(path) / MEGABYTE, 1)
    runs: dict[str, list[Usage]] = {taker.name: [] for taker in takers}
    for number in range(min(rounds, experiment.most_rounds)):
        for taker in takers:
            ended = measure(taker.on(path))
            runs[taker.name].append(ended.usage)
            _say(f"round {number + 1}, {taker.name}: {_summary(ended)}")
    return Outcome(
        title=experiment.title,
        date=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        machine=machine,
        versions=_versions(takers, tools),
        size_mb=size_mb if experiment.scans else None,
        rows=[Row(name, usages) for name, usages in runs.items()],
        remark=experiment.remark,
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What the command line asks for."""
    usual = [name for name, experiment in EXPERIMENTS.items() if experiment.usual]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("names", nargs="*", default=usual, metavar="NAME", help=", ".join(EXPERIMENTS))
    add("--rounds", type=int, default=5, help="how often each tool runs (default %(default)s)")
    add("--folder", type=Path, default=FOLDER, help="where the datasets are kept: %(default)s")
    add("--results", type=Path, default=RESULTS, help="where the tables go")
    add("--labelaudit", default=f"{sys.executable} -m labelaudit", help="what starts labelaudit")
    add("--peers", type=Path, help="a Python interpreter with the peers installed")
    add(
        "--variant",
        action="append",
        default=[],
        metavar="NAME=OPTIONS",
        help="scan again with these",
    )
    options = parser.parse_args(arguments)
    for name in set(options.names) - EXPERIMENTS.keys():
        parser.error(f"no experiment is called {name!r}; there are {', '.join(EXPERIMENTS)}")
    return options


def _variant(text: str) -> tuple[str, tuple[str, ...]]:
    """The name of a variant of our scan, and its further options."""
    name, _, options = text.partition("=")
    return name, tuple(shlex.split(options))


def _dataset(dataset: Dataset, folder: Path) -> Path:
    """The path of a dataset; another process makes it, whose memory is given back afterwards."""
    path = dataset.path(folder)
    if not path.exists():
        _say(f"making {dataset.description}")
        command = [
            sys.executable,
            "-m",
            "benchmarks.generate",
            dataset.name,
            "--folder",
            str(folder),
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return path


def _warm(path: Path) -> int:
    """Read all once, so that nobody pays for the disk, and say how many bytes are labels."""
    measure([sys.executable, str(PROGRAMS / "read_bytes.py"), str(path)])
    return sum(name.stat().st_size for name in label_files(path))


def _versions(takers: list[Contender], tools: Tools) -> dict[str, str]:
    """The versions of all packages that took part."""
    beside = Path(shutil.which(tools.labelaudit[0]) or sys.executable).with_name("python")
    found = versions(beside if beside.exists() else Path(sys.executable), takers[0].packages)
    if tools.peers is not None:
        found |= versions(tools.peers, [name for taker in takers[1:] for name in taker.packages])
    return found


def _summary(run: Run) -> str:
    """One run in a few words."""
    used = run.usage
    if used.exit_code:
        return f"failed with exit code {used.exit_code}: {run.complaint}"
    return f"{used.wall_s:.2f} s, CPU {used.cpu_s:.2f} s, {used.peak_mb:,.0f} MB"


def _say(line: str) -> None:
    """Tell who waits how far it is."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
