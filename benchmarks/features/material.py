"""What every tool is tried on: published photographs with their labels, and errors planted in them.

A folder with

- `images/`: the 40 photographs of `examples/bccd`, and five more files, see below;
- `labels.json`: their published labels as COCO, with the errors of `planted.json` in them;
- `truth.json`: the same without these errors;
- `predictions.json`: what a perfect detector would say, as a COCO results file;
- `train.json` and `val.json`: the labels as two splits, of which two photographs are in both;
- `broken.json`: the labels, and one record in them whose box is a text;
- `planted.json`: where which error is;
- `speed/`: a COCO file of the size of val2017, and 5,000 names of one picture.
"""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from PIL import Image

import labelaudit
from benchmarks.datasets import DATASETS, FOLDER

BCCD = Path(__file__).parents[2] / "examples" / "bccd"

Json = dict[str, Any]


def made(folder: Path) -> Path:
    """Write all of it into a folder, which is made; returns the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    images = folder / "images"
    shutil.copytree(BCCD / "JPEGImages", images)
    truth = as_coco()
    labels, planted = with_errors(truth, images)
    write(folder / "truth.json", truth)
    write(folder / "labels.json", labels)
    write(folder / "planted.json", planted)
    write(folder / "predictions.json", predictions_of(truth))
    for name, content in zip(("train", "val"), splits_of(labels, planted), strict=True):
        write(folder / f"{name}.json", content)
    broken = copy.deepcopy(labels)
    broken["annotations"][5]["bbox"] = "10 10 40 40"
    write(folder / "broken.json", broken)
    (folder / "speed" / "images").mkdir(parents=True)
    large = generated("val2017", FOLDER)
    shutil.copyfile(large, folder / "speed" / "val2017.json")
    picture = images / truth["images"][0]["file_name"]
    for image in json.loads(large.read_text("utf-8"))["images"]:
        (folder / "speed" / "images" / image["file_name"]).symlink_to(picture)
    return folder


def generated(name: str, folder: Path) -> Path:
    """The path of a dataset of the benchmarks of speed, which is made if it is not there."""
    path = DATASETS[name].path(folder)
    if not path.exists():
        command = [sys.executable, "-m", "benchmarks.generate", name, "--folder", str(folder)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return path


def write(path: Path, content: object) -> None:
    """Write JSON."""
    path.write_text(json.dumps(content, indent=1), "utf-8")


def as_coco() -> Json:
    """The published labels without the ten errors that rules find in them."""
    dataset = labelaudit.load(BCCD)
    wrong = labelaudit.audit(dataset, pixels="never")
    dropped = set(wrong.box.tolist())
    images = [
        {"id": row + 1, "file_name": Path(name).name, "width": int(size[0]), "height": int(size[1])}
        for row, (name, size) in enumerate(
            zip(dataset.images.name.tolist(), dataset.images.size.tolist(), strict=True)
        )
    ]
    boxes = dataset.boxes
    annotations = [
        {
            "id": row + 1,
            "image_id": int(boxes.image[row]) + 1,
            "category_id": int(boxes.label[row]) + 1,
            "bbox": [left, top, right - left, bottom - top],
            "area": (right - left) * (bottom - top),
            "iscrowd": 0,
        }
        for row, (left, top, right, bottom) in enumerate(boxes.xyxy.tolist())
        if row not in dropped
    ]
    names = dataset.categories.name.tolist()
    categories = [{"id": row + 1, "name": name} for row, name in enumerate(names)]
    return {"images": images, "annotations": annotations, "categories": categories}


def with_errors(truth: Json, images: Path) -> tuple[Json, Json]:
    """The labels with errors, each in an image of its own, and where these are."""
    labels = copy.deepcopy(truth)
    by_image = {
        image["id"]: [one for one in labels["annotations"] if one["image_id"] == image["id"]]
        for image in labels["images"]
    }
    full = [number for number, boxes in by_image.items() if len(boxes) > 3]
    twice, flat, outside, other, gone, extra, loose = (by_image[number] for number in full[:7])
    planted: Json = {}

    def add(box: Json, **changes: object) -> int:
        number = max(one["id"] for one in labels["annotations"]) + 1
        labels["annotations"].append({**box, "id": number, **changes})
        return number

    left, top, width, height = twice[0]["bbox"]
    planted["box twice"] = add(twice[0], bbox=[left + 1, top, width, height])
    planted["box that is there twice"] = twice[0]["id"]
    planted["box without width"] = flat[0]["id"]
    flat[0].update(bbox=[*flat[0]["bbox"][:2], 0, flat[0]["bbox"][3]], area=0)
    planted["box outside"] = outside[0]["id"]
    outside[0]["bbox"] = [5_000, 5_000, 50, 50]
    planted["wrong class"] = other[0]["id"]
    other[0]["category_id"] = other[0]["category_id"] % len(labels["categories"]) + 1
    planted["missing box"] = {"image": gone[0]["image_id"], "bbox": gone[0]["bbox"]}
    labels["annotations"].remove(gone[0])
    planted["box on nothing"] = add(extra[0], bbox=[1, 1, 34, 31], area=34 * 31)
    planted["loose box"] = loose[0]["id"]
    left, top, width, height = loose[0]["bbox"]
    loose[0]["bbox"] = [left + width * 0.35, top + height * 0.3, width, height]
    planted |= image_errors(labels, images)
    return labels, planted


def image_errors(labels: Json, images: Path) -> Json:
    """Images that are missing, damaged, copies of others; what they are called, by error."""
    names = [image["file_name"] for image in labels["images"]]

    def add(name: str, like: Json) -> str:
        labels["images"].append({**like, "id": len(labels["images"]) + 1, "file_name": name})
        return name

    first, second, third, *_ = labels["images"][10:]
    data = (images / names[10]).read_bytes()
    (images / "damaged.jpg").write_bytes(data[: len(data) // 3])
    with Image.open(images / second["file_name"]) as picture:
        picture.convert("RGB").resize((320, 240)).save(images / "half.jpg", quality=80)
    shutil.copyfile(images / third["file_name"], images / "copy.jpg")
    Image.new("RGB", (640, 480)).save(images / "blank.jpg")
    return {
        "image missing": add("missing.jpg", first),
        "image damaged": add("damaged.jpg", first),
        "image at half the size": [
            second["file_name"],
            add("half.jpg", second | {"width": 320, "height": 240}),
        ],
        "image copied": [third["file_name"], add("copy.jpg", third)],
        "image blank": add("blank.jpg", first | {"width": 640, "height": 480}),
    }


def predictions_of(truth: Json) -> list[Json]:
    """Every true box with the score of a good detector, each a little otherwise."""
    return [
        {
            "image_id": box["image_id"],
            "category_id": box["category_id"],
            "bbox": box["bbox"],
            "score": 0.9 + 0.09 * (box["id"] % 10) / 10,
        }
        for box in truth["annotations"]
    ]


def splits_of(labels: Json, planted: Json) -> tuple[Json, Json]:
    """Training and validation: copies of two training images are in the second."""
    copies = {planted["image at half the size"][1], planted["image copied"][1]}
    originals = {planted["image at half the size"][0], planted["image copied"][0]}
    second = {
        image["id"]
        for number, image in enumerate(labels["images"])
        if image["file_name"] in copies or (number % 4 == 0 and image["file_name"] not in originals)
    }

    def part(wanted: bool) -> Json:
        return {
            "images": [one for one in labels["images"] if (one["id"] in second) is wanted],
            "annotations": [
                one for one in labels["annotations"] if (one["image_id"] in second) is wanted
            ],
            "categories": labels["categories"],
        }

    return part(False), part(True)
