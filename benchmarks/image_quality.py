"""What is found of photographs that were spoiled, beside cleanvision on the same files.

    python -m benchmarks.image_quality [--data ../shared/data] [--cleanvision PYTHON]

Photographs of BCCD, the playing cards and COCO are blurred, darkened, overexposed or painted over,
and saved again; blank-image and unclear-image look at them, and cleanvision at its defaults, in an
environment of its own. Clean photographs come first: what is found there is a false alarm. The
figures go to `benchmarks/results/image_quality.json` and `.md`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from benchmarks.machine import Machine, this_machine
from benchmarks.records import joined
from labelaudit.auditing.run import audit
from labelaudit.core.columns import texts
from labelaudit.images.appearance import appearances
from labelaudit.images.headers import read_headers
from labelaudit.images.quality import quality
from labelaudit.testing import images, with_columns

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
RESULTS = ROOT / "benchmarks" / "results"
SETS = {"BCCD": "bccd/JPEGImages", "cards": "cards", "COCO": "coco_cc/images"}
MOST = 40  # photographs of each set that are spoiled

ISSUES = ("dark", "light", "blurry", "low_information")
CLEANVISION = f"""
import json, sys
from cleanvision import Imagelab
lab = Imagelab(data_path=sys.argv[1])
lab.find_issues({{name: {{}} for name in {ISSUES!r}}}, n_jobs=1, verbose=False)
found = lab.issues[[f"is_{{name}}_issue" for name in {ISSUES!r}]].any(axis=1)
print(json.dumps(int(found.sum())))
"""

HEAD = """\
# Photographs in which little can be seen

Written by `python -m benchmarks.image_quality`; do not edit. Of each set up to 40 photographs were
spoiled and saved again as JPEG; radii of blur are for 640 pixels of width. In the first row of a
set are all of its photographs as they are. Found by labelaudit: blank-image or unclear-image at
their defaults, a finding for many counted as many; by cleanvision: dark, light, blurry or
low_information at its defaults. Least and most are what the defaults are drawn between: standard
deviation of grey values, brightness of the brightest hundredth and of the darkest twentieth, and
sharpness, as `labelaudit.images.quality` has them.

| photographs | spoiled by | files | labelaudit | cleanvision | least contrast | least brightest \
| most darkest | sharpness |
|---|---|--:|--:|--:|--:|--:|--:|--:|
"""

Spoil = Callable[[Image.Image], Image.Image]


def blurred(radius: float) -> Spoil:
    """Gaussian blur, for a picture 640 pixels wide."""
    return lambda one: one.filter(ImageFilter.GaussianBlur(radius * one.width / 640))


def brightened(factor: float) -> Spoil:
    """Every value times a factor."""
    return lambda one: ImageEnhance.Brightness(one).enhance(factor)


SPOILS: Mapping[str, Spoil] = {
    "saving again": lambda one: one,
    **{f"blur of {radius:g} px": blurred(radius) for radius in (2, 4, 6, 8, 16)},
    **{f"brightness x {factor:g}": brightened(factor) for factor in (0.5, 0.25, 0.1, 4, 8)},
    "black": lambda one: Image.new("RGB", one.size),
    "grey noise": lambda one: Image.effect_noise(one.size, 2).convert("RGB"),
}


@dataclass(frozen=True)
class SpoiledPhotographs:
    """What was found of some photographs."""

    photographs: str
    spoil: str
    files: int
    found: int
    cleanvision: int | None  # None: it was not asked
    contrast: float  # the least
    brightest: float  # the least
    darkest: float  # the most
    sharpness: tuple[float, float]  # the least and the most

    def __str__(self) -> str:
        """One line for people."""
        peer = "" if self.cleanvision is None else str(self.cleanvision)
        low, high = self.sharpness
        return (
            f"| {self.photographs} | {self.spoil} | {self.files} | {self.found} | {peer} | "
            f"{self.contrast:.1f} | {self.brightest:.2f} | {self.darkest:.2f} | "
            f"{low:.3f} to {high:.3f} |"
        )


@dataclass(frozen=True)
class QualityRun:
    """One run of this program."""

    date: str
    machine: Machine
    rows: list[SpoiledPhotographs]


def measured(data: Path, python: str | None) -> Iterator[SpoiledPhotographs]:
    """What is found of each set as it is, and of what was made of it."""
    for name, place in SETS.items():
        paths = sorted(one for one in (data / place).rglob("*") if one.suffix.lower() == ".jpg")
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            yield _looked_at(name, "nothing", _copies(paths, folder / "whole"), python)
            for spoil, change in SPOILS.items():
                spoiled = _spoiled(paths[:MOST], change, folder / spoil)
                yield _looked_at(name, spoil, spoiled, python)


def _copies(paths: list[Path], folder: Path) -> list[Path]:
    folder.mkdir()
    copies = [folder / f"{number}.jpg" for number in range(len(paths))]
    for path, copy in zip(paths, copies, strict=True):
        copy.write_bytes(path.read_bytes())
    return copies


def _spoiled(paths: list[Path], change: Spoil, folder: Path) -> list[Path]:
    folder.mkdir()
    made = [folder / f"{number}.jpg" for number in range(len(paths))]
    for path, one in zip(paths, made, strict=True):
        change(Image.open(path).convert("RGB")).save(one, quality=90)
    return made


def _looked_at(name: str, spoil: str, paths: list[Path], python: str | None) -> SpoiledPhotographs:
    names = texts(map(str, paths))
    looks = appearances(names, read_headers(names), cache=paths[0].parent.parent / "cache")
    seen = quality(looks)
    peer = None
    if python:
        command = [python, "-c", CLEANVISION, str(paths[0].parent)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        peer = json.loads(said.splitlines()[-1])
    return SpoiledPhotographs(
        name,
        spoil,
        len(paths),
        sum(_is_found(path) for path in paths),
        peer,
        round(float(looks.contrast.min()), 3),
        round(float(seen.brightest.min()), 3),
        round(float(seen.darkest.max()), 3),
        (round(float(np.min(seen.sharpness)), 4), round(float(np.max(seen.sharpness)), 4)),
    )


def _is_found(path: Path) -> bool:
    """Whether there is a finding of a dataset that has this photograph alone."""
    dataset = with_columns(images({path.name: []}), "images", path=[str(path)])
    return len(audit(dataset, select=["blank-image", "unclear-image"])) > 0


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="where the datasets are")
    parser.add_argument("--cleanvision", metavar="PYTHON", help="of an environment that has it")
    options = parser.parse_args()
    rows = []
    for row in measured(options.data, options.cleanvision):
        print(row, flush=True)
        rows.append(row)
    run = QualityRun(datetime.now(UTC).date().isoformat(), this_machine(), rows)
    joined(RESULTS / "image_quality.json", {"quality": run}, dict[str, QualityRun])
    table = "".join(f"{row}\n" for row in rows)
    (RESULTS / "image_quality.md").write_text(f"{HEAD}{table}\n{run.date}; {run.machine}.\n")


if __name__ == "__main__":
    main()
