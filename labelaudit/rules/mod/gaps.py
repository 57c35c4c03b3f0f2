"""Where labels of a class are missing: in which splits, folders, files and images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.rules.mod.label_issue_rows import label_issues_of


@dataclass(frozen=True)
class Sources:
    """One way of dividing the images."""

    names: list[str]  # of each source, as a message says it
    of: Rows  # (images,) the source of each image; MISSING if it is in none


@dataclass(frozen=True)
class Gap:
    """A class that probably lacks labels in a source."""

    where: str
    images: Bools  # (images,) of the source
    single: bool  # whether the source is one image
    label: int  # index in `DatasetColumns.classes`
    missing: int  # probable objects without a label
    labelled: int
    # share of the class's objects in all other sources that have no label; 1 if it has none there
    elsewhere: float

    @property
    def share(self) -> float:
        """Share of the class's objects in the source that have no label."""
        return self.missing / (self.missing + self.labelled)


def gaps(audit: AuditContext, min_probability: float, min_missing: int) -> Iterator[Gap]:
    """Where at least `min_missing` objects of a class are missing with that probability.

    Splits come first, then label files, folders, and single images; in each, most missing first.
    """
    singles = _single_images(audit)
    for sources in (*_divisions(audit), singles):
        source, label, *columns = _counts(audit, sources.of, min_probability)
        missing, labelled, elsewhere = columns
        rows = np.flatnonzero(missing >= max(min_missing, 1))
        for row in rows[np.argsort(-missing[rows], kind="stable")].tolist():
            yield Gap(
                where=sources.names[int(source[row])],
                images=sources.of == source[row],
                single=sources is singles,
                label=int(label[row]),
                missing=int(missing[row]),
                labelled=int(labelled[row]),
                elsewhere=float(elsewhere[row]),
            )


def largest_places(found: Iterable[Gap]) -> list[Gap]:
    """The gaps that are not a part of an earlier one of the same class."""
    told: dict[int, Bools] = {}
    kept = []
    for gap in found:
        known = told.get(gap.label, np.zeros_like(gap.images))
        if not known[gap.images].all():
            kept.append(gap)
            told[gap.label] = known | gap.images
    return kept


def _counts(
    audit: AuditContext, source: Rows, min_probability: float
) -> tuple[Ints, Ints, Ints, Ints, Floats]:
    """Source, class and the numbers of a `Gap`, (g,) each, of all where something is missing."""
    classes = max(len(audit.derived.classes), 1)
    missing, boxes = label_issues_of(audit).missing, audit.dataset.boxes
    gone = missing.rows(missing.probability >= min_probability)
    key, count = np.unique(_keys(source, gone.image, gone.label, classes), return_counts=True)
    given = np.sort(_keys(source, boxes.image, audit.derived.box_class, classes))
    labelled = np.searchsorted(given, key, side="right") - np.searchsorted(given, key)
    label = key % classes
    all_missing, all_labelled = (
        np.bincount(label, count, classes),
        np.bincount(given % classes, minlength=classes),
    )
    others_missing = all_missing[label] - count
    others_labelled = all_labelled[label] - labelled
    elsewhere = others_missing / np.maximum(others_missing + others_labelled, 1)
    elsewhere = np.where(others_labelled > 0, elsewhere, 1.0)
    return key // classes, label, count, labelled, elsewhere


def _keys(source: Rows, image: Rows, label: Rows, classes: int) -> Ints:
    """A number for the source and the class of each row that has both."""
    place = np.append(source, np.int32(MISSING))[image]
    known = (place != MISSING) & (label != MISSING)
    keys: Ints = place[known].astype(np.int64) * classes + label[known]
    return keys


def _divisions(audit: AuditContext) -> Iterator[Sources]:
    """The ways of dividing the images that make more than one part, largest parts first."""
    for division in (_splits(audit), _files(audit), _folders(audit)):
        if len(np.unique(division.of)) > 1:
            yield division


def _splits(audit: AuditContext) -> Sources:
    dataset = audit.dataset
    of = np.full(len(dataset.images), MISSING, np.int32)
    listed = dataset.split_members.image != MISSING
    # Backwards, so that the first split of an image in several counts.
    of[dataset.split_members.image[listed][::-1]] = dataset.split_members.split[listed][::-1]
    return Sources([f"split {name}" for name in dataset.splits], of)


def _files(audit: AuditContext) -> Sources:
    """Label files that hold several images: of formats with a file for each, none."""
    dataset = audit.dataset
    file = dataset.images.file
    several = np.bincount(file[file != MISSING], minlength=len(dataset.files)) > 1
    of = np.where(np.append(several, False)[file], file, MISSING).astype(np.int32)
    return Sources(dataset.files.path.tolist(), of)


def _folders(audit: AuditContext) -> Sources:
    folders = [PurePosixPath(name).parent.as_posix() for name in audit.dataset.images.name.tolist()]
    names = list(dict.fromkeys(folders))
    place = {name: row for row, name in enumerate(names)}
    of = np.array([place[name] for name in folders], np.int32)
    return Sources([f"folder {name}" for name in names], of)


def _single_images(audit: AuditContext) -> Sources:
    """Each image as a source of its own."""
    names = audit.dataset.images.name.tolist()
    return Sources(names, np.arange(len(names), dtype=np.int32))
