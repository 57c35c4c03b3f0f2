from __future__ import annotations

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope, no_box
from labelaudit.dataset.tables import ProblemKind
from labelaudit.rules.ref.problem_rows import about, places, problems


@rule(
    "REF001",
    "unreadable-record",
    message="{place} {what}{words}",
    severity=Severity.ERROR,
    scope=Scope.FILE,
    keeps=no_box,
)
def unreadable_record(audit: AuditContext) -> Found:
    """A file, or a record in a file, that cannot be read, or that ends in the middle.

    Why it hurts: most trainers stop at it. Those that pass over it train without its labels, and
    after a truncated file without all labels that were to follow.

    Everything else in the file is still audited.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, one_image
        >>> right = coco_text(one_image("car 10 10 40 40", "car 50 20 60 60"))
        >>> kept, _, rest = right.partition('{"id": 2')
        >>> wrong = kept + "7" + rest[rest.index("}") + 1 :]
        >>> print(before_and_after(unreadable_record, wrong, right))
        Found: annotations[1] cannot be read: an object was expected, found 7
        labels.json, wrong (-) and right (+):
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        - 7
        + {"id": 2, "image_id": 1, "category_id": 1, "bbox": [50, 20, 10, 40]}

    Fix: none, because nobody can tell what should stand there. Take it from a backup, or delete it.
    """
    dataset = audit.dataset
    problem = problems(dataset, ProblemKind.UNREADABLE, ProblemKind.TRUNCATED)
    some = dataset.problems.rows(problem)
    return found(
        **about(dataset, problem),
        place=places(dataset, problem),
        what=[
            "is cut off" if kind == ProblemKind.TRUNCATED.value else "cannot be read"
            for kind in some.kind.tolist()
        ],
        words=[f": {words}" if words else "" for words in some.found.tolist()],
    )
