from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import ProblemKind, RecordType
from labelaudit.rules.ref.problem_rows import problems
from labelaudit.rules.ref.references import (
    DANGLING_IMAGES,
    LOST,
    drops_unless_unread,
    keeps_without_images,
    targets,
    without_images,
)


@rule(
    "REF005",
    "dangling-image",
    message="{what}",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
    scope=Scope.FILE,
    gathers=(LOST, DANGLING_IMAGES),
    keeps=keeps_without_images,
)
def dangling_image(audit: AuditContext) -> Found:
    """A label, or the list of a split, that names an image which does not exist.

    Why it hurts: the label is never seen in training, or a reader that looks up its image stops.
    Many of them at once mean that images were left out, or that their ids were changed.

    A list gets one finding for all the images that it names in vain, and so does a file of which no
    label has an image.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, one_image
        >>> labels = coco_text(one_image("car 10 10 40 40", "car 50 20 60 60"))
        >>> labels = labels.replace('"id": 2, "image_id": 1', '"id": 2, "image_id": 8')
        >>> print(before_and_after(dangling_image, labels))
        Found: car is in image id 8, which no image has
        labels.json, before (-) and after (+) an unsafe fix:
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        - {"id": 2, "image_id": 8, "category_id": 1, "bbox": [50, 20, 10, 40]}

    Fix: drops the label. Unsafe, because its image may have been left out by mistake. None where
    the record of an image could not be read, or the file is cut off: the image may have been there.
    """
    dataset = audit.dataset
    box, file, count = without_images(audit)
    said = targets(dataset, dataset.facts.image_references)
    classes = [*dataset.class_names, "a label"]
    problem = problems(dataset, ProblemKind.DANGLING)
    problem = problem[dataset.problems.part[problem] == RecordType.FILE.value]
    lists = dataset.problems.rows(problem)
    others = len(file) + len(lists)
    return found(
        np.append(box, np.full(others, MISSING)),
        problem=np.append(np.full(len(box) + len(file), MISSING), problem),
        file=np.concatenate([dataset.boxes.file[box], file, lists.file]),
        fix=[*drops_unless_unread(audit, box, RecordType.IMAGE), *([None] * others)],
        what=[
            *(
                f"{classes[dataset.boxes.label[row]]} is in {_image(said.get(row))}"
                for row in box.tolist()
            ),
            *(f"not one of {many:,} boxes is in an image that exists" for many in count.tolist()),
            *lists.found.tolist(),
        ],
    )


def _image(said: str | None) -> str:
    return f"image id {said}, which no image has" if said is not None else "no image"
