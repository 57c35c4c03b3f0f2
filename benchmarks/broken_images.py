"""What becomes of image files that are broken in various ways: Pillow, OpenCV, labelaudit.

    python -m benchmarks.broken_images [--data ../shared/data] [--opencv PYTHON]

A photograph of BCCD is written in each kind by Pillow and broken: cut off, or 64 bytes inside
overwritten. OpenCV is asked in an environment of its own. Then bytes inside of JPEG photographs of
BCCD and COCO are overwritten at twenty places each, and it is counted how many labelaudit notices.
The figures go to `benchmarks/results/broken_images.json` and `.md`.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.machine import Machine, this_machine
from benchmarks.records import joined
from labelaudit.auditing.run import audit
from labelaudit.images.jpeg_pixels import grey_jpeg
from labelaudit.testing import images, with_columns

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
RESULTS = ROOT / "benchmarks" / "results"

KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "JPEG": ("JPEG", {}),
    "progressive JPEG": ("JPEG", {"progressive": True}),
    "PNG": ("PNG", {}),
    "WebP": ("WEBP", {}),
    "lossless WebP": ("WEBP", {"lossless": True}),
    "BMP": ("BMP", {}),
    "GIF": ("GIF", {}),
    "TIFF": ("TIFF", {}),
    "TIFF, LZW": ("TIFF", {"compression": "tiff_lzw"}),
    "TIFF, deflate": ("TIFF", {"compression": "tiff_adobe_deflate"}),
    "JPEG 2000": ("JPEG2000", {}),
    "AVIF": ("AVIF", {}),
    "PPM": ("PPM", {}),
}
OVERWRITTEN = (1, 4, 16, 64, 512)
PLACES = 20
OPENCV = """
import sys, cv2
for path in sys.stdin.read().split("\\n"):
    print("fails" if cv2.imread(path) is None else "decodes it")
"""
HEAD = """\
# Image files that are broken

Written by `python -m benchmarks.broken_images`; do not edit. One photograph, written by Pillow.

| file | broken by | Pillow | OpenCV | found as |
|---|---|---|---|---|
"""
NOTICED = """
JPEG photographs of BCCD and COCO, bytes inside overwritten by random ones at twenty places of each:

| bytes | tried | noticed | share |
|--:|--:|--:|--:|
"""


@dataclass(frozen=True)
class BrokenFile:
    """What became of one file."""

    kind: str
    how: str
    pillow: str
    opencv: str  # empty: it was not asked
    found: str

    def __str__(self) -> str:
        """One line for people."""
        return f"| {self.kind} | {self.how} | {self.pillow} | {self.opencv} | {self.found} |"


@dataclass(frozen=True)
class NoticedDamage:
    """How often damage inside of JPEG files was noticed."""

    bytes: int
    tried: int
    noticed: int

    def __str__(self) -> str:
        """One line for people."""
        share = self.noticed / self.tried
        return f"| {self.bytes} | {self.tried} | {self.noticed} | {share:.2f} |"


@dataclass(frozen=True)
class BrokenImagesRun:
    """One run of this program."""

    date: str
    machine: Machine
    files: list[BrokenFile]
    noticed: list[NoticedDamage]


def broken_files(picture: Image.Image, python: str | None) -> Iterator[BrokenFile]:
    """What becomes of a picture in each kind of file, broken in each way."""
    with tempfile.TemporaryDirectory() as scratch:
        paths, told = [], []
        for name, (kind, options) in KINDS.items():
            file = io.BytesIO()
            picture.save(file, kind, **options)
            for how, data in _ways(name, file.getvalue()):
                paths.append(Path(scratch) / f"{len(paths)}.jpg")
                paths[-1].write_bytes(data)
                told.append((name, how))
        opencv = _opencv(paths, python)
        for path, (name, how), peer in zip(paths, told, opencv, strict=True):
            yield BrokenFile(name, how, _pillow(path), peer, _found(path))


def _ways(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    half = len(data) // 2
    other = bytes(byte ^ 85 for byte in data[half:][:64])
    yield "nothing", data
    yield "the second half lost", data[:half]
    yield "the last 20 bytes lost", data[:-20]
    yield "64 bytes overwritten", data[:half] + other + data[half + 64 :]
    yield "zeros from the middle on", data[:half] + bytes(len(data) - half)
    if "JPEG" in name and "2000" not in name:
        yield "a tenth lost inside", data[:half] + data[half + len(data) // 10 :]
        yield "cut off and ended again", data[:half] + b"\xff\xd9"


def _pillow(path: Path) -> str:
    try:
        with Image.open(path) as image:
            image.load()
    except (OSError, SyntaxError, ValueError, RuntimeError):
        return "fails"
    return "decodes it"


def _opencv(paths: Sequence[Path], python: str | None) -> list[str]:
    if not python:
        return [""] * len(paths)
    done = subprocess.run(
        [python, "-c", OPENCV],
        input="\n".join(map(str, paths)),
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.splitlines()


def _found(path: Path) -> str:
    dataset = with_columns(images({path.name: []}), "images", path=[str(path)])
    names = audit(dataset, select=["IMG"], ignore=["IMG003", "IMG015"]).name.tolist()
    return ", ".join(names)


def noticed(photographs: Sequence[bytes], count: int) -> NoticedDamage:
    """How often overwriting so many bytes inside is noticed."""
    random = np.random.default_rng(0)
    told = 0
    for data in photographs:
        for place in np.linspace(len(data) // 6, len(data) * 5 // 6, PLACES).astype(int).tolist():
            some = random.integers(0, 255, count, np.uint8).tobytes()  # 255 would be a mark
            seen = grey_jpeg(data[:place] + some + data[place + count :], 128)
            told += seen is None or seen[1] != ""
    return NoticedDamage(count, len(photographs) * PLACES, told)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="where the datasets are")
    parser.add_argument("--opencv", metavar="PYTHON", help="of an environment that has it")
    options = parser.parse_args()
    places = (options.data / "bccd/JPEGImages", options.data / "coco_cc/images")
    paths = [path for place in places for path in sorted(place.glob("*.jpg"))[:40]]
    files = list(broken_files(Image.open(paths[0]).convert("RGB"), options.opencv))
    photographs = [path.read_bytes() for path in paths]
    shares = [noticed(photographs, count) for count in OVERWRITTEN]
    run = BrokenImagesRun(datetime.now(UTC).date().isoformat(), this_machine(), files, shares)
    joined(RESULTS / "broken_images.json", {"broken": run}, dict[str, BrokenImagesRun])
    table = HEAD + "".join(f"{one}\n" for one in files) + NOTICED
    table += "".join(f"{one}\n" for one in shares) + f"\n{run.date}; {run.machine}.\n"
    (RESULTS / "broken_images.md").write_text(table)
    print(table)


if __name__ == "__main__":
    main()
