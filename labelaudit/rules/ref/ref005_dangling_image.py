from __future__ import annotations

import numpy as np

from labelaudit.auditing import Audit, Found, found, rule
from labelaudit.dataset import Dataset, Part
from labelaudit.findings import Safety, Severity, drops
from labelaudit.rules.ref.references import TO_IMAGE, dangling, targets
from labelaudit.table import MISSING


@rule(
    "REF005",
    "dangling-image",
    message="{what}",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
)
def dangling_image(audit: Audit) -> Found:
    """A label, or a list of a split, that names an image which does not exist.

    Why it hurts: the label is never seen in training, or a reader that looks up its image stops.
    Many of them at once mean that images were left out, or that their ids were changed.

    A list gets one finding for all the images that it names in vain.

    Example:
        >>> import dataclasses
        >>> from labelaudit.testing import one_image
        >>> dataset = one_image("car 10 10 40 40", "car 50 20 60 60")
        >>> lost = dataclasses.replace(dataset.boxes, image=np.array([0, -1], np.int32))
        >>> dangling_image(Audit(dataclasses.replace(dataset, boxes=lost))).box
        array([1], dtype=int32)

    Fix: drops the label. Unsafe, because its image may have been left out by mistake.
    """
    dataset = audit.dataset
    box = dangling(dataset, dataset.boxes.image, TO_IMAGE)
    said = targets(dataset, TO_IMAGE)
    labels = [*dataset.class_names, "a label"]
    lists = _lists(dataset)
    none = [MISSING] * len(lists)
    return found(
        np.append(box, none).astype(np.int64),
        file=np.append(dataset.boxes.file[box], none),
        fix=[*drops(Part.BOX, box, Safety.UNSAFE), *([None] * len(lists))],
        what=[
            *(
                f"{labels[dataset.boxes.label[row]]} is in image id {said[row][1]}, "
                "which no image has"
                if row in said
                else f"{labels[dataset.boxes.label[row]]} is in no image"
                for row in box.tolist()
            ),
            *lists,
        ],
    )


def _lists(dataset: Dataset) -> list[str]:
    """What to say about each split whose list names images that do not exist."""
    members = dataset.members
    lost = np.flatnonzero(members.image == MISSING)
    splits, first, times = np.unique(members.split[lost], return_index=True, return_counts=True)
    return [
        f"the list of {dataset.splits[split]} names {count:,} images that have no labels here, "
        f"{members.name[lost[place]]} first"
        for split, place, count in zip(splits.tolist(), first, times.tolist(), strict=True)
    ]
