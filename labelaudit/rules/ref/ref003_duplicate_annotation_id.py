from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.core.columns import MISSING, Ints
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.ref.id_use import ID_USE, id_use, keeps_repeated
from labelaudit.rules.ref.numbering import Repeats, begun_again, renumberings, repeats
from labelaudit.rules.ref.problem_rows import image_names, shown


@rule(
    "REF003",
    "duplicate-annotation-id",
    message="{what}",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    scope=Scope.FILE,
    gathers=ID_USE,
    keeps=keeps_repeated,
)
def duplicate_annotation_id(audit: AuditContext) -> Found:
    """Two annotations of one file with the same id.

    Why it hurts: readers that keep annotations by id, as pycocotools does, keep the last one, and
    the other is lost from training and from evaluation without a word.

    Ids are compared within each file: the splits of a dataset may count from 1 each. Where many of
    a file repeat, as after files were put together or images counted from 1 each, they are one
    finding.

    Example:
        >>> from labelaudit.core.ids import Ids
        >>> from labelaudit.testing import before_and_after, one_image, with_columns
        >>> dataset = one_image("car 10 10 40 40", "person 50 20 60 60")
        >>> dataset = with_columns(dataset, "boxes", id=Ids.of([309, 309]))
        >>> print(before_and_after(duplicate_annotation_id, dataset))
        Found: annotation id 309 is used 2 times: here on person in image.jpg, first on car in
            image.jpg
        labels.json, before (-) and after (+) a safe fix:
          {"id": 309, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        - {"id": 309, "image_id": 1, "category_id": 2, "bbox": [50, 20, 10, 40]}
        + {"id": 310, "image_id": 1, "category_id": 2, "bbox": [50, 20, 10, 40]}

    Fix: gives the later ones ids that are free. Safe, because nothing in the file refers to
    annotations by id.
    """
    dataset = audit.dataset
    repeated = repeats(dataset.boxes.id, dataset.boxes.file)
    known = id_use(audit)
    count, largest = (known.count, known.largest) if known else (None, None)
    many = begun_again(repeated, dataset.boxes.file, count)
    alone = np.ones(len(repeated.row), bool)
    for _, here in many:
        alone[here] = False
    each = np.flatnonzero(alone)
    fixes = renumberings(dataset, RecordType.BOX, repeated.row, Safety.SAFE, largest)
    of_files = [MISSING] * len(many)
    return found(
        [*of_files, *repeated.row[each].tolist()],
        other=[*of_files, *repeated.first[each].tolist()],
        file=[*(file for file, _ in many), *dataset.boxes.file[repeated.row[each]].tolist()],
        fix=[
            *(_together([fixes[place] for place in here.tolist()]) for _, here in many),
            *(fixes[place] for place in each.tolist()),
        ],
        what=[
            *(_of_file(audit, repeated, here) for _, here in many),
            *(_of_box(audit, repeated, place) for place in each.tolist()),
        ],
    )


def _together(fixes: list[Fix]) -> Fix:
    return Fix("together", Safety.SAFE, RecordType.FILE, MISSING, {"fixes": tuple(fixes)})


def _of_file(audit: AuditContext, repeated: Repeats, here: Ints) -> str:
    boxes = audit.dataset.boxes
    id_ = shown(boxes.id.value(int(repeated.first[here[0]])))
    return (
        f"{len(here):,} annotations have an id that an earlier one has: "
        f"the first is {id_}, which is used {repeated.times[here[0]]:,} times"
    )


def _of_box(audit: AuditContext, repeated: Repeats, place: int) -> str:
    boxes, both = audit.dataset.boxes, [int(repeated.row[place]), int(repeated.first[place])]
    names = [*audit.dataset.class_names, "no known class"]
    label, other = (names[boxes.label[row]] for row in both)
    here, there = image_names(audit.dataset.images, boxes.image[both].tolist())
    return (
        f"annotation id {shown(boxes.id.value(both[1]))} is used {repeated.times[place]:,} times: "
        f"here on {label} in {here}, first on {other} in {there}"
    )
