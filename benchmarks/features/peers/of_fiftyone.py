"""Tries FiftyOne: its library with its database, its Brain, and its App."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from functools import cache
from pathlib import Path

import fiftyone as fo
import fiftyone.brain as fob
import fiftyone.utils.iou as foui
from fiftyone_checks import (
    broken,
    dataset,
    embeddings,
    images,
    impossible,
    leaks,
    near,
    planted_in,
    splits,
    twice,
    without_missing,
    wrong_boxes,
    wrong_classes,
)
from probe import Answer, absent, partly_if, told, yes_if

PROGRAM = str(Path(sys.executable).with_name("fiftyone"))


def fixes(folder: Path, _: Path) -> Answer:
    made = dataset(folder).clone()
    before = made.count("ground_truth.detections")
    made.delete_labels(
        ids=foui.find_duplicates(made, "ground_truth", iou_thresh=0.9, method="greedy")
    )
    return partly_if(
        made.count("ground_truth.detections") < before,
        "what one selects or tags is changed by code; nothing is proposed or shown before",
        "",
    )


def byte_for_byte(folder: Path, here: Path) -> Answer:
    dataset(folder).export(
        labels_path=str(here / "out.json"),
        dataset_type=fo.types.COCODetectionDataset,
        label_field="ground_truth",
        export_media=False,
    )
    old, new = (folder / "labels.json").read_bytes(), (here / "out.json").read_bytes()
    return yes_if(old == new, f"nothing changed, exported: {len(old)} bytes became {len(new)}")


def page(folder: Path, _: Path) -> Answer:
    session = fo.launch_app(dataset(folder), remote=True, port=5199)
    for _try in range(60):
        try:
            text = urllib.request.urlopen("http://127.0.0.1:5199/", timeout=5).read().decode()
            break
        except OSError:
            time.sleep(2)
    session.close()
    return partly_if(
        "FiftyOne" in text,
        "its App shows, sorts, filters and tags; no decision about one finding after the other",
        text[:200],
    )


def shapes(_: Path, __: Path) -> Answer:
    kinds = (
        "Polyline",
        "Keypoint",
        "Segmentation",
        "TemporalDetection",
        "Detection",
        "OrientedBox",
    )
    here = [name for name in kinds if hasattr(fo, name)]
    return partly_if(
        len(here) > 3,
        f"stores and shows {', '.join(here)}, videos and 3D; draws few of them",
        "",
    )


def tables(folder: Path, here: Path) -> Answer:
    dataset(folder).export(
        labels_path=str(here / "out.csv"),
        dataset_type=fo.types.CSVDataset,
        fields=["filepath", "possible_missing"],
        export_media=False,
    )
    return yes_if((here / "out.csv").read_text().count("\n") > 40, "CSVDataset, values() as lists")


def report(folder: Path, __: Path) -> Answer:
    return partly_if(
        dataset(folder).first().to_json(), "labels and scores as JSON; no schema of a report", ""
    )


def hand_over(_: Path, __: Path) -> Answer:
    names = sorted(fo.annotation_config.backends)
    return partly_if(
        {"cvat", "labelstudio"} <= set(names),
        f"labels by annotate() to {', '.join(names)}, which were not asked here; no findings",
        str(names),
    )


def hand_back(folder: Path, __: Path) -> Answer:
    return partly_if(
        hasattr(dataset(folder), "load_annotations"),
        "labels by load_annotations(); no decisions",
        "",
    )


def notebook(_: Path, __: Path) -> Answer:
    return yes_if(
        hasattr(fo.Session, "freeze") and hasattr(fo.Session, "show"),
        "the App in a cell; a screenshot remains",
    )


def explained(_: Path, __: Path) -> Answer:
    text = (
        Path(PROGRAM).read_text()
        + Path(fo.__file__).with_name("core").joinpath("cli.py").read_text()
    )
    return partly_if(
        "argcomplete" in text, "completes by the tab key (argcomplete); has no rules", ""
    )


def reads(_: Path, __: Path) -> Answer:
    names = [one for one in dir(fo.types) if one.endswith("Dataset")]
    good = {"COCODetectionDataset", "VOCDetectionDataset", "YOLOv5Dataset"} <= set(names)
    return yes_if(good, f"{len(names)} kinds of datasets in fiftyone.types")


def converts(folder: Path, here: Path) -> Answer:
    labels = without_missing(folder / "truth.json", planted_in(folder), here)
    (here / "in").mkdir()
    (here / "in" / "labels.json").symlink_to(labels)
    (here / "in" / "data").symlink_to(folder / "images")
    ended = subprocess.run(
        [
            PROGRAM,
            "convert",
            "--input-dir",
            str(here / "in"),
            "--input-type",
            "fiftyone.types.COCODetectionDataset",
            "--output-dir",
            str(here / "out"),
            "--output-type",
            "fiftyone.types.YOLOv5Dataset",
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    return partly_if(
        list((here / "out").glob("**/*.txt")),
        "fiftyone convert; says nothing of what is lost",
        ended.stderr[-200:],
    )


def speed(folder: Path, _: Path) -> Answer:
    started = time.process_time()
    fo.Dataset.from_dir(
        dataset_type=fo.types.COCODetectionDataset,
        data_path=str(folder / "speed" / "images"),
        labels_path=str(folder / "speed" / "val2017.json"),
        max_samples=None,
    )
    return (
        "partly",
        f"{time.process_time() - started:.0f} s of CPU to read it, database apart; checks nothing",
    )


def torch(folder: Path, _: Path) -> Answer:
    return yes_if(hasattr(dataset(folder), "to_torch"), "to_torch(); torch was not installed")


@cache
def said() -> str:
    """What its program says of itself, and all public names."""
    text = subprocess.run(
        [PROGRAM, "--all-help"], check=False, capture_output=True, text=True
    ).stdout
    return text + " ".join([*dir(fo), *dir(fob), *dir(fo.Dataset), *dir(fo.types)])


def lacks(*words: str) -> Callable[[Path, Path], Answer]:
    """A probe that looks for words in all of it."""
    return lambda _, __: absent(said(), "help and public names", *words)


if __name__ == "__main__":
    told(
        {
            "impossible-boxes": impossible,
            "labelled-twice": twice,
            "broken-records": broken,
            "rules": lacks("lint", "rule"),
            "wrong-classes": wrong_classes,
            "wrong-boxes": wrong_boxes,
            "own-model": lacks("out-of-fold", "cross-valid"),
            "how-many": lacks("confidence interval", "estimate_"),
            "embeddings": embeddings,
            "damaged-images": images,
            "near-duplicates": near,
            "leaks": leaks,
            "splits": splits,
            "fixes": fixes,
            "byte-for-byte": byte_for_byte,
            "undo": lacks("undo", "revert"),
            "versions": lacks("compare_datasets", "diff"),
            "page": page,
            "shapes": shapes,
            "people": lacks("reviewer", "disagree"),
            "terminal": lacks("terminal review", "curses"),
            "json": report,
            "ci-reports": lacks("sarif", "junit", "gitlab"),
            "tables": tables,
            "html": lacks("html"),
            "hand-over": hand_over,
            "hand-back": hand_back,
            "exit-code": lacks("exit code", "fail-on"),
            "baseline": lacks("baseline"),
            "pre-commit": lacks("pre-commit"),
            "manifest": lacks("manifest", "checksum"),
            "notebook": notebook,
            "explained": explained,
            "editor": lacks("language server"),
            "reads": reads,
            "converts": converts,
            "speed": speed,
            "torch": torch,
            "network": lacks("onnx", "train a detector"),
        }
    )
