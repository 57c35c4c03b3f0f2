from __future__ import annotations

from labelaudit.auditing import Audit, Found, found, rule
from labelaudit.dataset import ProblemKind
from labelaudit.findings import Safety, Severity
from labelaudit.rules.ref.fields import rewriting
from labelaudit.rules.ref.records import ESSENTIAL, about, places, problems, shown


@rule(
    "REF010",
    "wrong-type",
    message="{place}: {field} is {said}{meaning}",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
)
def wrong_type(audit: Audit) -> Found:
    """A value of another type than it should have: a number that is written as text, say.

    Why it hurts: some readers understand it and some stop; and some sort "10" before "9". It is an
    error in a box or an id, where it stops most of them.

    Example:
        >>> from labelaudit.testing import one_image, with_columns
        >>> what = {"part": ["images"], "record": [0], "row": [0], "field": ["width"]}
        >>> what |= {"kind": ["wrong-type"], "found": ['"640"']}
        >>> dataset = with_columns(one_image("car 10 10 40 40"), "problems", **what)
        >>> wrong_type(Audit(dataset)).message.tolist()
        ['images[0]: width is "640", understood as 640']

    Fix: writes the value that was understood. Safe, because it is the same value.
    """
    dataset = audit.dataset
    problem = problems(dataset, ProblemKind.WRONG_TYPE)
    some = dataset.problems.rows(problem)
    fixes = [rewriting(dataset, row, Safety.SAFE) for row in problem.tolist()]
    return found(
        **about(dataset, problem),
        severity=[
            Severity.ERROR if field in ESSENTIAL else Severity.WARNING
            for field in some.field.tolist()
        ],
        fix=fixes,
        place=places(dataset, problem),
        field=some.field,
        said=some.found,
        meaning=[f", understood as {shown(fix.values['value'])}" if fix else "" for fix in fixes],
    )
