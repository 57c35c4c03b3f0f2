"""What the annotations of COCO files are about: boxes, or something that no box is drawn around.

Source: https://cocodataset.org/#format-data; image_info and unlabeled files have no annotations.
"""

from __future__ import annotations

import dataclasses
import mmap
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from labelaudit.core.columns import texts
from labelaudit.dataset.tables import Dataset, LoadProblems, ProblemKind, RecordType

_ANNOTATIONS = re.compile(rb'"(?i:annotations)"\s*:\s*[\[{]')
_EMPTY = re.compile(rb'"(?i:annotations)"\s*:\s*(?:\[\s*\]|\{\s*\})')
_IMAGES = re.compile(rb'"(?i:images)"\s*:\s*[\[{]')
_NAME = re.compile(rb'"file_name"\s*:\s*("(?:[^"\\]|\\.)+")')
_SPLIT = re.compile("train|val|test")
_LOOKED_AT = 1 << 18
"""Bytes of the list of annotations in which the first ones say what they are."""

_NAMES = 10
"""Images of a file that are looked for in another to tell whether both are about the same ones."""

BOXES, KEYPOINTS, IMAGES = "boxes", "keypoints", "images without annotations"

_TASKS = (
    (rb'"segments_info"\s*:', "panoptic segments"),
    (rb'"keypoints"\s*:', KEYPOINTS),
    (rb'"(?:bbox|segmentation)"\s*:', BOXES),
    (rb'"caption"\s*:', "captions"),
    (rb'"(?:question|multiple_choice_answer)"\s*:', "questions about images"),
    (rb'"category_id"\s*:', "classes of images"),
)
"""Keys of annotations and what they are about; the first that is found counts."""


@dataclass(frozen=True)
class TaskFile:
    """A COCO file and what it is about."""

    path: Path
    task: str
    names: tuple[bytes, ...] = ()  # some images that it lists, as they stand there
    empty: bool = False  # whether its list of annotations is

    @classmethod
    def of(cls, path: Path) -> TaskFile:
        """What a file is about, from the first of its annotations; boxes if it has none."""
        try:
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as m:
                return cls(path, _task(path, m), _some_names(m), _is_empty(m))
        except (OSError, ValueError):  # an empty file cannot be mapped
            return cls(path, BOXES)

    def lists_images_of(self, other: TaskFile) -> bool:
        """Whether another file lists most of the images that this one does."""
        try:
            with (
                other.path.open("rb") as file,
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
            ):
                there = sum(content.find(name) >= 0 for name in self.names)
        except (OSError, ValueError):
            return False
        return 2 * there > len(self.names)


def chosen(paths: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """The files that are about boxes, and a line about each of the others.

    Where none is about boxes, all are taken, so that each is told what it is. Of two files about
    the same images, one with keypoints and one without, the latter is taken: it has all objects.
    A file without an annotation whose images are those of another is a list of images.
    """
    files = [TaskFile.of(path) for path in paths] if len(paths) > 1 else []
    files = [
        dataclasses.replace(one, task=IMAGES) if _only_lists(one, files) else one for one in files
    ]
    boxes = [file for file in files if file.task == BOXES]
    keypoints = [file for file in files if file.task == KEYPOINTS]
    if not boxes and not keypoints:
        return list(paths), []
    twins = {file.path: twin for file in keypoints for twin in boxes if _are_twins(file, twin)}
    taken = [one.path for one in files if one in (*boxes, *keypoints) and one.path not in twins]
    return taken, list(_left_out(files, taken, twins))


def without_records_of_another_task(dataset: Dataset, path: Path) -> Dataset:
    """The dataset of a file; if no annotation of it is about a box, one problem says what they are.

    A record that lacks its box could be mended or dropped; records that never were about boxes are
    neither.
    """
    boxes = dataset.boxes
    readable = len(dataset.masks) or len(dataset.keypoints) or np.isfinite(boxes.xyxy).any()
    if not len(boxes) or readable:
        return dataset
    task = TaskFile.of(path).task
    if task in (BOXES, KEYPOINTS):
        return dataset
    noted = dataset.problems
    of_boxes = noted.part == RecordType.BOX.value
    of_lists = (noted.part == RecordType.FILE.value) & (noted.field == "categories")
    what = LoadProblems.of(
        1,
        file=[0],
        row=[0],
        kind=texts([ProblemKind.UNREADABLE.value]),
        found=texts([f"its {len(boxes):,} annotations are {task}, no boxes"]),
    )
    problems = LoadProblems.concat([what, noted.rows(~of_boxes & ~of_lists)])
    empty = dataclasses.replace(dataset, problems=problems)
    return empty.keep(boxes=np.zeros(len(boxes), bool))


def _left_out(
    files: Sequence[TaskFile], taken: Sequence[Path], twins: dict[Path, TaskFile]
) -> Iterator[str]:
    for file in files:
        if file.path in twins:
            words = f"keypoints of images of {twins[file.path].path.name}, which has all objects"
            command = f"labelaudit scan {shlex.quote(str(file.path))}"
            yield f"not read: {file.path.name}: {words}; audit it with {command}"
        elif file.path not in taken:
            yield f"not read: {file.path.name}: {file.task}, no boxes"


def _only_lists(file: TaskFile, files: Sequence[TaskFile]) -> bool:
    """Whether a file has no annotation and its images are those of one that has some."""
    if not file.empty or file.task != BOXES:
        return False
    return any(_are_twins(file, one) for one in files if not one.empty and one.names)


def _are_twins(file: TaskFile, other: TaskFile) -> bool:
    """Whether two files are about the same images, and not two splits of a dataset."""
    splits = [set(_SPLIT.findall(one.path.stem.lower())) for one in (file, other)]
    return (splits[0] == splits[1] or not all(splits)) and file.lists_images_of(other)


def _task(path: Path, content: mmap.mmap) -> str:
    start = _ANNOTATIONS.search(content)
    if start is None:
        return IMAGES
    if re.match(r"stuff(?![a-z])", path.name.lower()):
        return "stuff, regions without single objects"
    head = content[start.end() : start.end() + _LOOKED_AT]
    found = (task for key, task in _TASKS if re.search(key, head))
    return next(found, BOXES)


def _is_empty(content: mmap.mmap) -> bool:
    start = _ANNOTATIONS.search(content)
    return start is not None and _EMPTY.match(content, start.start()) is not None


def _some_names(content: mmap.mmap) -> tuple[bytes, ...]:
    start = _IMAGES.search(content)
    if start is None:
        return ()
    head = content[start.end() : start.end() + _LOOKED_AT]
    return tuple(match.group(1) for match in _NAME.finditer(head))[:_NAMES]
