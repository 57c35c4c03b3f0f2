"""A dataset in many files, audited shard by shard, beside the same labels in one file.

    python -m benchmarks.shards [--shards 4] [--boxes 250000] [--rounds 1] [--folder FOLDER]

Draws shards of so many boxes each, writes each as a COCO file, and all of them as one, and measures
whole scans: of the one file, with all rules and with those alone that are asked of shards, and of
the folder with --shards, in as many processes at a time as there are cores. With `--shards 1` the
one file itself is scanned with --shards, which cuts it if it is large. The figures go
to `benchmarks/results/shards.json` and `.md`; one run adds to those of other sizes.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.coco_file import write_coco
from benchmarks.machine import this_machine, versions
from benchmarks.process import measure
from benchmarks.records import joined
from benchmarks.repeated_coco import repeat_coco
from benchmarks.results import Outcome, Row, table
from benchmarks.rule_defaults import RESULTS
from benchmarks.scenes import draw_scenes
from labelaudit.auditing.run import Options
from labelaudit.auditing.shards.plan import shard_plan

HEAD = """\
# Shards

Written by `python -m benchmarks.shards`; do not edit. Every figure is of a whole scan, from its
start to its end. The peak is resident memory of the largest process, of which there are several
where shards are read; the ratio is the wall time divided by that of the first row.
"""
BOXES_AN_IMAGE = 7.27  # as in COCO train2017
MOST_DRAWN = 2_500_000  # boxes; of more, the same are repeated with other ids and names


def main() -> None:
    """Measure one size, and write all tables anew."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="labelaudit-benchmarks-", dir=options.folder) as name:
        record(_outcome(Path(name), options))


def record(outcome: Outcome) -> None:
    """Write the tables anew, with one more."""
    known = joined(RESULTS / "shards.json", {outcome.title: outcome}, dict[str, Outcome])
    (RESULTS / "shards.md").write_text("\n".join([HEAD, *map(table, known.values())]))
    print(table(outcome))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--shards", type=int, default=4, help="how many (default %(default)s)")
    parser.add_argument("--boxes", type=int, default=250_000, help="of each (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=1, help="(default %(default)s)")
    parser.add_argument("--remark", default="", help="what else there is to know: the load, say")
    parser.add_argument("--folder", type=Path, help="for what is drawn; that of the system if none")
    return parser.parse_args()


def _outcome(folder: Path, options: argparse.Namespace) -> Outcome:
    """What scans of so many shards of so many boxes take, and of one file of as many."""
    count, boxes = options.shards, options.boxes
    one, shards = folder / "one.json", folder / "shards"
    _write(one, count * boxes, seed=count)
    if count == 1:
        return measured(one, one, f"one file of {boxes:,} boxes", options)
    shards.mkdir()
    for number in range(count):
        _write(shards / f"{number:04}.json", boxes, seed=number)
    return measured(one, shards, f"{count} shards of {boxes:,} boxes", options)


def measured(one: Path, shards: Path, title: str, options: argparse.Namespace) -> Outcome:
    """What scans take.

    Parameters
    ----------
    one:
        a file.
    shards:
        a folder of as much in several, or the same file.
    title:
        of the table.
    options:
        of the command line.
    """
    machine = this_machine()
    scans = dict(_scans(one, shards))
    runs = {
        name: [measure(command).usage for _ in range(options.rounds)]
        for name, command in scans.items()
    }
    return Outcome(
        title=title,
        date=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        machine=machine,
        versions=versions(Path(sys.executable), ["labelaudit", "numpy"]),
        size_mb=round(one.stat().st_size / 1e6, 1),
        rows=[Row(name, usages) for name, usages in runs.items()],
        remark=options.remark,
    )


def _write(path: Path, boxes: int, *, seed: int) -> None:
    times = -(-boxes // MOST_DRAWN)
    drawn = path if times == 1 else path.with_suffix(".drawn")
    scenes = draw_scenes(round(boxes / times / BOXES_AN_IMAGE), boxes // times, seed=seed)
    write_coco(drawn, scenes, polygons=False, seed=seed)
    if times > 1:
        repeat_coco(drawn, path, times)
        drawn.unlink()


def _scans(one: Path, shards: Path) -> Iterator[tuple[str, list[str]]]:
    """The scans that are measured, by name."""
    scan = [sys.executable, "-m", "labelaudit", "scan", "--quiet", "--exit-zero"]
    unchecked = ",".join(shard_plan(Options()).unchecked)
    if shards != one:
        yield "one file", [*scan, str(one)]
    yield "one file, rules of shards alone", [*scan, str(one), "--ignore", unchecked]
    yield "--shards", [*scan, str(shards), "--shards"]


if __name__ == "__main__":
    main()
