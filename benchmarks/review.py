"""Measures the review page: 100,000 findings in a browser, two reviewers, servers that are killed.

Run `python -m benchmarks.review` from the root of the repository, with `chromium` on the path. The
figures go to `benchmarks/results/review.md`.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import itertools
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image

from benchmarks.datasets import FOLDER
from benchmarks.machine import this_machine
from benchmarks.scenes import NAMES

RESULTS = Path(__file__).parent / "results"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SIZE = (1280, 960)  # pixels of an image
PICTURES = 40  # different ones; the files of the others are links to them
PAIRS = 5  # duplicate boxes in an image, each of them a finding
KEYS = 100


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the experiments and write what they showed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="many, shared, killed")
    parser.add_argument("--folder", type=Path, default=FOLDER / "review")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=50)
    options = parser.parse_args(arguments)
    parts = {
        "many": lambda folder: many_findings(dataset(folder, options.images)),
        "shared": lambda folder: two_reviewers(dataset(folder, 100)),
        "killed": lambda folder: killed(dataset(folder, 200), options.kills),
    }
    for name in options.names or parts:
        record(name, parts[name](options.folder / name), options.results)


def record(name: str, text: str, folder: Path) -> None:
    """Add what an experiment showed to what was recorded before, and write the page anew."""
    path = folder / "review.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    date = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    known[name] = f"{text}\n{date}; {this_machine()}.\n"
    path.write_text(json.dumps(known, indent=2) + "\n")
    head = "# Review\n\nWritten by `python -m benchmarks.review`; do not edit.\n"
    (folder / "review.md").write_text("\n".join([head, *known.values()]))


def dataset(folder: Path, count: int) -> Path:
    """A COCO file of `count` images with `PAIRS` duplicate boxes each; made once."""
    labels = folder / "labels.json"
    if labels.exists():
        return labels
    rng = np.random.default_rng(0)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for number in range(count):
        path = folder / "images" / f"{number:06}.jpg"
        if number >= PICTURES:
            os.link(folder / "images" / f"{number % PICTURES:06}.jpg", path)
            continue
        small = Image.fromarray(rng.integers(0, 255, (24, 32, 3), np.uint8))
        small.resize(SIZE, Image.Resampling.BICUBIC).save(path, quality=90)
    labels.write_text(json.dumps(_labels(count, rng)))
    return labels


def _labels(count: int, rng: np.random.Generator) -> dict[str, Any]:
    images = [
        {"id": n, "file_name": f"{n:06}.jpg", "width": SIZE[0], "height": SIZE[1]}
        for n in range(count)
    ]
    annotations: list[dict[str, object]] = []
    for image in range(count):
        for pair in range(PAIRS):
            left, top = 40 + 240 * pair, float(rng.integers(20, 700))
            box = [left, top, float(rng.integers(40, 180)), float(rng.integers(40, 200))]
            label = int(rng.integers(len(NAMES)))
            common = {"image_id": image, "category_id": label, "bbox": box, "iscrowd": 0}
            common["area"] = box[2] * box[3]
            annotations += [{"id": 2 * len(annotations) + n, **common} for n in range(2)]
    categories = [{"id": n, "name": name} for n, name in enumerate(NAMES)]
    return {"images": images, "annotations": annotations, "categories": categories}


class Server:
    """`labelaudit review` as a process."""

    def __init__(self, labels: Path, queue: Path) -> None:
        words = ["review", str(labels), "--no-browser", "--queue", str(queue)]
        command = [sys.executable, "-m", "labelaudit", *words, "--select", "DUP001"]
        started = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.address = str(self.process.stdout.readline()).strip() if self.process.stdout else ""
        self.ready_s = time.perf_counter() - started

    @property
    def api(self) -> httpx.Client:
        """A client of its API."""
        base, _, token = self.address.partition("/?token=")
        return httpx.Client(base_url=base, headers={"authorization": f"Bearer {token}"}, timeout=60)

    def memory_mb(self, kind: str) -> float:
        """Resident memory in MB: VmRSS is now, VmHWM its peak."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(kind)).split()[1]) * 1024 / 1e6

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """A browser without a window."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only one experiment in three

    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        yield playwright.chromium.launch(executable_path=path, args=FLAGS)


def opened(chromium: Any, server: Server, name: str) -> Any:
    """The page in a browser of its own, once its first finding is shown."""
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    context.add_init_script(f"localStorage.setItem('labelaudit.reviewer', {name!r})")
    page = context.new_page()
    page.goto(f"{server.address}&order=value")
    page.wait_for_selector("body[data-ready]")
    page.wait_for_selector("#canvas[data-painted]")
    return page


def many_findings(labels: Path) -> str:
    """The first page and every key, with many findings."""
    queue = labels.with_name("queue.sqlite")
    for leftover in labels.parent.glob("queue.sqlite*"):
        leftover.unlink()
    first = Server(labels, queue)
    total = first.api.get("/api/progress").json()["total"]
    first.kill()
    server = Server(labels, queue)
    before_mb = server.memory_mb("VmRSS")
    with browser() as chromium:
        page = opened(chromium, server, "ann")
        shown_ms = page.evaluate("performance.getEntriesByName('image painted')[0].startTime")
        rows = []
        for order, key in (("value", "a"), ("image", "r"), ("value", "s")):
            page.click(f'[data-mode="{order}"]')
            page.wait_for_timeout(1000)
            rows.append((f"{key.upper()}, order {order}", _pressed(page, key, KEYS)))
        page.keyboard.press("g")
        page.wait_for_selector(".cell img")
        rows.append(("A, a screen of crops", _pressed(page, "a", 20)))
    peak_mb = server.memory_mb("VmHWM")
    server.kill()
    lines = [
        f"## {total:,} findings\n",
        f"Scanned, queue written and page served after {first.ready_s:.1f} s; started again with "
        f"the queue there after {server.ready_s:.1f} s. The first page, image included, was "
        f"painted {shown_ms:,.0f} ms after the browser went there. Memory of the server: "
        f"{before_mb:,.0f} MB at its start, {peak_mb:,.0f} MB at its peak.\n",
        "A key is answered when the frame after it is painted; its image is shown when that of the "
        "next finding is painted (not counted where that is the same image); saved is when the "
        "server's answer is there. CPU is what the page's own thread works for a key in all, the "
        "next images and what is saved included, whatever else the machine does.\n",
        "| key | times | answered ms: median | 99 % | worst | CPU ms | image ms: median | worst "
        "| saved ms: median | worst |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        *(_row(*row) for row in rows),
    ]
    return "\n".join([*lines, ""])


@dataclass(frozen=True)
class Pressed:
    """Milliseconds from each press of a key: to its frame, to the image, to being saved."""

    answered: list[float]
    image: list[float]
    saved: list[float]
    cpu: float  # of the page's main thread, a key


def _cpu_s(tools: Any) -> float:
    """Seconds that the page's main thread has worked."""
    metrics = tools.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


def _pressed(page: Any, key: str, times: int) -> Pressed:
    page.evaluate("performance.clearMeasures(); performance.clearMarks()")
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    before_s, saved = _cpu_s(tools), []
    for _ in range(times):
        with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
            page.keyboard.press(key)
        answer.value.finished()
        saved.append(float(answer.value.request.timing["responseEnd"]))
        page.wait_for_timeout(60)
    cpu = 1000 * (_cpu_s(tools) - before_s) / times
    measures = page.evaluate(
        "performance.getEntriesByName('key answered').map(e => [e.startTime, e.duration])"
    )
    marks = page.evaluate("performance.getEntriesByName('image painted').map(e => e.startTime)")
    images = []
    starts = [start for start, _ in measures] + [float("inf")]
    for start, end in itertools.pairwise(starts):
        images += [mark - start for mark in marks if start <= mark < end][:1]
    return Pressed([duration for _, duration in measures], images, saved, cpu)


def _row(name: str, pressed: Pressed) -> str:
    def pair(values: list[float]) -> str:
        return f"{statistics.median(values):.0f} | {max(values):.0f}" if values else " | "

    answered = pressed.answered
    share = float(np.quantile(answered, 0.99))
    return (
        f"| {name} | {len(answered)} | {statistics.median(answered):.0f} | {share:.0f} "
        f"| {max(answered):.0f} | {pressed.cpu:.0f} | {pair(pressed.image)} "
        f"| {pair(pressed.saved)} |"
    )


def two_reviewers(labels: Path) -> str:
    """Two browsers, one queue: who judged what."""
    queue = labels.with_name(f"{uuid.uuid4().hex}.sqlite")
    server = Server(labels, queue)
    decided: dict[str, set[str]] = {}
    with browser() as chromium:
        pages = {name: opened(chromium, server, name) for name in ("ann", "bo")}
        while any(page.locator("#done").is_hidden() for page in pages.values()):
            for name, page in pages.items():
                if page.locator("#done").is_visible():
                    continue
                with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
                    page.keyboard.press("a" if name == "ann" else "r")
                page.wait_for_selector("main:not([aria-busy])")
                for item in answer.value.json()["items"]:
                    decided.setdefault(item["id"], set()).add(name)
    progress = server.api.get("/api/progress").json()
    server.kill()
    twice = sum(len(names) > 1 for names in decided.values())
    shares = {name: sum(names == {name} for names in decided.values()) for name in ("ann", "bo")}
    return (
        f"## Two reviewers in two browsers\n\n{progress['total']} findings: "
        f"{shares['ann']} decided by the one, {shares['bo']} by the other, {twice} by both; "
        f"{progress['total'] - progress['decided']} left over.\n"
    )


def killed(labels: Path, times: int) -> str:
    """Servers killed at random moments: is every decision there that was answered?"""
    chance = random.Random(0)
    answered, lost, doubled = 0, 0, 0
    for _ in range(times):
        queue = labels.with_name(f"{uuid.uuid4().hex}.sqlite")
        server = Server(labels, queue)
        told = _decide_until_killed(server, after_s=chance.uniform(0.02, 3.0))
        again = Server(labels, queue)
        with again.api as client:
            states = {one["id"]: one["state"] for one in _items(client, 1000, state="any")}
        answered += len(told)
        lost += sum(states[item] != state for item, state in told.items())
        held = sum(state != "open" for state in states.values())
        # The last one may have been saved without being answered.
        doubled += held not in (len(told), len(told) + 1)
        again.kill()
        queue.unlink()
    return (
        f"## Killed with kill -9\n\n{times} servers, each killed at a random moment of up to 1,000 "
        f"decisions: {answered:,} decisions were answered, {lost} of these were lost; {doubled} "
        "queues held more than these and the one under way.\n"
    )


def _decide_until_killed(server: Server, *, after_s: float) -> dict[str, str]:
    """What the server answered before it was killed: state by item."""
    told: dict[str, str] = {}
    with server.api as client:
        items = [one["id"] for one in _items(client, 1000)]
        killer = threading.Timer(after_s, server.process.kill)
        killer.start()
        with contextlib.suppress(httpx.TransportError):
            for number, item in enumerate(items):
                verdict = ("accept", "reject", "skip")[number % 3]
                decision = {"item": item, "verdict": verdict}
                body = {"uuid": str(uuid.uuid4()), "decisions": [decision]}
                answer = client.post("/api/decisions", json=body)
                told[item] = answer.json()["items"][0]["state"]
        killer.join()
    server.process.wait()
    return told


def _items(client: httpx.Client, count: int, **query: str) -> list[Any]:
    """The first findings in their order."""
    items: list[Any] = []
    while len(items) < count:
        after = {"after": items[-1]["id"]} if items else {}
        items += client.get("/api/items", params={"count": 200, **query, **after}).json()["items"]
    return items


if __name__ == "__main__":
    main()
