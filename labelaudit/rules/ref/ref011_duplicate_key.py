from __future__ import annotations

import dataclasses

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope, no_box
from labelaudit.dataset.tables import ProblemKind, RecordType
from labelaudit.rules.ref.fields import NUMBER_STYLES, careful_rewritings
from labelaudit.rules.ref.problem_rows import about, places, problems


@rule(
    "REF011",
    "duplicate-key",
    message="{place} has {field} more than once{said}",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    scope=Scope.FILE,
    gathers=NUMBER_STYLES,
    keeps=no_box,
)
def duplicate_key(audit: AuditContext) -> Found:
    """A field that one record has more than once, or a list that one file has more than once.

    Why it hurts: what is read differs from what is written. Readers of JSON keep the last value and
    say nothing; those of XML differ. Of a list of a COCO file, all records but those of the last
    one are lost, which is an error.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, one_image
        >>> labels = coco_text(one_image("car 10 10 40 40"))
        >>> dataset = labels.replace('"width": 640', '"width": 640, "width": 640')
        >>> print(before_and_after(duplicate_key, dataset))
        Found: images[0] has width more than once: 640
        labels.json, before (-) and after (+) a safe fix:
        - {"id": 1, "file_name": "image.jpg", "width": 640, "width": 640, "height": 480}
        + {"id": 1, "file_name": "image.jpg", "width": 640, "height": 480}

    Fix: keeps the value that was understood. Safe in a JSON file, because it is what nearly every
    reader has been reading; unsafe in any other, and where that value is a box without an inside:
    the one before may be that of the object.
    """
    dataset = audit.dataset
    problem = problems(dataset, ProblemKind.DUPLICATE_KEY)
    some = dataset.problems.rows(problem)
    json = [dataset.files.path[file].endswith(".json") for file in some.file.tolist()]
    return found(
        **about(dataset, problem),
        severity=[
            Severity.ERROR if part == RecordType.FILE.value else Severity.WARNING
            for part in some.part.tolist()
        ],
        fix=[
            fix if safe else fix and dataclasses.replace(fix, safety=Safety.UNSAFE)
            for fix, safe in zip(careful_rewritings(audit, problem), json, strict=True)
        ],
        place=places(dataset, problem),
        field=some.field,
        said=[f": {said}" if said else "" for said in some.found.tolist()],
    )
