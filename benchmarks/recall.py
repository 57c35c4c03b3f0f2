"""Measures which planted defects labelaudit finds, beside other tools that check labels.

Run `python -m benchmarks.recall --peers PYTHON` from the root of the repository, PYTHON being an
interpreter that has hotcoco, panlabel and datumaro. The tables go to `benchmarks/results` and into
`docs/comparison.md`.

Every kind of defect is planted alone in a copy of the clean twin, and every tool is run on that
copy as a process of its own. A tool has found the defect if its report has a remark that its
report on the clean twin lacks and that names the record, class or file where the defect is; what
the remark says is not judged, in favour of the tool. A remark that a tool makes about every other
box of the clean twin says nothing, and counts as a false alarm only.
"""

from __future__ import annotations

import argparse
import datetime
import os
import shlex
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path

from benchmarks.linters import Linter, Remark, linters
from benchmarks.machine import this_machine, versions
from benchmarks.planted.places import CLASS, FILE
from benchmarks.planted.planting import FORMATS, Defect, Planted, defects, planted
from benchmarks.recall_tables import Outcome, Row, record, tables

ROOT = Path(__file__).parent
RESULTS, PAGE = ROOT / "results", ROOT.parent / "docs" / "comparison.md"


class Verdict(StrEnum):
    """What a tool made of a defect."""

    FOUND = "found"
    SYMPTOMS = "symptoms"  # remarks about single records, where the whole file is wrong
    MISSED = "missed"
    REFUSED = "refused"  # it ended without a report on anything in the file


def main(arguments: Sequence[str] | None = None) -> None:
    """Plant every defect of the formats on the command line, or of all, and record the verdicts."""
    options = _options(arguments)
    labelaudit = tuple(shlex.split(options.labelaudit))
    for name in options.formats:
        tools = linters(name, labelaudit, options.peers)
        outcome = measured(name, tools, options.peers, options.workers)
        record(name, outcome, options.results, PAGE)
        print(tables(name, outcome))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("formats", nargs="*", default=list(FORMATS), metavar="FORMAT", help=", ".join(FORMATS))
    add("--results", type=Path, default=RESULTS, help="where the tables go")
    add("--labelaudit", default=f"{sys.executable} -m labelaudit", help="what starts labelaudit")
    add("--workers", type=int, default=os.cpu_count(), help="how many defects are tried at once")
    add("--peers", type=Path, help="a Python interpreter with the peers installed")
    options = parser.parse_args(arguments)
    for name in set(options.formats) - FORMATS.keys():
        parser.error(f"no format is called {name!r}; there are {', '.join(FORMATS)}")
    return options


def measured(format_: str, tools: list[Linter], peers: Path | None, workers: int = 1) -> Outcome:
    """What each tool says of the clean twin, and its verdict on each defect.

    Parameters
    ----------
    format_:
        of the labels.
    tools:
        ours first.
    peers:
        the interpreter of the others, if there are any.
    workers:
        how many defects are tried at once.
    """
    clean = {tool.name: _remarks(tool, planted(format_)) or [] for tool in tools}

    def tried(defect: Defect) -> Row:
        labels = planted(format_, [defect])
        verdicts = {
            tool.name: str(verdict(_remarks(tool, labels), clean[tool.name], labels, defect))
            for tool in tools
        }
        print(f"{defect}: {verdicts}", file=sys.stderr, flush=True)
        return Row(defect.family, defect.kind, defect.rule, verdicts)

    with ThreadPoolExecutor(workers) as pool:
        rows = list(pool.map(tried, defects(format_)))
    found = versions(Path(sys.executable), ["labelaudit"])
    if peers is not None:
        found |= versions(peers, [tool.package for tool in tools[1:]])
    alarms = {tool: dict(Counter(remark.code for remark in said)) for tool, said in clean.items()}
    date = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    return Outcome(date, this_machine(), found, alarms, rows)


def _remarks(tool: Linter, labels: Planted) -> list[Remark] | None:
    """What a tool says of labels; they are written for it alone."""
    with tempfile.TemporaryDirectory() as name:
        written = labels.labels.write(Path(name) / "dataset")
        # panlabel takes a YOLO dataset by its folder.
        return tool.remarks(written.parent if written.name == "data.yaml" else written)


def verdict(
    said: list[Remark] | None, clean: list[Remark], labels: Planted, defect: Defect
) -> Verdict:
    """What a tool made of one defect, by its remarks on the defective and on the clean copy."""
    if said is None:
        return Verdict.REFUSED
    counts = Counter(remark.code for remark in clean)
    usual = {code for code, count in counts.items() if count > _half(labels)}
    new = [remark for remark in Counter(said) - Counter(clean) if remark.code not in usual]
    place = labels.places[defect]
    if place.part == FILE:
        source = f"{FILE} {place.source}"
        if any(not remark.about or source in remark.about for remark in new):
            return Verdict.FOUND
        return Verdict.SYMPTOMS if new else Verdict.MISSED
    exact, image = labels.labels.names(place)
    if place.part == CLASS and any(not remark.about for remark in new):
        return Verdict.FOUND
    return Verdict.FOUND if any(_names(remark, exact, image) for remark in new) else Verdict.MISSED


def _names(remark: Remark, exact: Set[str], image: Set[str]) -> bool:
    """Whether a remark names the record, or nothing but the image that it is in."""
    return bool(remark.about & exact) or (bool(remark.about) and remark.about <= image)


def _half(labels: Planted) -> int:
    """Half of all boxes."""
    return sum(len(image.things) for image in labels.scene.images) // 2


if __name__ == "__main__":
    main()
