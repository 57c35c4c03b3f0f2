"""How well and how fast near duplicates are found.

    python -m benchmarks.near_duplicates copies [--peers PYTHON]
    python -m benchmarks.near_duplicates decoding [--images 10000]
    python -m benchmarks.near_duplicates search [--hashes 1000000] [--peers PYTHON]

`copies` plants copies of photographs of COCO, playing cards and blood cells, and frames of cameras
that turn or stand still, and asks labelaudit and the tools of `benchmarks.peers` which show the
same. PYTHON is one that has these tools. `decoding` times what images look like beside decoding
them with Pillow, `search` what looks alike among so many pictures, a tenth of them beside faiss and
usearch, which PYTHON has there (CPU seconds of one thread). Seconds are of the wall and of the CPU.
All write their figures to `benchmarks/results/near_duplicates.json` and the table beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.copies_of_pictures import KINDS, copies, panned, watched
from benchmarks.machine import this_machine
from benchmarks.records import joined
from labelaudit.core.columns import MISSING, texts
from labelaudit.core.parallel import cores
from labelaudit.images.appearance import SIDE, appearances
from labelaudit.images.duplicates.cells import described_pictures, same_in_all
from labelaudit.images.duplicates.pairs import near_pairs
from labelaudit.images.duplicates.search import SHORTLIST, likely_pairs
from labelaudit.images.headers import read_headers
from labelaudit.images.identical import identical

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
RESULTS = Path(__file__).parent / "results" / "near_duplicates.json"
SAME_BYTES = "the same bytes"
PEERS = ("imagededup", "vision-data-doctor", "cvflow", "cv-quality")

KNOWN = {frozenset({"train_cam_image1.jpg", "train_cam_image54.jpg"})}
"""Photographs of the playing cards that are two sizes of one picture, as they were published."""

Pair = frozenset[str]


def planted(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Photographs, copies and frames in a folder: the picture of each name, and the kind of copies.

    Every frame is a picture of its own.
    """
    folder.mkdir(parents=True)
    coco = sorted((DATA / "coco_cc" / "images").glob("*.jpg"))
    cards = sorted((DATA / "cards").glob("*/*.[jJ][pP][gG]"))[::3]
    cells = sorted((DATA / "bccd" / "JPEGImages").glob("*.jpg"))[::5]
    picture, kind = {}, {}
    for path in (*coco, *cards, *cells):
        name = f"{path.parent.name}_{path.name}" if path in cards else path.name
        shutil.copy(path, folder / name)
        picture[name] = name
    sources = [folder / name for name in picture]
    rounds = [sources[:59], sources[:59], sources]
    for number, part in enumerate(rounds):
        inside = folder / f"copies{number}"
        inside.mkdir()
        some = part[number:] + part[:number]
        for source, (what, path) in zip(some, copies(some, inside, seed=number), strict=True):
            name = str(path.relative_to(folder))
            picture[name], kind[name] = source.name, what
    for source in sources[::12]:
        target = folder / "same" / source.name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(source, target)
        picture[f"same/{source.name}"], kind[f"same/{source.name}"] = source.name, SAME_BYTES
    (folder / "frames").mkdir()
    for number, source in enumerate(sources[:59]):
        taken = (panned if number % 2 else watched)(source, folder / "frames", seed=number)
        for path in taken:
            picture[str(path.relative_to(folder))] = path.name
    return picture, kind


def by_labelaudit(folder: Path, names: Sequence[str], cache: Path) -> set[Pair]:
    """The pairs of names that labelaudit takes for the same picture."""
    paths = texts(str(folder / name) for name in names)
    headers = read_headers(paths)
    seen = appearances(paths, headers, cache=cache)
    found = near_pairs(paths, seen, headers.size, cache=cache).copies
    group = identical(paths, headers).group
    pairs = {(int(first), row) for row, first in enumerate(group) if first not in (MISSING, row)}
    pairs |= set(zip(found.first.tolist(), found.second.tolist(), strict=True))
    return {frozenset((names[one], names[other])) for one, other in pairs}


def by_peer(python: Path, tool: str, folder: Path) -> set[Pair]:
    """The pairs of names that another tool takes for the same picture."""
    program = Path(__file__).parent / "peers" / "near_duplicates_of.py"
    done = subprocess.run(
        [str(python), str(program), tool, str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{tool} failed: {done.stderr[-600:]}")
    return {
        frozenset(pair) for pair in json.loads(done.stdout.splitlines()[-1]) if len(set(pair)) > 1
    }


def judged(
    pairs: Iterable[Pair], picture: dict[str, str], kind: dict[str, str]
) -> dict[str, list[int]]:
    """Of each kind, how many copies were found and how many there are; and how many pairs are true.

    A copy is found if it is said to show the same as its photograph or as another copy of it.
    """
    found, true, false, frames = set(), 0, 0, 0
    for one, other in map(sorted, pairs):
        if picture[one] == picture[other] or frozenset({picture[one], picture[other]}) in KNOWN:
            true += 1
            found |= {one, other} if picture[one] == picture[other] else set()
        else:
            false += 1
            frames += one.startswith("frames/") and other.startswith("frames/")
    every = Counter(kind.values())
    hits = Counter(kind[name] for name in found if name in kind)
    return {
        **{what: [hits[what], every[what]] for what in (SAME_BYTES, *KINDS)},
        "pairs that are true": [true, true + false],
        "pairs of two frames": [frames, true + false],
    }


def measure_copies(peers: Path | None) -> dict[str, object]:
    """Found copies, by tool."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "images"
        picture, kind = planted(folder)
        names = sorted(picture)
        tools: dict[str, object] = {}
        for tool in ("labelaudit", *(PEERS if peers else ())):
            start = time.perf_counter()
            if tool == "labelaudit":
                pairs = by_labelaudit(folder, names, Path(home) / "cache")
            else:
                assert peers is not None
                pairs = by_peer(peers, tool, folder)
            seconds = time.perf_counter() - start
            tools[tool] = {"seconds": round(seconds, 1), "kinds": judged(pairs, picture, kind)}
            print(tool, tools[tool], flush=True)
        return {"images": len(names), "tools": tools}


def _with_those_before(figures: dict[str, object]) -> dict[str, object]:
    """What was found, and what other tools found of the same images when they were asked last."""
    tools = figures["tools"]
    assert isinstance(tools, dict)
    before = json.loads(RESULTS.read_text(encoding="utf-8"))["copies"]["figures"]
    return {**before["tools"], **tools} if before["images"] == figures["images"] else tools


def measure_decoding(count: int) -> dict[str, object]:
    """Seconds that looking at images takes, first and again, beside Pillow decoding them."""
    with tempfile.TemporaryDirectory() as home:
        paths = texts(_many(Path(home), count))
        headers = read_headers(paths)
        figures: dict[str, object] = {"images": count}
        for name in ("first", "again"):
            start = time.perf_counter(), time.process_time()
            appearances(paths, headers, cache=Path(home) / "cache")
            figures[name] = _spent(*start)
        start = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(cores()) as threads:
            list(threads.map(_decoded, paths.tolist()))
        figures["pillow"] = _spent(*start)
        print(figures, flush=True)
        return figures


def _many(folder: Path, count: int) -> list[str]:
    """Photographs under so many names, of other bytes each."""
    sources = sorted((DATA / "coco_cc" / "images").glob("*.jpg"))
    found = []
    for number in range(count):
        data = sources[number % len(sources)].read_bytes()
        comment = f"{number:08}".encode()
        path = folder / f"{number:06}.jpg"
        path.write_bytes(data[:2] + b"\xff\xfe\x00\x0a" + comment + data[2:])
        os.utime(path, (1e9, 1e9))
        found.append(str(path))
    time.sleep(3)  # until their times are told apart from now
    return found


def _decoded(path: str) -> None:
    with Image.open(path) as picture:
        picture.load()


def _spent(wall: float, cpu: float) -> list[float]:
    return [round(time.perf_counter() - wall, 2), round(time.process_time() - cpu, 2)]


def measure_search(count: int, peers: Path | None) -> dict[str, object]:
    """Seconds and memory that a search among pictures takes, a tenth of which are copies."""
    figures: dict[str, object] = {}
    for some in (count // 10, count // 3, count):
        small, copied = _smooth(some), some // 10
        before = _memory()
        start_times = time.perf_counter(), time.process_time()
        pairs = likely_pairs(small)
        spent = _spent(*start_times)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        hit = np.isin(
            np.arange(copied) * some + np.arange(some - copied, some),
            pairs.first * some + pairs.second,
        )
        figures[f"{some:,}"] = {
            "seconds": spent,
            "more MiB": round(peak - before),
            "copies found": round(float(hit.mean()), 4),
        }
        print(some, figures[f"{some:,}"], flush=True)
        if peers and some == count // 10:
            figures[f"{some:,} by others"] = _by_libraries(peers, small)
    return figures


def _smooth(some: int) -> NDArray[np.uint8]:
    """So many smooth pictures, of which the last tenth are copies of the first, with noise."""
    step = np.cos(np.pi / SIDE * np.outer(np.arange(8), np.arange(SIDE) + 0.5)).astype(np.float32)
    weight = (1 / (1 + np.add.outer(np.arange(8), np.arange(8)))).astype(np.float32)
    small = np.empty((some, SIDE, SIDE), np.uint8)
    copied = some // 10

    def draw(first: int, last: int) -> NDArray[np.float32]:
        drawn = [np.random.default_rng(row).normal(0, 1, (8, 8)) for row in range(first, last)]
        return np.array(drawn, np.float32)

    noise = np.random.default_rng(0)
    for start in range(0, some, 1024):
        stop = min(start + 1024, some)
        smooth = draw(start, stop)
        again = np.arange(max(start, some - copied), stop)
        if len(again):
            source = draw(int(again[0]) - (some - copied), stop - (some - copied))
            smooth[again - start] = source + noise.normal(0, 0.1, source.shape)
        small[start:stop] = np.clip(128 + 30 * (step.T @ (smooth * weight) @ step), 0, 255)
    return small


def _memory() -> float:
    """MiB that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def _by_libraries(python: Path, small: NDArray[np.uint8]) -> dict[str, float]:
    """CPU seconds that others take for the same pictures; see `peers/nearest_of.py`."""
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "vectors.npy"
        np.save(path, same_in_all(described_pictures(small))[:, :35].astype(np.float32))
        program = Path(__file__).parent / "peers" / "nearest_of.py"
        command = [str(python), str(program), str(path), str(SHORTLIST)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    print(found, flush=True)
    return found


def table(entries: dict[str, object]) -> str:
    """What was measured, for people."""
    lines = [
        "# Near duplicates",
        "",
        "Written by `python -m benchmarks.near_duplicates`; do not edit.",
    ]
    for name, entry in entries.items():
        assert isinstance(entry, dict)
        lines += ["", f"## {name}", "", f"{entry['date']}, {entry['machine']}", ""]
        figures = entry["figures"]
        if name == "copies":
            tools = figures["tools"]
            lines += [f"{figures['images']:,} images; each cell is how many of how many.", ""]
            lines += ["| | " + " | ".join(tools) + " |", "|---|" + "--:|" * len(tools)]
            for row in next(iter(tools.values()))["kinds"]:
                cells = (one["kinds"][row] for one in tools.values())
                lines.append(f"| {row} | " + " | ".join(f"{a:,} / {b:,}" for a, b in cells) + " |")
            lines.append(
                "| seconds | " + " | ".join(str(t["seconds"]) for t in tools.values()) + " |"
            )
        else:
            lines += [f"- {key}: {value}" for key, value in figures.items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=("copies", "decoding", "search"))
    parser.add_argument("--peers", type=Path, metavar="PYTHON")
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--hashes", type=int, default=1_000_000)
    options = parser.parse_args()
    size = str(this_machine())
    if options.what == "copies":
        figures = measure_copies(options.peers)
        if not options.peers:
            figures["tools"] = _with_those_before(figures)
    elif options.what == "decoding":
        figures = measure_decoding(options.images)
    else:
        figures = measure_search(options.hashes, options.peers)
    date = datetime.now(UTC).date().isoformat()
    entry = {"date": date, "machine": size, "figures": figures}
    entries = joined(RESULTS, {options.what: entry}, dict[str, object])
    RESULTS.with_suffix(".md").write_text(table(entries), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
