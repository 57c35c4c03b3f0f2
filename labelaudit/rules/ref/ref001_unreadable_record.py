from __future__ import annotations

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.dataset.tables import ProblemKind
from labelaudit.rules.ref.problem_rows import about, places, problems


@rule(
    "REF001",
    "unreadable-record",
    message="{place} {what}{words}",
    severity=Severity.ERROR,
)
def unreadable_record(audit: AuditContext) -> Found:
    """A file, or a record in a file, that cannot be read, or that ends in the middle.

    Why it hurts: most trainers stop at it. Those that pass over it train without its labels, and
    after a truncated file without all labels that were to follow.

    Everything else in the file is still audited.

    Example:
        >>> from labelaudit.testing import one_image, with_columns
        >>> what = {"file": [0], "part": ["annotations"], "record": [3], "found": ["found 7"]}
        >>> dataset = with_columns(one_image("car 10 10 40 40"), "problems", **what)
        >>> unreadable_record(AuditContext(dataset)).message.tolist()
        ['annotations[3] cannot be read: found 7']

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
