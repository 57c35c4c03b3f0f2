"""What a model said of labels, after some of them were fixed."""

from __future__ import annotations

import dataclasses

import numpy as np

from labelaudit.auditing.fixes.apply import Applied
from labelaudit.auditing.label_issues import BoxIssues, LabelIssues, MissingObjects
from labelaudit.boxes.ops import iou
from labelaudit.boxes.overlaps import matches
from labelaudit.core.columns import MISSING, Bools, Floats, Rows, texts
from labelaudit.core.rows import remap
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset

SAME_OBJECT = 0.5
"""IoU from which an added box is the object that was missing."""

SAME_BOX = 0.8
"""IoU from which a box that was moved, clipped to its image say, is what was judged before.

Below this a move is a correction: models' boxes agree with right labels by little more (a probe,
docs/method.md, section 10).
"""

CHANGED = "changed by a fix"


def carry_over(label_issues: LabelIssues, before: Dataset, applied: Applied) -> LabelIssues:
    """LabelIssues about the labels that are left, in the order of the dataset after fixing.

    A box that is new, of another class or at another place was not judged. An object is no longer
    missing where a box was added.

    Parameters
    ----------
    label_issues:
        about the labels of `before`.
    before:
        the dataset before fixing.
    applied:
        what came of fixing it.
    """
    old, new = DatasetColumns(before), DatasetColumns(applied.dataset)
    place = {name: row for row, name in enumerate(new.classes)}
    label = np.array([place.get(name, MISSING) for name in label_issues.classes], np.int32)
    unchanged = _unchanged(old, new, applied.box)
    row = np.where(unchanged, applied.box, MISSING)
    boxes = _boxes(label_issues.boxes, row)
    missing = label_issues.missing
    left = _still_missing(missing, applied.dataset, applied)
    image = remap(missing.image, np.isin(np.arange(len(before.images)), applied.image))
    return dataclasses.replace(
        label_issues,
        classes=tuple(new.classes),
        boxes=dataclasses.replace(boxes, label=_relabelled(boxes.label, label)),
        missing=dataclasses.replace(
            missing, image=image, label=_relabelled(missing.label, label)
        ).rows(left),
        box_features={name: _at(row, values) for name, values in label_issues.box_features.items()},
        missing_features={
            name: values[left] for name, values in label_issues.missing_features.items()
        },
        drawn=None if label_issues.drawn is None else label_issues.drawn[applied.image],
    )


def _unchanged(old: DatasetColumns, new: DatasetColumns, row: Rows) -> Bools:
    """Which boxes are as they were, (boxes now,), by the row that each had before."""
    here = np.flatnonzero(row != MISSING)
    was = row[here]
    names = [np.array([*derived.classes, ""], object) for derived in (old, new)]
    same_class = names[0][old.box_class[was]] == names[1][new.box_class[here]]
    with np.errstate(invalid="ignore", over="ignore"):
        corners = old.dataset.boxes.xyxy[was], new.dataset.boxes.xyxy[here]
        same_box = (corners[0] == corners[1]).all(axis=1) | (iou(*corners) >= SAME_BOX)
    unchanged = np.zeros(len(row), bool)
    unchanged[here] = same_class & same_box
    return unchanged


def _boxes(boxes: BoxIssues, row: Rows) -> BoxIssues:
    """The rows of `boxes`; one that is MISSING was not judged."""
    unknown = BoxIssues.of(1, abstention_reason=texts([CHANGED]))
    return BoxIssues.concat([boxes, unknown]).rows(np.where(row == MISSING, len(boxes), row))


def _at(row: Rows, values: Floats) -> Floats:
    at: Floats = np.append(values, np.nan)[row]
    return at


def _relabelled(label: Rows, new: Rows) -> Rows:
    return np.append(new, np.int32(MISSING))[label]


def _still_missing(missing: MissingObjects, dataset: Dataset, applied: Applied) -> Bools:
    """Which objects are in an image that is left, where no box was added, (m,)."""
    left: Bools = np.isin(missing.image, applied.image)
    added = np.flatnonzero(applied.box == MISSING)
    image, xyxy = applied.image[dataset.boxes.image[added]], dataset.boxes.xyxy[added]
    left[matches(missing.image, missing.xyxy, image, xyxy, min_overlap=SAME_OBJECT).one] = False
    return left
