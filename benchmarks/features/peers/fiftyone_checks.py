"""Features of FiftyOne that find something: by expressions, by its Brain, in labels and images."""

from __future__ import annotations

import json
import logging
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
from probe import Answer, partly_if, yes_if

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
