from __future__ import annotations

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.duplicates.merging import differences, merges
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope, no_box
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.ref.numbering import repeats
from labelaudit.rules.ref.problem_rows import shown


@rule(
    "REF004",
    "duplicate-category-id",
    message="category id {id} is used {times:,} times: here for {here}, first for {there}{differ}",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    scope=Scope.FILE,
    keeps=no_box,
)
def duplicate_category_id(audit: AuditContext) -> Found:
    """Two classes of one file with the same id.

    Why it hurts: a label names its class by id, so the labels of both classes become one class,
    under the name that happens to be read last.

    Example:
        >>> import numpy as np
        >>> from labelaudit.core.ids import Ids
        >>> from labelaudit.testing import before_and_after, one_image, with_columns
        >>> dataset = one_image("car 10 10 40 40", "van 50 20 60 60").keep(
        ...     boxes=np.array([True, False])
        ... )
        >>> dataset = with_columns(dataset, "categories", id=Ids.of([1, 1]), name=["car", "car"])
        >>> print(before_and_after(duplicate_category_id, dataset))
        Found: category id 1 is used 2 times: here for 'car', first for 'car'
        labels.json, before (-) and after (+) a safe fix:
          {"id": 1, "name": "car"}
        - {"id": 1, "name": "car"}

    Fix: makes two records of one name one record. Safe where the one that goes says nothing that
    the other does not say, as a supercategory or a skeleton. None for two names, because nobody can
    tell which labels belong to which.
    """
    dataset = audit.dataset
    categories = dataset.categories
    repeated = repeats(categories.id, categories.file)
    names = categories.name.tolist()
    pairs = list(zip(repeated.row.tolist(), repeated.first.tolist(), strict=True))
    same = [pair for pair in pairs if names[pair[0]] == names[pair[1]]]
    fixes = merges(dataset, RecordType.CATEGORY, same, [True] * len(same))
    fix_of = {fix.row: fix for fix in fixes}
    return found(
        category=repeated.row,
        fix=[fix_of.get(row) for row, _ in pairs],
        id=[shown(categories.id.value(first)) for _, first in pairs],
        times=repeated.times,
        here=[repr(names[row]) for row, _ in pairs],
        there=[repr(names[first]) for _, first in pairs],
        differ=differences(dataset, RecordType.CATEGORY, pairs),
    )
