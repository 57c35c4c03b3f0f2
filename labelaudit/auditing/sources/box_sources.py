"""Whose labels: the boxes by who or what drew them, for rules that compare one with the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.auditing.needs import NO_SOURCES, Need
from labelaudit.auditing.sources.written import is_written, naming
from labelaudit.core.columns import MISSING, Rows
from labelaudit.dataset.fields import FieldColumn, Fields, flat, is_called, source_of_files
from labelaudit.dataset.merge import split_names
from labelaudit.dataset.months import MOST_VALUES, by_month
from labelaudit.dataset.tables import Dataset

WHO = (
    *("annotator", "annotated_by", "annotator_id", "labeler", "labeller", "labeled_by"),
    *("labelled_by", "created_by", "completed_by", "drawn_by", "worker", "worker_id"),
    *("assignee", "batch", "batch_id"),
)
"""What fields are called that say who drew a box, or in which batch, the surest first; a choice,
after the exports of annotation tools. `source` is not among them: tools write by it whether a box
was drawn by hand, and every file of VOC has one."""

FILE = "file"
"""The field that says which file of labels a box is of."""

LEAST_IMAGES = 10
"""Images of a folder or a file in the mean: fewer say nothing of it. A choice."""

_WRITTEN = naming(WHO)

NOTHING_TWICE = "no two sources drew the same objects, and no model was asked"

NO_TIMES = "nothing says when the boxes were drawn"

NO_SPLITS = "what was given side by side is compared by --by file, so these are no splits"

NO_IMAGE_TWICE = "no image was labelled by two of those who drew the boxes"


@dataclass(frozen=True, eq=False)
class BoxSources:
    """Boxes by their source."""

    field: str  # what is compared: annotator
    names: tuple[str, ...]  # (s,) of the sources
    box: Rows  # (b,) index in `names`; MISSING if the labels do not say
    # Whether the field says who drew the boxes: by its name, or by the user's word. Folders and
    # files may hold other scenes and other objects.
    by_hand: bool

    def words(self, source: int) -> str:
        """What the boxes of a source are called in a message."""
        return f"{self.field} {self.names[source]}"


def who(values: Mapping[str, Any]) -> dict[str, str]:  # Any: whatever a file holds
    """What the values of a record say of who drew it, by the names of fields; see `flat`.

    >>> who({"score": 1, "annotator": "Ann", "attributes": {"Worker": 7}})
    {'annotator': 'Ann', 'attributes.Worker': '7'}
    """
    return {name: text for name, text in flat(values) if is_called(name, WHO)}


def named_sources(dataset: Dataset, field: str) -> BoxSources | None:
    """Boxes by a field that the user named, times by month; None if it has one value, or too many.

    The files of labels that were given by several paths are told apart by these.

    Raises
    ------
    ConfigError
        if there is no such field.
    """
    if field == FILE and len(dataset.sources) > 1:
        return given_sources(dataset)
    return _of(by_month(Fields(dataset).column(field)), by_hand=True)


def given_sources(dataset: Dataset) -> BoxSources:
    """Boxes by the path that they were loaded from, of several that were given."""
    box = source_of_files(dataset)[dataset.boxes.file].astype(np.int32)
    return BoxSources(FILE, tuple(split_names(list(dataset.sources))), box, by_hand=True)


def sources(dataset: Dataset, by: Sequence[str]) -> BoxSources | None:
    """Boxes by who drew them; None if nothing says that, or all are of one.

    By the first field that the user named, but for the class; else by one that is called as those
    of annotators and batches are; else by folders, then by files, where there are several.
    """
    for name in by:
        if name != "class":
            return named_sources(dataset, name)
    fields = Fields(dataset)
    if is_written(_WRITTEN, dataset):
        names = fields.called(WHO)[::-1]
        known = {name.rpartition(".")[2].lower(): name for name in names}
        nested = {name.split(".")[0].lower(): name for name in names}
        for who in WHO:
            said = known.get(who) or nested.get(who)
            if said and (found := _of(fields.column(said), by_hand=True)):
                return found
    for name in ("folder", "file"):
        other = _of(fields.column(name), by_hand=False)
        if other and len(dataset.images) >= LEAST_IMAGES * len(other.names):
            return other
    return None


def _of(column: FieldColumn, *, by_hand: bool) -> BoxSources | None:
    used = np.flatnonzero(np.bincount(column.box + 1, minlength=1)[1:])
    if not 1 < len(used) <= MOST_VALUES:
        return None
    place = np.full(len(column.values) + 1, MISSING, np.int32)
    place[used] = np.arange(len(used))
    names = column.values[used].tolist()
    return BoxSources(column.name, tuple(names), place[column.box], by_hand)


def unsaid(
    dataset: Dataset,
    sources: BoxSources | None,
    label_issues: LabelIssues | None,
    *,
    timed: bool = False,
) -> dict[Need, str]:
    """What of sources there is not, and why rules that need it are not checked, in words.

    Parameters
    ----------
    dataset:
        that is audited.
    sources:
        of its boxes, if the labels say any.
    label_issues:
        what a model makes of the labels, if one was asked.
    timed:
        whether the labels say when boxes were drawn.
    """
    if sources is None:
        needs = (Need.SOURCES, Need.WHO, Need.SAME_OBJECTS, Need.RATERS)
        # With the others of its family, so that they are one line.
        return dict.fromkeys((*needs, *(() if timed else (Need.TIMES,))), NO_SOURCES)
    reasons = {} if timed else {Need.TIMES: NO_TIMES}
    if sources.by_hand and sources.field == FILE and _are_given(dataset):
        reasons[Need.SPLITS] = NO_SPLITS
    shared = _share_pictures(dataset, sources)
    if not (shared and sources.by_hand):
        reasons[Need.RATERS] = NO_IMAGE_TWICE if sources.by_hand else NO_SOURCES
    if not (shared or sources.by_hand):
        reasons[Need.WHO] = NO_SOURCES
    if not shared and label_issues is None:
        reasons[Need.SAME_OBJECTS] = NOTHING_TWICE if sources.by_hand else NO_SOURCES
    return reasons


def _are_given(dataset: Dataset) -> bool:
    """Whether the splits are nothing but the paths that were given side by side."""
    several = len(dataset.sources) > 1
    return several and dataset.splits == tuple(split_names(list(dataset.sources)))


def _share_pictures(dataset: Dataset, sources: BoxSources) -> bool:
    """Whether several sources may have drawn in one picture: an image, or two of one name."""
    image, box = dataset.boxes.image, sources.box
    told = (image != MISSING) & (box != MISSING)
    least = np.full(len(dataset.images), len(sources.names), np.int32)
    most = np.full(len(dataset.images), MISSING, np.int32)
    np.minimum.at(least, image[told], box[told])
    np.maximum.at(most, image[told], box[told])
    if (least < most).any():
        return True
    names = [name.rpartition("/")[2] for name in dataset.images.name.tolist()]
    paths = [path for path in dataset.images.path.tolist() if path]
    return len(set(names)) < len(names) or len(set(paths)) < len(paths)
