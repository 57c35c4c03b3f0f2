"""Tries FiftyOne: its library with its database, its Brain, and its App."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import fiftyone as fo
import fiftyone.brain as fob
import fiftyone.utils.coco as fouc
import fiftyone.utils.iou as foui
import fiftyone.utils.random as four
import numpy as np
from fiftyone import ViewField as F
from PIL import Image
from probe import Answer, absent, partly_if, told, yes_if

PROGRAM = str(Path(sys.executable).with_name("fiftyone"))
logging.disable(logging.WARNING)
fo.config.show_progress_bars = False


def without_missing(path: Path, planted: Any, here: Path) -> Path:
    """The labels without the image that has no file, at which FiftyOne ends."""
    content = json.loads(path.read_text())
    content["images"] = [
        one for one in content["images"] if one["file_name"] != planted["image missing"]
    ]
    (here / path.name).write_text(json.dumps(content))
    return here / path.name


@cache
def dataset(folder: Path) -> Any:
    """The planted labels with predictions, as a dataset."""
    planted = json.loads((folder / "planted.json").read_text())
    labels = without_missing(folder / "labels.json", planted, Path.cwd())
    made = fo.Dataset.from_dir(
        dataset_type=fo.types.COCODetectionDataset,
        data_path=str(folder / "images"),
        labels_path=str(labels),
        label_field="ground_truth",
        label_types="detections",
        include_annotation_id=True,
    )
    content = json.loads(labels.read_text())
    numbers = {one["file_name"]: one["id"] for one in content["images"]}
    made.set_values("number", [numbers[Path(path).name] for path in made.values("filepath")])
    classes = {one["id"]: one["name"] for one in content["categories"]}
    fouc.add_coco_labels(
        made, "predictions", str(folder / "predictions.json"), classes, coco_id_field="number"
    )
    made.add_dynamic_sample_fields()
    return made


def planted_in(folder: Path) -> Any:
    return json.loads((folder / "planted.json").read_text())


def vectors(made: Any) -> Any:
    """Each picture as 256 shades of grey, in place of a network, which needs torch."""

    def one(path: str) -> Any:
        try:
            return np.asarray(Image.open(path).convert("L").resize((16, 16)), float).ravel() / 255
        except OSError:
            return np.random.default_rng(0).random(256)

    return np.array([one(path) for path in made.values("filepath")])


def impossible(folder: Path, _: Path) -> Answer:
    wanted = planted_in(folder)
    box = F("bounding_box")
    bad = (box[2] <= 0) | (box[3] <= 0) | (box[0] >= 1) | (box[1] >= 1)
    found = (
        dataset(folder)
        .filter_labels("ground_truth", bad)
        .values("ground_truth.detections.coco_id", unwind=True)
    )
    good = {wanted["box without width"], wanted["box outside"]} <= set(found)
    return partly_if(good, "by an expression that one writes; nothing looks by itself", str(found))


def twice(folder: Path, _: Path) -> Answer:
    made = dataset(folder)
    found = set(foui.find_duplicates(made, "ground_truth", iou_thresh=0.9, method="greedy"))
    names = made.values("ground_truth.detections.id", unwind=True)
    numbers = made.values("ground_truth.detections.coco_id", unwind=True)
    said = {number for name, number in zip(names, numbers, strict=True) if name in found}
    wanted = planted_in(folder)
    either = {wanted["box twice"], wanted["box that is there twice"]}
    return yes_if(said & either, f"utils.iou.find_duplicates, called by hand: {sorted(said)}")


def broken(folder: Path, here: Path) -> Answer:
    labels = without_missing(folder / "broken.json", planted_in(folder), here)
    try:
        fo.Dataset.from_dir(
            dataset_type=fo.types.COCODetectionDataset,
            data_path=str(folder / "images"),
            labels_path=str(labels),
        )
    except Exception as error:
        return "no", f"ends with {type(error).__name__}: {str(error)[:80]}"
    return "yes", "read"


def mistaken(folder: Path) -> Any:
    made = dataset(folder)
    if not made.has_field("mistakenness"):
        fob.compute_mistakenness(made, "predictions", label_field="ground_truth")
    return made


def wrong_classes(folder: Path, _: Path) -> Answer:
    made = mistaken(folder)
    rows = zip(
        made.values("ground_truth.detections.mistakenness", unwind=True),
        made.values("ground_truth.detections.coco_id", unwind=True),
        strict=True,
    )
    first = sorted(
        ((value, number) for value, number in rows if value is not None), key=lambda row: -row[0]
    )[:1]
    return yes_if(
        [number for _, number in first] == [planted_in(folder)["wrong class"]],
        "compute_mistakenness: the planted one is the first",
    )


def wrong_boxes(folder: Path, _: Path) -> Answer:
    made, wanted = mistaken(folder), planted_in(folder)
    missing = sum(made.values("possible_missing"))
    spurious = made.filter_labels("ground_truth", F("possible_spurious")).values(
        "ground_truth.detections.coco_id", unwind=True
    )
    rows = zip(
        made.values("ground_truth.detections.mistakenness_loc", unwind=True),
        made.values("ground_truth.detections.coco_id", unwind=True),
        strict=True,
    )
    loc = [
        number
        for value, number in sorted(((v, n) for v, n in rows if v is not None), reverse=True)[:3]
    ]
    named = wanted["loose box"] in {*loc, *spurious}
    good = missing and wanted["box on nothing"] in spurious and named
    seen = (
        f"possible_missing {missing}, possible_spurious has the planted one: "
        f"{wanted['box on nothing'] in spurious}, it or the first three of mistakenness_loc have "
        f"the loose one: {named}"
    )
    return ("yes" if good else "partly"), seen


def embeddings(folder: Path, _: Path) -> Answer:
    made = dataset(folder)
    results = fob.compute_visualization(
        made, embeddings=vectors(made), method="pca", brain_key="map"
    )
    return yes_if(
        len(results.points) == len(made),
        "compute_visualization, with vectors of ours; its own models need torch",
    )


def images(folder: Path, _: Path) -> Answer:
    wanted = planted_in(folder)
    try:
        fo.Dataset.from_dir(
            dataset_type=fo.types.COCODetectionDataset,
            data_path=str(folder / "images"),
            labels_path=str(folder / "labels.json"),
        )
        missing = "is read"
    except KeyError as error:
        missing = f"ends the import with KeyError {error}"
    made = dataset(folder)
    made.compute_metadata(skip_failures=True, overwrite=True)
    lacking = [Path(one).name for one in made.match(F("metadata") == None).values("filepath")]  # noqa: E711
    state = "told" if wanted["image damaged"] in lacking else "not noticed"
    return (
        ("partly" if wanted["image damaged"] in lacking else "no"),
        f"a missing file {missing}; the damaged one is {state} by compute_metadata",
    )


def near(folder: Path, _: Path) -> Answer:
    made, wanted = dataset(folder), planted_in(folder)
    same = fob.compute_exact_duplicates(made)
    names = dict(
        zip(made.values("id"), (Path(one).name for one in made.values("filepath")), strict=True)
    )
    exact = any(
        {names[first], *(names[one] for one in more)} == set(wanted["image copied"])
        for first, more in same.items()
    )
    index = fob.compute_near_duplicates(made, embeddings=vectors(made), threshold=0.02)
    close = [
        {names[first], *(names[one] for one, _ in more)}
        for first, more in index.neighbors_map.items()
    ]
    half = any(set(wanted["image at half the size"]) <= group for group in close)
    return (
        ("yes" if exact and half else "partly" if exact else "no"),
        f"compute_exact_duplicates {exact}; compute_near_duplicates with vectors of ours {half}, "
        "its own models need torch",
    )


def leaks(folder: Path, _: Path) -> Answer:
    made, wanted = dataset(folder), planted_in(folder)
    second = {one["file_name"] for one in json.loads((folder / "val.json").read_text())["images"]}
    for sample in made:
        sample.tags = ["val" if Path(sample.filepath).name in second else "train"]
        sample.save()
    index = fob.compute_leaky_splits(
        made, splits=["train", "val"], embeddings=vectors(made), threshold=0.02
    )
    found = {Path(one).name for one in index.leaks_view().values("filepath")}
    return yes_if(
        set(wanted["image at half the size"]) <= found,
        f"compute_leaky_splits with vectors of ours: {len(found)} pictures",
    )


def splits(folder: Path, _: Path) -> Answer:
    made = dataset(folder).clone()
    four.random_split(made, {"train": 0.7, "val": 0.3})
    return partly_if(
        made.count_sample_tags().get("train"),
        "utils.random.random_split: at random, without classes or copies",
        "",
    )


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
