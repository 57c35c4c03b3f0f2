"""Small valid datasets of every format with what belongs to them, and what is run on them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.crash_scenes import FORMATS as CLEANED
from benchmarks.crash_scenes import done
from benchmarks.fuzz_mutations import Draw, disturb, mutated
from tests.io.formats.read_only_samples import SAMPLES

LABELS = (".json", ".jsonl", ".xml", ".txt", ".csv", ".yaml", ".md", ".parquet")
PICTURES = (".png", ".jpg")
OUTSIDE = re.compile(rb"""(?:^|[\s:'"\[,])(?:/|~|\.\.)""")

CONFIGURATION = """\
select = ["GEO", "REF", "near-duplicate-box"]
ignore = ["GEO006"]
fail-on = "info"

[rules.tiny-box]
min-side = 3

[severities]
CLS = "info"

[fixes]
near-duplicate-box = "safe"

[per-class-ignores]
"car" = ["GEO009", "conflicting-classes"]

[per-path-ignores]
"set/*" = ["DUP"]
"""


@dataclass(frozen=True)
class Scene:
    """A dataset of one format in a folder `set`, and files that commands take beside it."""

    name: str
    folder: Path  # with `set`
    given: str  # what a command is given, within the folder


def scenes(work: Path) -> Iterator[Scene]:
    """A scene of each format, ready to be copied."""
    for name in sorted(SAMPLES.keys() | CLEANED.keys()):
        folder = work / name
        folder.mkdir(parents=True)
        if name in CLEANED:
            given = CLEANED[name](folder / "set").relative_to(folder)
        else:
            SAMPLES[name](folder / "set")
            given = Path("set")
        _extras(folder, folder / given)
        yield Scene(name, folder, str(given))


def _extras(folder: Path, labels: Path) -> None:
    """Lists, a baseline, a queue, a configuration, predictions and an archive."""
    shutil.copytree(folder / "set", folder / "other")
    queue = folder / "queue.db"
    done("scan", str(labels), "--queue", str(queue))
    done("queue", "export", str(queue), str(folder / "decisions.jsonl"))
    done("scan", str(labels), "--write-baseline", str(folder / "baseline.json"))
    shutil.copy(folder / "decisions.jsonl", folder / "fixes.jsonl")
    (folder / "labelaudit.toml").write_text(CONFIGURATION)
    results = [
        {"image_id": row % 3, "category_id": row % 2, "bbox": [4, 4, 20, 20 + row], "score": 0.7}
        for row in range(6)
    ]
    (folder / "predictions.json").write_text(json.dumps(results))
    (folder / "predictions").mkdir()
    for stem in ("0", "1", "a", "b"):
        text = "0 0.2 0.3 0.3 0.4 0.9\n1 0.6 0.5 0.2 0.5 0.4\n"
        (folder / "predictions" / f"{stem}.txt").write_text(text)
    shutil.make_archive(str(folder / "archive"), "zip", folder / "set")


@dataclass(frozen=True)
class Play:
    """What is broken in a copy of a scene, and the commands that are run on it."""

    broken: str  # what for people: labels, images, predictions and so on
    commands: tuple[tuple[str, ...], ...]


def play(scene: Scene, copy: Path, draw: Draw) -> Play:
    """Break something in a copy of a scene, and say what is to be run.

    Parameters
    ----------
    scene:
        what the copy is of.
    copy:
        the folder with the copy.
    draw:
        what is drawn at random.
    """
    kinds = list(BREAKS)
    broken = draw.choices(kinds, [BREAKS[kind].weight for kind in kinds])[0]
    _break(copy, BREAKS[broken].files(copy), draw)
    given = scene.given if broken != "archive" else "archive.zip"
    commands = draw.choice(BREAKS[broken].commands)
    if any("--in-place" in words for words in commands) and _leads_out(copy / "set"):
        commands = READING[0]  # nothing but the copy is to be changed
    return Play(broken, tuple(tuple(given if w == "SET" else w for w in one) for one in commands))


def _break(copy: Path, files: Sequence[Path], draw: Draw) -> None:
    """Change some of the files."""
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        path = draw.choice(files) if files else copy / "new"
        if path.is_file():
            path.write_bytes(mutated(path.read_bytes(), draw))
    if draw.random() < 0.1:
        disturb(copy / "set", draw)


def _leads_out(folder: Path) -> bool:
    """Whether a file may name a folder that is not in the copy."""
    files = [path for path in folder.rglob("*") if path.suffix in LABELS and path.is_file()]
    return any(OUTSIDE.search(path.read_bytes()) for path in files)


@dataclass(frozen=True)
class Break:
    """Files of a scene that are made wrong together."""

    weight: int  # how often, in relation to others
    files: Callable[[Path], list[Path]]
    commands: tuple[tuple[tuple[str, ...], ...], ...]  # one of these is run, command by command


def _ending(*endings: str) -> Callable[[Path], list[Path]]:
    def files(copy: Path) -> list[Path]:
        found = [path for path in (copy / "set").rglob("*") if path.suffix in endings]
        return sorted(path for path in found if path.is_file())

    return files


def _named(*patterns: str) -> Callable[[Path], list[Path]]:
    def files(copy: Path) -> list[Path]:
        return sorted(path for pattern in patterns for path in copy.glob(pattern))

    return files


SCAN = ("scan", "SET")
READING: tuple[tuple[tuple[str, ...], ...], ...] = (
    (SCAN, ("stats", "SET")),
    ((*SCAN, "--output-format", "json", "--fail-on", "info"),),
    ((*SCAN, "--output-format", "jsonl"), ("stats", "SET", "--output-format", "json")),
    ((*SCAN, "--write-baseline", "new.json"), (*SCAN, "--baseline", "new.json")),
    (("diff", "SET", "other"), ("diff", "other", "SET", "--output-format", "json")),
    (("convert", "SET", "out.json", "--to", "coco"), ("scan", "out.json")),
    (("convert", "SET", "out", "--to", "voc", "--allow-loss"), ("scan", "out")),
    (("convert", "SET", "out", "--to", "yolo", "--allow-loss"), ("scan", "out")),
    (("convert", "SET", "out", "--to", "yolo", "--copy-images"), ("stats", "out")),
    ((*SCAN, "--diff", "--unsafe-fixes"), (*SCAN, "--queue", "queue.db")),
)
FIXING: tuple[tuple[tuple[str, ...], ...], ...] = (
    ((*SCAN, "--fix", "-o", "clean"), ("scan", "clean")),
    ((*SCAN, "--unsafe-fixes", "-o", "clean"), ("diff", "SET", "clean")),
    ((*SCAN, "--unsafe-fixes", "-o", "clean.json"), ("scan", "clean.json"), ("undo", "clean.json")),
    (("fix", "SET", "--in-place"), ("undo", "SET")),
    (("fix", "SET", "--unsafe-fixes", "--in-place"), ("undo", "SET")),
    (("fix", "SET", "--list", "fixes.jsonl", "--unsafe-fixes", "--diff"),),
)

BREAKS = {
    "labels": Break(20, _ending(*LABELS), (*READING, *FIXING)),
    "images": Break(3, _ending(*PICTURES), READING),
    "archive": Break(2, _named("archive.zip"), READING),
    "predictions": Break(
        3,
        _named("predictions.json", "predictions/*.txt"),
        (
            ((*SCAN, "--predictions", "predictions.json"),),
            ((*SCAN, "--predictions", "predictions"),),
        ),
    ),
    "fix list": Break(
        3,
        _named("fixes.jsonl"),
        (
            (("fix", "SET", "--list", "fixes.jsonl", "-o", "clean", "--unsafe-fixes"),),
            (("fix", "SET", "--list", "fixes.jsonl", "--in-place"), ("undo", "SET")),
        ),
    ),
    "baseline": Break(1, _named("baseline.json"), (((*SCAN, "--baseline", "baseline.json"),),)),
    "queue": Break(
        3,
        _named("queue.db"),
        (
            (("queue", "show", "queue.db"), ("queue", "export", "queue.db", "out.jsonl")),
            (("fix", "SET", "--queue", "queue.db", "-o", "clean"),),
            ((*SCAN, "--queue", "queue.db"),),
        ),
    ),
    "decisions": Break(
        2,
        _named("decisions.jsonl"),
        (
            (("queue", "import", "new.db", "decisions.jsonl"), ("queue", "show", "new.db")),
            (("queue", "import", "queue.db", "decisions.jsonl"),),
        ),
    ),
    "configuration": Break(
        2, _named("labelaudit.toml"), (((*SCAN, "--config", "labelaudit.toml"),),)
    ),
}
"""What is broken, by what people call it."""
