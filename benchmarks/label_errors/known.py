"""Real errors that are known: of published blood cells, and between two labellings of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from labelaudit.auditing.label_issues import ErrorKind
from labelaudit.boxes.overlaps import champion, max_by_row, overlaps
from labelaudit.core.columns import MISSING, Ints, texts
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Boxes, Dataset
from labelaudit.io.load import load
from labelaudit.label_errors.evaluation.known_errors import KnownErrors
from labelaudit.label_errors.labels import labels_of

RIGHT, LOOSE, SAME = 0.7, 0.1, 0.5
"""IoU with a revised box from which a box was right, and was about this object at all; and the IoU
below which a revised box was missing."""


@dataclass(frozen=True)
class Known:
    """Errors that were verified by eye; others may be there."""

    wrong_class: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # rows in Boxes
    missing: Boxes = field(default_factory=Boxes.empty)  # with class records; places are rough
    # rows in Images in which a class was never marked, and that class
    unmarked: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    unmarked_class: str = ""


def known_errors(folder: Path, dataset: Dataset) -> Known:
    """What `known_errors.json` in a folder tells of these images; nothing without that file."""
    path = folder / "known_errors.json"
    if not path.exists():
        return Known()
    errors = json.loads(path.read_text("utf-8"))["errors"]
    row = {name: number for number, name in enumerate(dataset.images.name.tolist())}
    label = {name: number for number, name in enumerate(dataset.class_names)}
    errors = [one for one in errors if one["image"] in row]  # it may be some of the images
    of = {kind: [one for one in errors if one["kind"] == kind] for kind in KINDS}
    wrong = [(row[one["image"]], one["object_index"]) for one in of["wrong_class"]]
    missing = of["missing_box"]
    unmarked = of["class_not_annotated"]
    return Known(
        np.array([_box(dataset, *place) for place in wrong], np.int64),
        Boxes.of(
            len(missing),
            image=[row[one["image"]] for one in missing],
            label=[label[one["should_be"]] for one in missing],
            xyxy=np.array([one["bbox_xyxy"] for one in missing], np.float64).reshape(-1, 4),
        ),
        np.array([row[one["image"]] for one in unmarked], np.int64),
        next((str(one["should_be"]) for one in unmarked), ""),
    )


KINDS = ("wrong_class", "missing_box", "class_not_annotated")


def _box(dataset: Dataset, image: int, number: int) -> int:
    """The row of the object with this number in the file of this image."""
    here = (dataset.boxes.image == image) & (dataset.boxes.record == number)
    return int(np.flatnonzero(here)[0])


def first_pass(folder: Path) -> KnownErrors:
    """The first labelling of the red blood cells, with what the later one changed as its errors.

    The later one is no gold standard: many of its own boxes sit worse. It is kept because these
    are disagreements between people, in crowds, as no generator makes them.
    """
    first = load(folder / "first_pass", images=folder / "JPEGImages")
    revised = _like(load(folder), first)
    labels = labels_of(DatasetColumns(first))
    box_overlaps = overlaps(labels.image, labels.xyxy, revised.image, revised.xyxy)
    overlap = max_by_row(box_overlaps.one, box_overlaps.overlap, len(labels))
    nearest = np.append(box_overlaps.other, MISSING)[
        champion(box_overlaps.one, box_overlaps.overlap, len(labels))
    ]
    error, true = np.full(len(first.boxes), "", object), first.boxes.xyxy.copy()
    loose = (overlap >= LOOSE) & (overlap < RIGHT)
    error[labels.box[loose]], true[labels.box[loose]] = (
        ErrorKind.LOOSE_BOX,
        revised.xyxy[nearest[loose]],
    )
    error[labels.box[overlap < LOOSE]] = ErrorKind.SPURIOUS
    reached = max_by_row(box_overlaps.other, box_overlaps.overlap, len(revised))
    gone = reached < SAME
    gone[nearest[loose]] = False
    return KnownErrors(first, texts(error.tolist()), true, revised.rows(gone))


def _like(revised: Dataset, first: Dataset) -> Boxes:
    """The revised boxes of images and classes that the first labelling has, by its rows."""
    stem = {Path(name).stem: row for row, name in enumerate(first.images.name.tolist())}
    image = [stem.get(Path(name).stem, MISSING) for name in revised.images.name.tolist()]
    names = first.class_names
    label = [names.index(name) if name in names else MISSING for name in revised.class_names]
    boxes = revised.boxes.rows(labels_of(DatasetColumns(revised)).box)
    moved = Boxes.of(
        len(boxes),
        image=np.array([*image, MISSING])[boxes.image],
        label=np.array([*label, MISSING])[boxes.label],
        xyxy=boxes.xyxy,
    )
    return moved.rows((moved.image != MISSING) & (moved.label != MISSING))
