"""What real datasets hold near the defaults of rules, so that a docstring can name the row.

    python -m benchmarks.rule_defaults [--data ../shared/data]

For each rule it prints what its defaults are drawn between: the largest overlaps, the thinnest
boxes, the largest deviations. The figures go to `benchmarks/results/rule_defaults.json` and
`.md`. They are facts of the labels as published, so that each run says the same.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.rule_measures import MEASURES
from labelaudit.auditing.context import AuditContext
from labelaudit.io.load import load

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
RESULTS = ROOT / "benchmarks" / "results"

EARLY = "early TACO"
SETS = {
    "BCCD": "bccd",
    "cards": "cards",
    "COCO": "coco_cc/instances.json",
    "TACO": "taco/annotations.json",
    EARLY: "taco/annotations_2019-06-26_bbox_y_flipped.json",
}
"""Where each dataset stands, by the name that docstrings give it; COCO is a sample of 59 images."""

HEAD = """\
# What the defaults of rules are drawn between

Written by `python -m benchmarks.rule_defaults`; do not edit. COCO is a sample of 59 images of
train2017; early TACO is the release whose boxes were upside down. What stands in a row is of the
labels as they were published, errors among them; docstrings name the row, and what is an error.
Numbers that are listed are the most extreme ones, the first of all first.

| rule | data | what | values |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Row:
    """What one dataset holds near the default of one rule."""

    rule: str
    data: str
    what: str
    values: list[float]

    def __str__(self) -> str:
        """One line for people."""
        said = ", ".join(map(_shown, self.values)) or "none"
        return f"| {self.rule} | {self.data} | {self.what} | {said} |"


def _shown(value: float) -> str:
    """A number with as many digits as say something."""
    return f"{value:,.0f}" if value == int(value) else f"{value:.3g}"


def rows(data: Path) -> Iterator[Row]:
    """All rows of the datasets in a folder, by rule, those that hold something."""
    audits = {name: AuditContext(load(data / place)) for name, place in SETS.items()}
    for rule, measure in MEASURES:
        for name, audit in audits.items():
            if name == EARLY and rule != "box-polygon-mismatch":
                continue  # nearly all of it is in the later release, too
            for what, values in measure(audit).items():
                yield Row(rule, name, what, [round(float(one), 4) for one in values])


def record(found: list[Row], folder: Path) -> None:
    """Write the figures for programs and the table for people."""
    text = msgspec.json.format(msgspec.json.encode(found)) + b"\n"
    (folder / "rule_defaults.json").write_bytes(text)
    (folder / "rule_defaults.md").write_text(HEAD + "".join(f"{row}\n" for row in found))


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA, help="where the datasets are")
    found = list(rows(parser.parse_args().data))
    print(HEAD + "\n".join(map(str, found)))
    record(found, RESULTS)


if __name__ == "__main__":
    main()
