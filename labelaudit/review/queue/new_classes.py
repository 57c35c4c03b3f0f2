"""Classes that reviewers named and the dataset does not have: what decisions say of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from labelaudit.core.columns import MISSING
from labelaudit.dataset.new_classes import with_classes
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError
from labelaudit.review.queue.items import ADDED, State
from labelaudit.review.queue.store import Queue

_MARK = f'%"record":{MISSING}%'
"""In a fix whose class has no record: it is known by its name alone."""


def named_in(fixes: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The names of classes without a record that fixes, as in the fix list, give to boxes."""
    for fix in fixes:
        category = fix["changes"].get("category") or {}
        if category.get("record") == MISSING and category.get("name"):
            yield category["name"]


def named_classes(queue: Queue) -> list[str]:
    """The names of classes without a record in what stands decided, in the order of decisions.

    Those that have been declared since are among them, and of formats where classes are but names
    all that are given to boxes.
    """
    with queue.reading() as database:
        entry = database.as_text("entry")
        rows = database.execute(
            "SELECT entry, last.fixes FROM items JOIN decisions AS last ON last.id = decision "  # noqa: S608  # ours
            "LEFT JOIN names ON names.id = items.rule WHERE current = 1 AND "
            f"((state = ? AND last.fixes LIKE ?) OR (text = ? AND {entry} LIKE ?)) "
            "ORDER BY last.at, items.id",
            (State.EDITED, _MARK, ADDED, _MARK),
        ).fetchall()
    found: list[str] = []
    for written, fixes in rows:
        fix = msgspec.json.decode(written)["fix"]
        found += named_in(msgspec.json.decode(fixes) if fixes else [fix] if fix else [])
    return list(dict.fromkeys(found))


def with_named_classes(queue: Queue, dataset: Dataset) -> Dataset:
    """The dataset with the classes that reviewers named, as far as it can have them."""
    try:
        return with_classes(dataset, named_classes(queue))
    except FixError:
        return dataset
