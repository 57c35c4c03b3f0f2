"""Which changes to a dataset its format cannot hold, so that the others can still be saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from labelaudit.dataset.part import part_of
from labelaudit.dataset.tables import Dataset, RecordPlace
from labelaudit.errors import FixError
from labelaudit.io.formats import FORMATS, Patch, patcher
from labelaudit.io.record_diff import Change, changes, table
from labelaudit.io.save import reloaded


def unwritable(dataset: Dataset) -> Mapping[RecordPlace, str]:
    """The records of which a change cannot be written, with the reason.

    Nothing, if it is not one record that stands in the way.

    Raises
    ------
    FixError
        if a source file was changed since it was loaded, or none of its format can be.
    """
    original = part_of(reloaded(dataset), dataset.part)
    patch = patcher(FORMATS[dataset.format], dataset)
    refused: dict[RecordPlace, str] = {}
    by_file: dict[int, list[Change]] = {}
    for change in changes(original, dataset):
        by_file.setdefault(change.file, []).append(change)
    for some in by_file.values():
        for change, reason in _refused(patch, original, dataset, some):
            refused[_place(change, original)] = reason
    return refused


def _refused(
    patch: Patch, original: Dataset, changed: Dataset, some: Sequence[Change]
) -> Iterator[tuple[Change, str]]:
    """Those of some changes that cannot be written by themselves, found by halving."""
    try:
        patch(original, changed, some)
    except FixError as error:
        if len(some) == 1:
            yield some[0], str(error)
            return
        middle = len(some) // 2
        yield from _refused(patch, original, changed, some[:middle])
        yield from _refused(patch, original, changed, some[middle:])


def _place(change: Change, original: Dataset) -> RecordPlace:
    before = change.before
    record = int(table(original, change.part).record[before]) if before >= 0 else before
    return RecordPlace(change.part, change.file, record)
