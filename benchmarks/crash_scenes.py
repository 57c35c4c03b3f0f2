"""Small datasets with errors to be fixed, and what is done to them when a process is killed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from labelaudit.cli import main
from labelaudit.errors import LabelauditError
from labelaudit.review.queue.decisions import ItemDecision, decide
from labelaudit.review.queue.items import Verdict
from labelaudit.review.queue.store import Queue

IMAGES = 5
SIZE = (64, 48)
NAMES = ("car", "bus\u2028\u0085lane")  # what Unicode calls ends of lines stays text
BOXES = ((4, 4, 24, 24), (4, 4, 24, 24), (30, 10, 50, 40), (8, 30, 8, 40))
CLASSES = (0, 0, 1, 1)
"""Of each image: a duplicate and a box without width, which fixes drop."""


Tree = dict[str, bytes]
"""What is in a folder: content, or where a link leads, by path, with the mode of each file."""


def tree(folder: Path) -> Tree:
    """All that is in a folder."""
    found: Tree = {}
    for inside, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(inside) / name
            key = path.relative_to(folder).as_posix()
            if path.is_symlink():
                found[key] = b"link " + os.fsencode(os.readlink(path))
            elif path.is_file():
                found[key] = f"{path.stat().st_mode:o} ".encode() + path.read_bytes()
            else:
                found[key] = b"folder"
    return found


def restore(saved: Path, folder: Path) -> None:
    """Make a folder what it was when it was copied to `saved`."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(saved, folder, symlinks=True)


def coco(folder: Path) -> Path:
    """One file, to which its name is a link."""
    _images(folder / "images")
    content = {
        "images": [
            {"id": n, "file_name": f"{n}.png", "width": SIZE[0], "height": SIZE[1]}
            for n in range(IMAGES)
        ],
        "annotations": [
            {
                "id": 10 * n + k,
                "image_id": n,
                "category_id": CLASSES[k],
                "bbox": [left, top, right - left, bottom - top],
                "area": (right - left) * (bottom - top),
                "iscrowd": 0,
            }
            for n in range(IMAGES)
            for k, (left, top, right, bottom) in enumerate(BOXES)
        ],
        "categories": [{"id": number, "name": name} for number, name in enumerate(NAMES)],
    }
    (folder / "kept").mkdir()
    (folder / "kept" / "all.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    (folder / "labels.json").symlink_to("kept/all.json")
    return folder / "labels.json"


def voc(folder: Path) -> Path:
    """A folder with a file an image, one of them not to be written by others."""
    _images(folder / "JPEGImages")
    (folder / "Annotations").mkdir()
    for number in range(IMAGES):
        objects = "".join(
            f"<object><name>{NAMES[k]}</name><bndbox><xmin>{left + 1}</xmin><ymin>{top + 1}</ymin>"
            f"<xmax>{right}</xmax><ymax>{bottom}</ymax></bndbox></object>"
            for k, (left, top, right, bottom) in zip(CLASSES, BOXES, strict=True)
        )
        size = f"<size><width>{SIZE[0]}</width><height>{SIZE[1]}</height><depth>3</depth></size>"
        text = f"<annotation><filename>{number}.png</filename>{size}{objects}</annotation>\n"
        (folder / "Annotations" / f"{number}.xml").write_text(text, "utf-8")
    (folder / "Annotations" / "0.xml").chmod(0o640)
    return folder


def yolo(folder: Path) -> Path:
    """A folder with a file an image, two splits, and a label file that is a link."""
    text = "".join(
        f"{k} {(left + right) / 2 / SIZE[0]:.6f} {(top + bottom) / 2 / SIZE[1]:.6f} "
        f"{(right - left) / SIZE[0]:.6f} {(bottom - top) / SIZE[1]:.6f}\n"
        for k, (left, top, right, bottom) in zip(CLASSES, BOXES, strict=True)
    )
    for split, rows in (("train", range(3)), ("val", range(3, IMAGES))):
        _images(folder / "images" / split, rows)
        (folder / "labels" / split).mkdir(parents=True)
        for number in rows:
            (folder / "labels" / split / f"{number}.txt").write_text(text)
    (folder / "shared").mkdir()
    link = folder / "labels" / "train" / "0.txt"
    link.rename(folder / "shared" / "0.labels")
    link.symlink_to("../../shared/0.labels")
    names = json.dumps(NAMES)
    (folder / "data.yaml").write_text(f"train: images/train\nval: images/val\nnames: {names}\n")
    return folder


def _images(folder: Path, rows: Sequence[int] = range(IMAGES)) -> None:
    folder.mkdir(parents=True)
    for number in rows:
        Image.new("RGB", SIZE, (40 * number, 90, 200)).save(folder / f"{number}.png")


FORMATS: dict[str, Callable[[Path], Path]] = {"coco": coco, "voc": voc, "yolo": yolo}
OTHER = {"coco": "voc", "voc": "yolo", "yolo": "coco"}
FIX = ("fix", "--unsafe-fixes", "--select", "duplicate-box")
SHARES = "train=.4,val=.6"
SECOND_FIX = ("fix", "--unsafe-fixes", "--select", "zero-area")


@dataclass(frozen=True)
class Scene:
    """A dataset in a folder, and a command line that changes what is in the folder."""

    name: str
    folder: Path  # all that may change is in it
    labels: Path
    words: tuple[str, ...]

    @property
    def next_words(self) -> tuple[str, ...]:
        """The command that comes next, which only reads."""
        return ("stats", str(self.labels))


ACTIONS = (
    *("fix in place", "second fix in place", "undo", "cleaned copy", "convert", "queue"),
    "split in place",
)


def scene(action: str, format_name: str, work: Path) -> Scene:
    """Make a dataset in `work`, as it is before an action is done to it.

    Parameters
    ----------
    action:
        one of `ACTIONS`.
    format_name:
        of the dataset.
    work:
        an empty folder.
    """
    folder = work / "data"
    labels = FORMATS[format_name](folder / "set")
    given = str(labels)
    words: tuple[str, ...] = (*FIX, given, "--in-place")
    if action == "second fix in place":
        done(*words)
        words = (*SECOND_FIX, given, "--in-place")
    elif action == "undo":
        done(*words)
        words = ("undo", given)
    elif action == "cleaned copy":
        words = (*FIX, given, "--output", str(folder / f"copy{labels.suffix}"))
    elif action == "convert":
        to = OTHER[format_name]
        out = folder / ("out.json" if to == "coco" else "out")
        words = ("convert", given, str(out), "--to", to, "--allow-loss")
    elif action == "queue":
        queue = work / "queue.sqlite"
        done("scan", given, "--select", "duplicate-box", "--queue", str(queue))
        _accept_all(queue)
        words = ("fix", given, "--queue", str(queue), "--in-place")
    elif action == "split in place":
        paths = _with_splits(format_name, folder / "set", labels)
        words = ("split", *paths, "--by", "random", "--shares", SHARES, "--in-place")
        return Scene(f"{action}, {format_name}", folder, folder / "set", words)
    return Scene(f"{action}, {format_name}", folder, labels, words)


def _with_splits(format_name: str, folder: Path, labels: Path) -> tuple[str, ...]:
    """Give a dataset splits that can be changed in place, if it has none; what is given then."""
    if format_name == "voc":
        lists = folder / "ImageSets" / "Main"
        lists.mkdir(parents=True)
        for name, rows in (("train", range(IMAGES - 1)), ("val", [IMAGES - 1])):
            (lists / f"{name}.txt").write_text("".join(f"{row}\r\n" for row in rows))
    if format_name != "coco":
        return (str(labels),)
    whole = json.loads(labels.read_text("utf-8"))
    labels.unlink()
    (folder / "kept" / "all.json").unlink()
    paths = []
    for name, rows in (("train", range(IMAGES - 1)), ("val", [IMAGES - 1])):
        part = {
            "images": [one for one in whole["images"] if one["id"] in rows],
            "annotations": [one for one in whole["annotations"] if one["image_id"] in rows],
            "categories": whole["categories"],
        }
        paths.append(folder / f"{name}.json")
        paths[-1].write_text(json.dumps(part, ensure_ascii=False, indent=1), "utf-8")
    return tuple(map(str, paths))


def _accept_all(path: Path) -> None:
    """Accept all findings in a queue."""
    with Queue.open(path) as queue:
        with queue.reading() as database:
            prints = [one for (one,) in database.execute("SELECT fingerprint FROM items")]
        decide(queue, "ann", [ItemDecision(one, Verdict.ACCEPT) for one in prints], uuid="1")


def done(*words: str) -> None:
    """Run a command that has to succeed."""
    if main(words) not in (0, 1):
        raise LabelauditError(f"labelaudit {' '.join(words)} failed")
