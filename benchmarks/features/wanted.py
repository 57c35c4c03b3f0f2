"""The forty features that are asked for, in the order of the table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Feature:
    """One thing that people expect of a tool that finds and mends wrong labels."""

    key: str
    group: str
    asks: str  # in the words of the table
    command: str  # of labelaudit; empty if it cannot do it


def _of(group: str, *features: tuple[str, str, str]) -> list[Feature]:
    return [Feature(key, group, asks, command) for key, asks, command in features]


FEATURES = [
    *_of(
        "without a model",
        (
            "impossible-boxes",
            "finds boxes without an inside or outside of their image",
            "scan labels.json --select GEO",
        ),
        (
            "labelled-twice",
            "finds one object that is labelled twice",
            "scan labels.json --select DUP",
        ),
        ("broken-records", "reads on where a record is broken, and names it", "scan broken.json"),
        (
            "rules",
            "rules are chosen, set and added by a configuration file",
            "scan labels.json --config labelaudit.toml",
        ),
    ),
    *_of(
        "with a model",
        (
            "wrong-classes",
            "ranks wrong classes by anybody's predictions",
            "scan labels.json --predictions predictions.json",
        ),
        (
            "wrong-boxes",
            "and missing boxes, loose ones, boxes on nothing",
            "scan labels.json --predictions predictions.json",
        ),
        (
            "own-model",
            "needs no predictions: trains on the labels, each image held out once",
            "scan labels.json --detector",
        ),
        (
            "how-many",
            "says how many labels are wrong, with an interval, from a sample",
            "sample labels.json; estimate judged.jsonl",
        ),
        ("embeddings", "draws a map of images or crops by their embeddings", ""),
    ),
    *_of(
        "images and splits",
        (
            "damaged-images",
            "finds missing, damaged and blank image files",
            "scan labels.json --select IMG",
        ),
        (
            "near-duplicates",
            "finds pictures that are copies, also at another size",
            "scan labels.json --select IMG",
        ),
        ("leaks", "finds pictures that are in two splits", "scan train.json val.json --select SPL"),
        (
            "splits",
            "makes splits, balanced by class, without leaks",
            "split labels.json -o new-split",
        ),
    ),
    *_of(
        "fixing",
        ("fixes", "proposes fixes, shows them, applies them", "scan labels.json --fix --diff"),
        ("byte-for-byte", "leaves what is not fixed as it was, byte for byte", "fix labels.json"),
        ("undo", "takes a fix back", "undo labels.cleaned.json"),
        ("versions", "compares two versions of a dataset", "diff labels.json labels.cleaned.json"),
    ),
    *_of(
        "review",
        (
            "page",
            "a page on which findings are decided one after the other, by keys",
            "review labels.json",
        ),
        ("drawing", "boxes are drawn and mended there", "review labels.json"),
        ("shapes", "so are polygons, masks, keypoints, tracks in videos", ""),
        ("people", "several people, whose decisions are compared", "review labels.json"),
        ("terminal", "the same in a terminal", "review labels.json --terminal"),
    ),
    *_of(
        "outputs",
        (
            "json",
            "a report in JSON with a published schema",
            "scan labels.json --output-format json",
        ),
        (
            "ci-reports",
            "SARIF, JUnit, annotations of GitHub and GitLab",
            "scan labels.json --output sarif=labels.sarif",
        ),
        (
            "tables",
            "findings as a table: CSV, Parquet, data frames",
            "scan labels.json --output csv=findings.csv",
        ),
        ("html", "one HTML file to send to somebody", "scan labels.json --output html=report.html"),
    ),
    *_of(
        "hand-overs",
        (
            "hand-over",
            "hands findings to CVAT, Label Studio or FiftyOne",
            "queue export queue.sqlite tasks.json --to labelstudio",
        ),
        (
            "hand-back",
            "takes what people decided there back",
            "queue import queue.sqlite tasks.json",
        ),
    ),
    *_of(
        "pipelines",
        ("exit-code", "an exit code by severity", "scan labels.json --fail-on error"),
        (
            "baseline",
            "a baseline, after which only new findings count",
            "scan labels.json --baseline known.json",
        ),
        ("pre-commit", "a hook for pre-commit", "scan labels.json --fail-on error"),
        (
            "manifest",
            "notes what exactly was checked, and tells what changed since",
            "scan labels.json --manifest audit.json",
        ),
    ),
    *_of(
        "notebook, shell, editor",
        (
            "notebook",
            "shows labels and findings as pictures in a notebook",
            "labelaudit.audit(dataset)",
        ),
        (
            "explained",
            "explains a rule in the terminal; completes by the tab key",
            "rules zero-area",
        ),
        ("editor", "speaks the protocol of editors (a language server)", ""),
    ),
    *_of(
        "formats and speed",
        ("reads", "reads COCO, Pascal VOC, YOLO and others", "stats examples/bccd"),
        (
            "converts",
            "converts, and says before what the target cannot hold",
            "convert labels.json yolo --to yolo",
        ),
        (
            "speed",
            "reads and checks a COCO file of 5,000 images, 36,781 boxes",
            "scan val2017.json",
        ),
    ),
    *_of(
        "training",
        ("torch", "a dataset for training loops of torch", "labelaudit.torch"),
        (
            "network",
            "trains a detector on the labels and exports it for devices",
            "train dataset -o model.pt; export model.pt --to onnx -o model.onnx",
        ),
    ),
]
