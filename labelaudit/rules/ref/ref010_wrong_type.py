from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.core.columns import Ints
from labelaudit.dataset.format_facts import LEFT_OUT
from labelaudit.dataset.tables import ProblemKind, RecordType
from labelaudit.rules.img.misspelt_names import misspelt_names
from labelaudit.rules.ref.fields import careful_rewritings
from labelaudit.rules.ref.problem_rows import about, essential, places, problems, shown

_KINDS = ProblemKind.WRONG_TYPE, ProblemKind.LEFT_OVER


@rule(
    "REF010",
    "wrong-type",
    message="{place}: {field} is {said}{meaning}",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
)
def wrong_type(audit: AuditContext) -> Found:
    """A value that is not written as it should be: a number as text, a name without its ending.

    Why it hurts: some readers understand it and some stop; and some sort "10" before "9". It is an
    error in a box or an id, where it stops most of them. A reference written `1.0` is the same
    number to most; Ultralytics' converter from COCO takes it for an index and stops with TypeError.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, one_image
        >>> labels = coco_text(one_image("car 10 10 40 40"))
        >>> print(before_and_after(wrong_type, labels.replace('"width": 640', '"width": "640"')))
        Found: images[0]: width is "640", understood as 640
        labels.json, before (-) and after (+) a safe fix:
        - {"id": 1, "file_name": "image.jpg", "width": "640", "height": 480}
        + {"id": 1, "file_name": "image.jpg", "width": 640, "height": 480}

    Fix: writes the value that was understood. Safe, because it is the same value; but unsafe where
    that is a box without an inside, or one of decimals in a file of whole numbers, which are
    rounded; or one of five numbers, or a YOLO label of six, whose last is left out and may be an
    angle; and where a file name would become one of another stem, or that of an image of another
    size than stated: labels and images may be paired wrongly.
    """
    dataset = audit.dataset
    problem = _not_of_spelling(audit, problems(dataset, *_KINDS))
    some = dataset.problems.rows(problem)
    grave, file_names = essential(dataset), dataset.facts.image_fields.get("path", ())
    fixes = careful_rewritings(audit, problem)
    return found(
        **about(dataset, problem),
        severity=[
            Severity.ERROR if field in grave and not said.endswith(".0") else Severity.WARNING
            for field, said in zip(some.field.tolist(), some.found.tolist(), strict=True)
        ],
        fix=fixes,
        place=places(dataset, problem),
        field=some.field,
        said=some.found,
        meaning=[
            _meaning(fix, is_file=field in file_names)
            for field, fix in zip(some.field.tolist(), fixes, strict=True)
        ],
    )


def _not_of_spelling(audit: AuditContext, problem: Ints) -> Ints:
    """The problems without names of images that misspelt-image-name tells."""
    dataset = audit.dataset
    fields = dataset.facts.image_fields.get("path", ())
    some = dataset.problems.rows(problem)
    named = np.isin(some.field.astype(object), fields) & (some.part == RecordType.IMAGE.value)
    if not named.any():
        return problem
    misspelt = [one.image for one in misspelt_names(audit) if not one.listed_in]
    others: Ints = problem[~(named & np.isin(some.row, misspelt))]
    return others


def _meaning(fix: Fix | None, *, is_file: bool) -> str:
    if is_file:
        return f", the image is {fix.values['value']}" if fix else ", which leads to no image"
    if not fix or fix.values["value"] == LEFT_OUT:
        return ""
    return f", understood as {shown(fix.values['value'])}"
