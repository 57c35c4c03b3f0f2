from __future__ import annotations

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.ref.numbering import renumberings, repeats
from labelaudit.rules.ref.problem_rows import image_names, shown


@rule(
    "REF003",
    "duplicate-annotation-id",
    message="annotation id {id} is used {times:,} times: "
    "here on {label} in {here}, first on {other_label} in {there}",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
)
def duplicate_annotation_id(audit: AuditContext) -> Found:
    """Two annotations of one file with the same id.

    Why it hurts: readers that keep annotations by id, as pycocotools does, keep the last one, and
    the other is lost from training and from evaluation without a word.

    Ids are compared within each file: the splits of a dataset may count from 1 each.

    Example:
        >>> from labelaudit.core.table import Ids
        >>> from labelaudit.testing import one_image, with_columns
        >>> dataset = one_image("car 10 10 40 40", "person 50 20 60 60")
        >>> dataset = with_columns(dataset, "boxes", id=Ids.of([309, 309]))
        >>> duplicate_annotation_id(AuditContext(dataset)).box
        array([1], dtype=int32)

    Fix: gives the later ones ids that are free. Safe, because nothing in the file refers to
    annotations by id.
    """
    dataset = audit.dataset
    boxes, images = dataset.boxes, dataset.images
    repeated = repeats(boxes.id, boxes.file)
    return found(
        repeated.row,
        other=repeated.first,
        fix=renumberings(dataset, RecordType.BOX, repeated.row, Safety.SAFE),
        id=[shown(boxes.id.value(row)) for row in repeated.first.tolist()],
        times=repeated.times,
        here=image_names(images, boxes.image[repeated.row].tolist()),
        there=image_names(images, boxes.image[repeated.first].tolist()),
    )
