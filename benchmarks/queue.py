"""Measures the review queue: 100,000 findings over 20,000 images, in SQLite and in PostgreSQL.

Run `python -m benchmarks.queue` from the root of the repository. The figures go to
`benchmarks/results/queue.md`.
"""

from __future__ import annotations

import argparse
import datetime
import json
import resource
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import labelaudit
from benchmarks.datasets import FOLDER
from benchmarks.machine import Machine, this_machine
from benchmarks.postgresql_server import PostgresServer
from labelaudit.auditing.findings import Findings, Fix, Safety, Severity
from labelaudit.auditing.run import Options
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.review.queue.decisions import ItemDecision, decide, disagreements, undo
from labelaudit.review.queue.enqueue import enqueue
from labelaudit.review.queue.import_export import export, import_list
from labelaudit.review.queue.items import Filter, Order, Verdict
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.places import QueuePlace, QueueUrl, place_of
from labelaudit.review.queue.progress import by_rule, facets, progress
from labelaudit.review.queue.ranking import reorder
from labelaudit.review.queue.store import Queue

RESULTS = Path(__file__).parent / "results"
BOXES = 5  # in an image, each of them with a finding
CLASSES = 80
PAGE = 24
TIMES = 7

Row = tuple[str, float, float]
"""What was done, and the seconds of the first time and of the median."""

ORDERS: tuple[Order, ...] = ("value", "image", "errors", "kind")
FILTERS = {
    "a rule": Filter(rule="MOD002"),
    "a class": Filter(class_name="class79"),
    "a severity": Filter(severity="info"),
    "a part of an image's name": Filter(image="01999"),
    "the name of one image": Filter(image="019999"),
    "a range of probability": Filter(min_probability=0.999),
    "any state": Filter(state="any"),
    "accepted ones": Filter(state="accepted"),
    "those of a reviewer": Filter(reviewer="ann", state="any"),
    "those of a reviewer who decided nothing": Filter(reviewer="zoe", state="any"),
    "a class that is not there": Filter(class_name="none"),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Record in one process and ask in another, so that each has a memory of its own."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("part", nargs="?", choices=["recorded", "asked"])
    parser.add_argument("--folder", type=Path, default=FOLDER / "queue")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--queue", help="where the queue is, of a part")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.part:
        part = {"recorded": recorded, "asked": asked}[options.part]
        place = place_of(options.queue)
        print(json.dumps(part(place, options.folder, options.images)))  # to `main`
        return
    machine = this_machine()
    words = ["--folder", str(options.folder), "--images", str(options.images)]
    for path in options.folder.glob("*.sqlite*"):
        path.unlink()
    in_file = both(str(options.folder / "queue.sqlite"), words)
    with PostgresServer(synchronous=True) as server:
        in_server = both(server.url("queue"), words)
        version = server.execute("SHOW server_version").split()[0]
    text = page(in_file, in_server, count=options.images, machine=machine, version=version)
    (options.results / "queue.md").write_text(text)


def both(place: str, words: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What both parts say of a queue at a place."""
    said = {}
    for name in ("recorded", "asked"):
        command = [sys.executable, "-m", "benchmarks.queue", name, "--queue", place, *words]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        said[name] = json.loads(done.stdout)
    return said


def recorded(place: QueuePlace, folder: Path, count: int) -> dict[str, Any]:
    """A scan put into a new queue, and once more."""
    dataset = labels(folder, count)
    found = findings(dataset)
    before = peak_mib()
    with Queue.open(place) as queue:
        rows = [
            once("put a scan into a new queue", lambda: enqueue(queue, found, dataset, Options())),
            once("put it in again", lambda: enqueue(queue, found, dataset, Options())),
        ]
        size = size_of(queue, folder)
    return {"rows": rows, "before": before, "peak": peak_mib(), "size": size / 2**20}


def size_of(queue: Queue, folder: Path) -> int:
    """Bytes that a queue takes on the disk."""
    if not isinstance(queue.place, QueueUrl):
        return sum(path.stat().st_size for path in folder.glob(f"{queue.place.name}*"))
    query = "SELECT sum(pg_total_relation_size(format('%I.%I', schemaname, tablename)::regclass)) "
    with queue.reading() as database:
        found = database.execute(f"{query} FROM pg_tables WHERE schemaname = current_schema()")
        return int(found.fetchone()[0])


def asked(place: QueuePlace, folder: Path, count: int) -> dict[str, Any]:
    """Everything else, of a queue that was opened anew."""
    before = peak_mib()
    with Queue.open(place) as queue:
        rows = [*pages(queue, count * BOXES), *decisions(queue), *filters(queue), *numbers(queue)]
        during = peak_mib()
        rows.append(once("order anew", lambda: reorder(queue)))
        rows += exchanged(queue, folder)
    return {"rows": rows, "before": before, "during": during, "peak": peak_mib()}


def pages(queue: Queue, count: int) -> Iterator[Row]:
    """The first page in each order, and one from the middle."""
    for order in ORDERS:
        wanted = Filter(state="any")
        with queue.reading() as database:
            query = f"SELECT fingerprint FROM items WHERE by_{order} = ?"
            [middle] = database.execute(query, (count // 2,)).fetchone()
        yield often(
            f"first page by {order}",
            partial(next_items, queue, "ann", Filter(), count=PAGE, order=order),
        )
        yield often(
            f"a page from the middle by {order}",
            partial(next_items, queue, "ann", wanted, count=PAGE, order=order, after=middle),
        )


def decisions(queue: Queue) -> Iterator[Row]:
    """Decisions, each on the disk before the next."""
    items = iter(next_items(queue, "ann", Filter(), count=500))

    def said(count: int) -> None:
        verdicts = [ItemDecision(next(items).fingerprint, Verdict.ACCEPT) for _ in range(count)]
        decide(queue, "ann", verdicts, uuid=str(uuid.uuid4()))

    yield often("decide about one", lambda: said(1))
    yield often(f"decide about {PAGE} at once", lambda: said(PAGE))
    yield often("undo the last", lambda: undo(queue, "ann", uuid=str(uuid.uuid4())))
    for _ in range(5):
        said(PAGE)


def filters(queue: Queue) -> Iterator[Row]:
    """The first page of each filter, in the order that takes longest."""
    for name, wanted in FILTERS.items():
        rows = [
            often(
                f"first page, {name}",
                partial(next_items, queue, "bob", wanted, count=PAGE, order=order),
            )
            for order in ORDERS
        ]
        yield max(rows, key=lambda row: row[2])


def numbers(queue: Queue) -> Iterator[Row]:
    """What is counted."""
    yield often("progress, with its estimate", lambda: progress(queue))
    yield often("classes to filter by", lambda: facets(queue, "class"))
    yield often("states by rule", lambda: by_rule(queue))
    yield often("where reviewers disagree", lambda: disagreements(queue))


def exchanged(queue: Queue, folder: Path) -> Iterator[Row]:
    """Out to JSON Lines, and into another queue."""
    path = folder / "exported.jsonl"
    yield once("export", lambda: export(queue, path))
    place: QueuePlace = folder / "other.sqlite"
    if isinstance(queue.place, QueueUrl):
        place = QueueUrl(queue.place.given.replace("schema=queue", "schema=other"))
    with Queue.open(place) as other:
        yield once("import into a new queue", lambda: import_list(other, path))
        yield once("import again", lambda: import_list(other, path))


def once(name: str, act: Callable[[], object]) -> Row:
    """Something that is done once."""
    started = time.perf_counter()
    act()
    took = time.perf_counter() - started
    return name, took, took


def often(name: str, act: Callable[[], object]) -> Row:
    """Something that is done `TIMES` times."""
    times = [once(name, act)[1] for _ in range(TIMES)]
    return name, times[0], statistics.median(times)


def peak_mib() -> float:
    """The most memory that this process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def labels(folder: Path, count: int) -> Dataset:
    """A COCO file of `count` images with `BOXES` boxes each; made once."""
    path = folder / f"labels{count}.json"
    if not path.exists():
        rng = np.random.default_rng(0)
        corners = rng.integers(0, 400, (count * BOXES, 2)).tolist()
        sides = rng.integers(10, 200, (count * BOXES, 2)).tolist()
        label = rng.integers(CLASSES, size=count * BOXES).tolist()
        images = [
            {"id": n, "file_name": f"train/{n:06}.jpg", "width": 640, "height": 640}
            for n in range(count)
        ]
        annotations = [
            {"id": n, "image_id": n // BOXES, "category_id": label[n], "bbox": corners[n] + side}
            for n, side in enumerate(sides)
        ]
        categories = [{"id": n, "name": f"class{n}"} for n in range(CLASSES)]
        whole = {"images": images, "annotations": annotations, "categories": categories}
        path.write_text(json.dumps(whole))
    return labelaudit.load(path)


def findings(dataset: Dataset) -> Findings:
    """A finding for each box, of four rules; half of them have a model's probability."""
    count = len(dataset.boxes)
    rng = np.random.default_rng(1)
    kind = rng.integers(4, size=count)
    probability = np.where(rng.random(count) < 0.5, rng.random(count), np.nan)
    fix = np.empty(count, object)
    for box, one in enumerate(kind.tolist()):
        fix[box] = _fix(one, box)
    return Findings.of(
        count,
        code=[f"MOD00{one + 1}" for one in kind.tolist()],
        name=[f"rule-{one + 1}" for one in kind.tolist()],
        severity=rng.choice([int(one) for one in Severity], count),
        file=dataset.boxes.file,
        image=dataset.boxes.image,
        box=np.arange(count),
        message=["this message is about as long as the usual one of a rule is"] * count,
        probability=probability,
        fix=fix,
    )


def _fix(kind: int, box: int) -> Fix | None:
    values: list[tuple[str, dict[str, Any]]] = [
        ("drop", {}),
        ("relabel", {"label": box % CLASSES}),
        ("move", {"xyxy": [1.0, 2.0, 31.0, 42.0]}),
    ]
    if kind == len(values):
        return None
    return Fix(values[kind][0], Safety.UNSAFE, RecordType.BOX, box, values[kind][1])


def page(
    in_file: dict[str, dict[str, Any]],
    in_server: dict[str, dict[str, Any]],
    *,
    count: int,
    machine: Machine,
    version: str,
) -> str:
    """The figures as a page."""
    date = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    busy = ""
    if machine.load >= 1:
        busy = "Other programs were running meanwhile: the figures are upper bounds."
    rows = [[*each["recorded"]["rows"], *each["asked"]["rows"]] for each in (in_file, in_server)]
    lines = [
        "# Review queue",
        "",
        "Written by `python -m benchmarks.queue`; do not edit.",
        "",
        f"{count * BOXES:,} findings over {count:,} images, a page of {PAGE}; filters in the "
        "slowest of the four orders. Nothing else was asked of the queue meanwhile. PostgreSQL "
        f"{version} ran on the same machine, asked through a Unix socket; a network adds its way "
        "there and back to each statement.",
        "",
        f"{date}; {machine}. {busy}",
        "",
        "| what | SQLite: first, ms | median, ms | PostgreSQL: first, ms | median, ms |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {one[0]} | {1e3 * one[1]:,.1f} | {1e3 * one[2]:,.1f} "
            f"| {1e3 * other[1]:,.1f} | {1e3 * other[2]:,.1f} |"
            for one, other in zip(*rows, strict=True)
        ),
        "",
        f"Each was done {TIMES} times, but the first two and the last four, which were done once. "
        "The pages of decided findings are of a few hundred decisions. An estimate that is a few "
        "seconds old is not worked out again, so that the median of the progress is of what was "
        "remembered.",
        "",
        *(
            f"{name} has {each['recorded']['size']:,.0f} MiB. The most memory of the process that "
            f"recorded was {each['recorded']['peak']:,.0f} MiB, {each['recorded']['before']:,.0f} "
            f"of them before, for labels and findings. Of the one that asked it was "
            f"{each['asked']['before']:,.0f} MiB before the queue was opened, "
            f"{each['asked']['during']:,.0f} after all pages, decisions and counts, and "
            f"{each['asked']['peak']:,.0f} after ordering anew, exporting and importing.\n"
            for name, each in (("The file", in_file), ("The schema in PostgreSQL", in_server))
        ),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
