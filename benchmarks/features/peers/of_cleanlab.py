"""Tries cleanlab, and its CleanVision, which looks at image files."""

from __future__ import annotations

import contextlib
import inspect
import io
import json
import pkgutil
from functools import cache
from pathlib import Path
from typing import Any

import cleanlab
import matplotlib as mpl
import numpy as np
from cleanlab import multiannotator
from cleanlab.object_detection import filter as issues
from cleanlab.object_detection import rank, summary
from cleanvision import Imagelab
from probe import Answer, absent, partly_if, told, yes_if

mpl.use("agg")
CLASSES = 3


def corners(box: list[float]) -> list[float]:
    left, top, width, height = box
    return [left, top, left + width, top + height]


@cache
def given(folder: Path) -> tuple[list[Any], list[Any], Any]:
    """Labels and predictions as arrays, image by image, and what is planted."""
    labels, found = (
        json.loads((folder / f"{n}.json").read_text()) for n in ("labels", "predictions")
    )
    some: tuple[list[Any], list[Any]] = [], []
    for image in labels["images"]:
        boxes = [one for one in labels["annotations"] if one["image_id"] == image["id"]]
        seen = [one for one in found if one["image_id"] == image["id"]]
        if not boxes:
            continue
        some[0].append(
            {
                "bboxes": np.array([corners(one["bbox"]) for one in boxes]),
                "labels": np.array([one["category_id"] - 1 for one in boxes]),
                "ids": [one["id"] for one in boxes],
                "image": image["id"],
                "image_name": image["file_name"],
            }
        )
        by_class = [[*corners(one["bbox"]), one["score"], one["category_id"]] for one in seen]
        rows = [
            np.array([row[:5] for row in by_class if row[5] == n + 1]).reshape(-1, 5)
            for n in range(CLASSES)
        ]
        some[1].append(np.array(rows, dtype=object))
    return *some, json.loads((folder / "planted.json").read_text())


def lowest(scores: Any, labels: list[Any], count: int) -> list[int]:
    """The ids of the boxes with the lowest scores."""
    flat = [
        (float(v), one["ids"][n])
        for row, one in zip(scores, labels, strict=True)
        for n, v in enumerate(row)
    ]
    return [number for _, number in sorted(flat)[:count]]


def wrong_classes(folder: Path, _: Path) -> Answer:
    labels, found, planted = given(folder)
    first = lowest(rank.compute_swap_box_scores(labels=labels, predictions=found), labels, 1)
    return yes_if(
        first == [planted["wrong class"]], "compute_swap_box_scores: the planted one is the first"
    )


def wrong_boxes(folder: Path, _: Path) -> Answer:
    labels, found, planted = given(folder)
    first = lowest(rank.compute_badloc_box_scores(labels=labels, predictions=found), labels, 3)
    loose = planted["loose box"] in first and planted["box on nothing"] in first
    with contextlib.redirect_stdout(io.StringIO()):
        scores = rank.get_label_quality_scores(labels, found)
        images = [
            labels[n]["image"]
            for n in issues.find_label_issues(labels, found, return_indices_ranked_by_score=True)
        ]
    worst = [labels[n]["image"] for n in np.argsort(scores)[:8]]
    missing = planted["missing box"]["image"]
    place = "among" if missing in worst else "not among"
    seen = (
        f"badly located boxes first, one that is missing {place} the first 8 images; "
        f"find_label_issues names {len(images)} images; no boxes proposed"
    )
    return ("yes" if loose and missing in worst else "partly" if loose else "no"), seen


def own_model(_: Path, __: Path) -> Answer:
    names = {one.name for one in pkgutil.walk_packages(cleanlab.__path__, "cleanlab.")}
    here = (
        "cleanlab.classification" in names
        and "predictions" in inspect.signature(issues.find_label_issues).parameters
    )
    return partly_if(
        here,
        "CleanLearning holds out with a classifier of yours; for boxes it wants predictions",
        "",
    )


def how_many(folder: Path, _: Path) -> Answer:
    labels, found, _planted = given(folder)
    with contextlib.redirect_stdout(io.StringIO()):
        count = int(issues.find_label_issues(labels, found).sum())
    return partly_if(
        count, f"counts images by a threshold ({count} here); no interval, no sample judged", ""
    )


def vision(folder: Path) -> Imagelab:
    with contextlib.redirect_stdout(io.StringIO()):
        lab = Imagelab(data_path=str(folder))
        lab.find_issues(n_jobs=1, verbose=False)
    return lab


def damaged(folder: Path, here: Path) -> Answer:
    names = json.loads((folder / "planted.json").read_text())
    (here / "some").mkdir()
    for name in (names["image blank"], names["image at half the size"][0]):
        (here / "some" / name).symlink_to(folder / "images" / name)
    rows = vision(here / "some").issues
    blank = any(
        bool(
            row.filter(like="is_")
            .drop(["is_near_duplicates_issue", "is_exact_duplicates_issue"], errors="ignore")
            .any()
        )
        for name, row in rows.iterrows()
        if str(name).endswith(names["image blank"])
    )
    (here / "some" / names["image damaged"]).symlink_to(folder / "images" / names["image damaged"])
    try:
        rows = vision(here / "some").issues
        said = [str(name) for name, row in rows.iterrows() if row.filter(like="is_").any()]
        named = any(name.endswith(names["image damaged"]) for name in said)
    except Exception as error:
        return partly_if(
            blank,
            "CleanVision finds the blank one (and blur, darkness, odd sizes); "
            f"a damaged file ends it: {type(error).__name__}",
            "",
        )
    seen = (
        f"CleanVision finds {'the' if blank else 'no'} blank one (and blur, darkness, odd sizes); "
        f"the damaged one is {'named' if named else 'not told'}; reads no labels"
    )
    return partly_if(blank, seen, seen)


def near_duplicates(folder: Path, here: Path) -> Answer:
    planted = json.loads((folder / "planted.json").read_text())
    (here / "some").mkdir()
    for path in (folder / "images").iterdir():
        if path.name != planted["image damaged"]:
            (here / "some" / path.name).symlink_to(path)
    lab = vision(here / "some")
    sets = [
        {Path(one).name for one in group}
        for kind in ("exact_duplicates", "near_duplicates")
        for group in lab.info[kind]["sets"]
    ]
    found = [
        any(set(planted[kind]) <= group for group in sets)
        for kind in ("image copied", "image at half the size")
    ]
    seen = f"CleanVision: byte for byte {found[0]}, at half the size {found[1]}"
    return ("yes" if all(found) else "partly" if any(found) else "no"), seen


def tables(folder: Path, _: Path) -> Answer:
    labels, found, _planted = given(folder)
    with contextlib.redirect_stdout(io.StringIO()):
        kind = type(rank.get_label_quality_scores(labels, found)).__name__
    return "partly", f"Datalab and CleanVision give pandas data frames; of boxes it gives {kind}s"


def notebook(folder: Path, here: Path) -> Answer:
    labels, found, _planted = given(folder)
    path = str(folder / "images" / labels[0]["image_name"])
    summary.visualize(path, label=labels[0], prediction=found[0], save_path=str(here / "a.png"))
    return yes_if(
        (here / "a.png").stat().st_size,
        "summary.visualize draws an image with labels and predictions",
    )


def people(_: Path, __: Path) -> Answer:
    good = hasattr(multiannotator, "get_label_quality_multiannotator")
    return partly_if(
        good, "multiannotator: agreement and consensus, of classes of whole images", ""
    )


def speed(_: Path, __: Path) -> Answer:
    return "not asked", "reads no files"


def lacks(*words: str) -> Any:
    """A probe that looks for words in the names of all that is public in cleanlab."""

    def probe(_: Path, __: Path) -> Answer:
        names = [one.name for one in pkgutil.walk_packages(cleanlab.__path__, "cleanlab.")]
        parts = (issues, rank, summary)
        names += [name for part in parts for name in dir(part) if not name.startswith("_")]
        return absent(" ".join(names), "modules and functions", *words)

    return probe


if __name__ == "__main__":
    told(
        {
            "impossible-boxes": lacks("zero_area", "valid_box", "outside"),
            "labelled-twice": lacks("duplicate_box", "overlap_issue"),
            "broken-records": lacks("coco", "read_", "load_"),
            "rules": lacks("rule", "config"),
            "wrong-classes": wrong_classes,
            "wrong-boxes": wrong_boxes,
            "own-model": own_model,
            "how-many": how_many,
            "embeddings": lacks("embedding", "umap", "scatter"),
            "damaged-images": damaged,
            "near-duplicates": near_duplicates,
            "leaks": lacks("leak", "split"),
            "splits": lacks("split"),
            "fixes": lacks("fix", "apply", "correct_"),
            "byte-for-byte": lacks("save", "write"),
            "undo": lacks("undo", "revert"),
            "versions": lacks("diff", "compare"),
            "page": lacks("server", "app", "review"),
            "drawing": lacks("server", "editor"),
            "shapes": lacks("server", "editor"),
            "people": people,
            "terminal": lacks("cli", "terminal"),
            "json": lacks("json", "schema"),
            "ci-reports": lacks("sarif", "junit", "gitlab"),
            "tables": tables,
            "html": lacks("html"),
            "hand-over": lacks("cvat", "label_studio", "labelstudio", "fiftyone"),
            "hand-back": lacks("cvat", "label_studio", "fiftyone"),
            "exit-code": lacks("cli", "main", "exit"),
            "baseline": lacks("baseline"),
            "pre-commit": lacks("commit", "hook"),
            "manifest": lacks("manifest", "checksum"),
            "notebook": notebook,
            "explained": lacks("explain", "completion"),
            "editor": lacks("lsp", "language_server"),
            "reads": lacks("coco", "voc", "yolo"),
            "converts": lacks("convert", "export"),
            "speed": speed,
            "torch": lacks("torch_dataset", "dataloader"),
            "network": lacks("onnx", "detector_train"),
        }
    )
