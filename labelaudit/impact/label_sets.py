"""What networks are to learn: the labels of one dataset, as they are, mended or made worse.

All sets stand on the same table of images, so that all networks see the same features and are
measured on the same held-out images; an image that a fix removes is only not learned.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from labelaudit.boxes.overlaps import matches
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.core.table import Table
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Boxes, Dataset, Headers, Keypoints, LoadProblems, Masks
from labelaudit.label_errors.evaluation.known_errors import Rates, plant_known_errors

Group: TypeAlias = Literal["labels", "review", "noise"]

MIXED = "mixed"

NOISES = {
    MIXED: Rates(0.25, 0.25, 0.25, 0.25),
    "missing": Rates(0, 0, 0, 1),
    "spurious": Rates(0, 0, 1, 0),
    "wrong-class": Rates(1, 0, 0, 0),
    "loose": Rates(0, 1, 0, 0),
}
"""What is planted, by its name: shares of all labels where the rate is 1."""

SAME_OBJECT = 0.3
"""IoU from which a label that is gone and one that is new are one that was changed; a choice."""

_Label: TypeAlias = tuple[int, tuple[float, ...], str, bool, bool]


@dataclass(frozen=True, eq=False)
class LabelSet:
    """Labels in one state."""

    name: str  # a word, part of the names of files
    words: str  # for people
    group: Group  # by what they are compared with
    dataset: Dataset
    learned: Bools  # (images,) which images are learned
    changed: int = 0  # labels of learned images that are not as they are in the dataset
    share: float = 0.0  # of the review that was done, or of labels that are made wrong
    seconds: float = 0.0  # of a reviewer that it takes
    noise: str = ""  # a key of `NOISES`


def base_images(dataset: Dataset) -> Bools:
    """One record of each image file that was found, (images,): what all sets stand on."""
    paths = dataset.images.path.tolist()
    first = dict(zip(reversed(paths), range(len(paths) - 1, -1, -1), strict=True))
    chosen: Bools = np.array(
        [path != "" and first[path] == row for row, path in enumerate(paths)], bool
    )
    return chosen


def on_base(dataset: Dataset, base: Dataset) -> tuple[Dataset, Bools]:
    """The labels of a dataset on the images of another, and which of these it still has, (images,).

    Images are the same if their files are. Only what networks learn is taken along.

    Parameters
    ----------
    dataset: labels in any state.
    base: with the images, no two of one file.
    """
    place = {path: row for row, path in enumerate(base.images.path.tolist())}
    row = np.array([place.get(path, MISSING) for path in dataset.images.path.tolist()], np.int32)
    image = np.append(row, np.int32(MISSING))[dataset.boxes.image]
    boxes = dataclasses.replace(dataset.boxes, image=image).rows(image != MISSING)
    there = np.zeros(len(base.images), bool)
    there[row[row != MISSING]] = True
    return _with_labels(base, boxes, categories=dataset.categories), there


def _with_labels(base: Dataset, boxes: Boxes, **tables: Table) -> Dataset:
    """A dataset with other labels, and without what belongs to those that it had.

    Processes that train are given it, so that it holds neither functions nor open files.
    """
    nothing = {
        "masks": Masks.empty(),
        "keypoints": Keypoints.empty(),
        "problems": LoadProblems.empty(),
        "headers": Headers.empty(),
        "attributes": None,
        "kept": None,
    }
    return dataclasses.replace(base, boxes=boxes, **nothing, **tables)  # type: ignore[arg-type]  # tables by name


def planted(clean: LabelSet, noise: str, rate: float, *, seed: int) -> LabelSet:
    """A set in which some learned labels are made wrong on purpose; it has no labels of others.

    Parameters
    ----------
    clean: labels that are as right as they can be.
    noise: a key of `NOISES`.
    rate: how many, as a share of the labels there are.
    seed: of every choice.
    """
    rows = np.flatnonzero(clean.learned)
    part = clean.dataset.keep(images=clean.learned)
    shares = dataclasses.astuple(NOISES[noise])
    made = plant_known_errors(part, Rates(*(share * rate for share in shares)), seed=seed)
    boxes = made.dataset.boxes
    image = np.where(boxes.image == MISSING, MISSING, rows[boxes.image]).astype(np.int32)
    boxes = dataclasses.replace(boxes, image=image)
    count = int((made.error != "").sum()) + len(made.dropped)
    return LabelSet(
        f"{noise}-{100 * rate:g}",
        f"{100 * rate:g} % {noise}",
        "noise",
        _with_labels(clean.dataset, boxes),
        clean.learned,
        changed=count,
        share=rate,
        noise=noise,
    )


def changed_labels(before: Dataset, after: Dataset, learned: Ints) -> int:
    """How many labels of some images are not the same: gone, new, or other than they were.

    What is gone and what is new are one change where they overlap by `SAME_OBJECT`.

    Parameters
    ----------
    before, after: on the same images.
    learned: rows of the images.
    """
    one, other = _labels(before, learned), _labels(after, learned)
    gone, new = (_boxes(left) for left in (one - other, other - one))
    same = matches(gone[0], gone[1], new[0], new[1], min_overlap=SAME_OBJECT)
    pairs = min(len(np.unique(same.one)), len(np.unique(same.other)))
    return len(gone[0]) + len(new[0]) - pairs


def _labels(dataset: Dataset, learned: Ints) -> Counter[_Label]:
    """How often each label occurs in some images."""
    derived, boxes = DatasetColumns(dataset), dataset.boxes
    rows = np.flatnonzero(np.isin(boxes.image, learned))
    names = [*derived.classes, ""]
    columns = (
        boxes.image[rows].tolist(),
        map(tuple, np.round(boxes.xyxy[rows], 3).tolist()),
        [names[label] for label in derived.box_class[rows].tolist()],
        boxes.crowd[rows].tolist(),
        boxes.difficult[rows].tolist(),
    )
    return Counter(zip(*columns, strict=True))


def _boxes(labels: Counter[_Label]) -> tuple[Ints, Floats]:
    """Image, (n,), and corners, (n, 4), of labels."""
    rows = list(labels.elements())
    image = np.array([row[0] for row in rows], np.int64)
    return image, np.array([row[1] for row in rows], np.float64).reshape(-1, 4)
