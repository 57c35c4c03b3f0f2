"""Label files that are read, and that trainers do not find, because of what they are called."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from labelaudit.core.columns import MISSING
from labelaudit.core.text import counted
from labelaudit.dataset.tables import ProblemKind, RecordType
from labelaudit.images.files import is_image
from labelaudit.io.formats.problems import FieldProblem, Problem
from labelaudit.io.formats.yolo.finding import LABELS
from labelaudit.io.formats.yolo.layout import YoloLayout


def names_otherwise(layout: YoloLayout, row: Mapping[str, int]) -> Iterator[Problem]:
    """Label files of other names than trainers look for: one problem of the first, for all.

    Parameters
    ----------
    layout:
        the images and their label files.
    row:
        in Files, of each label file.
    """
    odd = [label for label in row if not label.endswith(LABELS)]
    if odd:
        found = f"not {LABELS}, which is all that trainers look for{_others(odd)}"
        yield _about_file(row[odd[0]], "its ending", found)
    doubled = [
        (label, image)
        for label, image in zip(layout.labels, layout.images, strict=True)
        if label.endswith(image[-4:] + LABELS)  # hardly any, and only these are taken apart
        and is_image(image)
        and posixpath.basename(label) == f"{posixpath.basename(image)}{LABELS}"
    ]
    if doubled:
        label, image = doubled[0]
        stem = posixpath.splitext(posixpath.basename(image))[0]
        others = _others(list(dict.fromkeys(label for label, _ in doubled)))
        found = f"not {stem}{LABELS}, which is all that trainers look for{others}"
        yield _about_file(row[label], "its name", found)


def _others(labels: list[str]) -> str:
    count = counted(len(labels) - 1, "other label file")
    return f"; nor is that of {count}" if labels[1:] else ""


def _about_file(file: int, what: str, found: str) -> Problem:
    problem = FieldProblem(ProblemKind.WRONG_TYPE, what, found)
    return Problem(file, RecordType.FILE, MISSING, file, problem)
