"""A sample of labels for a person to judge, and what it says about all of them.

A sample is JSON Lines: a head that says what it was drawn from, then a line for each label, to
whose `verdict` a person writes `ok`, `wrong_class`, `loose_box` or `spurious`; in a sample of
images, how many objects are missing. Labels are drawn with equal chances, whatever a model says of
them: only that makes the estimate valid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from labelaudit.auditing.findings_file import encoded
from labelaudit.auditing.label_issues import BOX_ERRORS, ErrorKind, LabelIssues
from labelaudit.core.columns import MISSING, Floats, Ints, texts
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Boxes, Dataset, Images
from labelaudit.errors import FormatError
from labelaudit.label_errors.human_labels import (
    HUMAN_VERDICTS,
    HumanBoxLabels,
    HumanImageCounts,
    HumanLabels,
)
from labelaudit.label_errors.labels import comparable

SCHEMA_VERSION = 1

Unit = Literal["boxes", "images"]


class Expected(msgspec.Struct):
    """What a model expects of all labels that a sample was drawn from."""

    count: int  # boxes, or images
    wrong: float  # mean probability that a box is wrong; missing objects in a mean image
    kinds: dict[str, float] = {}  # likewise of each kind of error


class SampleHead(msgspec.Struct, tag_field="line", tag="sample"):
    """The first line of a sample."""

    schema_version: int
    unit: Unit
    seed: int
    source: str  # of the probabilities, as in `LabelIssues`
    expected: Expected
    classes: dict[str, Expected] = {}


class SampleItem(msgspec.Struct, tag_field="line", tag="item"):
    """A label, or an image, to be judged."""

    source: str | None  # the file of the label, as seen from the dataset's root
    record: int  # its place among the objects of that file
    image: str | None
    class_name: str | None
    box: list[float] | None  # left, top, width, height in pixels
    wrong: float  # probability; in a sample of images, missing objects that a model expects
    kinds: dict[str, float] = {}
    verdict: str | int | None = None


_VERDICTS: dict[str, str | int] = {verdict: verdict for verdict in HUMAN_VERDICTS}
_VERDICTS["spurious_box"] = ErrorKind.SPURIOUS.value  # as the rule is called


@dataclass(frozen=True)
class Sample:
    """A sample that was read."""

    head: SampleHead
    items: tuple[SampleItem, ...]


def box_sample(
    dataset: Dataset, label_issues: LabelIssues | None, count: int, *, seed: int
) -> Sample:
    """Up to `count` labels drawn from all that stand for one object, with equal chances.

    A label that was not judged counts with the mean of those that were.

    Parameters
    ----------
    dataset:
        that is drawn from.
    label_issues:
        what a model makes of it; None if none was asked, which says that nothing is wrong.
    count:
        of the sample.
    seed:
        of the choice: a larger sample holds a smaller one.
    """
    derived = DatasetColumns(dataset)
    rows = np.flatnonzero(comparable(derived))
    columns = {
        name: with_mean_filled(getattr(label_issues.boxes, name)[rows])
        if label_issues
        else np.zeros(len(rows))
        for name in ("wrong", *BOX_ERRORS)
    }
    drawn = np.sort(np.random.default_rng(seed).permutation(len(rows))[:count])
    head = SampleHead(
        schema_version=SCHEMA_VERSION,
        unit="boxes",
        seed=seed,
        source=_source(label_issues),
        expected=_expected(columns, np.arange(len(rows))),
        classes={
            name: _expected(columns, np.flatnonzero(derived.box_class[rows] == number))
            for number, name in enumerate(derived.classes)
        },
    )
    items = [_box_item(dataset, int(rows[row]), _at(columns, int(row))) for row in drawn]
    return Sample(head, tuple(items))


def image_sample(
    dataset: Dataset, label_issues: LabelIssues | None, count: int, *, seed: int
) -> Sample:
    """Up to `count` images drawn with equal chances, to count what is missing in them.

    Parameters
    ----------
    dataset:
        that is drawn from.
    label_issues:
        what a model makes of it; None if none was asked, which says that nothing is missing.
    count:
        of the sample.
    seed:
        of the choice: a larger sample holds a smaller one.
    """
    images = dataset.images
    expected: Floats = np.zeros(len(images))
    if label_issues:
        missing = label_issues.missing.rows(label_issues.missing.image != MISSING)
        np.add.at(expected, missing.image, missing.probability)
    drawn = np.sort(np.random.default_rng(seed).permutation(len(images))[:count])
    head = SampleHead(
        schema_version=SCHEMA_VERSION,
        unit="images",
        seed=seed,
        source=_source(label_issues),
        expected=_expected({"wrong": expected}, np.arange(len(images))),
    )
    items = [
        SampleItem(
            source=_path(dataset, int(images.file[row])),
            record=int(images.record[row]),
            image=str(images.name[row]),
            class_name=None,
            box=None,
            wrong=float(expected[row]),
        )
        for row in drawn.tolist()
    ]
    return Sample(head, tuple(items))


def with_mean_filled(probability: Floats) -> Floats:
    """Probabilities with the mean of the known in place of NaN; 0 if none is known."""
    known = np.isfinite(probability)
    mean = probability[known].mean() if known.any() else 0.0
    return np.where(known, probability, mean)


def _source(label_issues: LabelIssues | None) -> str:
    return label_issues.source if label_issues else "nobody"


def _expected(columns: dict[str, Floats], rows: Ints) -> Expected:
    means = {
        name: float(values[rows].mean()) if len(rows) else 0.0 for name, values in columns.items()
    }
    return Expected(count=len(rows), wrong=means.pop("wrong"), kinds=means)


def _at(columns: dict[str, Floats], row: int) -> dict[str, float]:
    return {name: round(float(values[row]), 6) for name, values in columns.items()}


def _box_item(dataset: Dataset, row: int, probability: dict[str, float]) -> SampleItem:
    boxes = dataset.boxes
    left, top, right, bottom = boxes.xyxy[row].tolist()
    return SampleItem(
        source=_path(dataset, int(boxes.file[row])),
        record=int(boxes.record[row]),
        image=str(dataset.images.name[boxes.image[row]]),
        class_name=dataset.class_names[boxes.label[row]],
        box=[left, top, right - left, bottom - top],
        wrong=probability.pop("wrong"),
        kinds=probability,
    )


def _path(dataset: Dataset, file: int) -> str | None:
    return str(dataset.files.path[file]) if file != MISSING else None


def lines(sample: Sample) -> Iterator[bytes]:
    """A sample as it is written, a line each."""
    yield encoded(msgspec.to_builtins(sample.head))
    for item in sample.items:
        yield encoded(msgspec.to_builtins(item))


def read_sample(path: Path) -> Sample:
    """A sample, judged or not.

    Raises
    ------
    FormatError
        if it is none, or a verdict is none.
    """
    head: SampleHead | None = None
    items = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            found = msgspec.json.decode(line, type=SampleHead | SampleItem)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise FormatError(f"{path}:{number}: not a line of a sample: {error}") from error
        if isinstance(found, SampleHead):
            head = head or found
            continue
        if head is None:
            raise FormatError(f"{path}:{number}: the first line of a sample is missing")
        items.append(_checked(path, number, head, found))
    if head is None:
        raise FormatError(f"{path}: not a sample: it is empty")
    return Sample(head, tuple(items))


def _checked(path: Path, number: int, head: SampleHead, item: SampleItem) -> SampleItem:
    """The item, its verdict in our words."""
    said = item.verdict
    if said is None or said == "":
        item.verdict = None
        return item
    if head.unit == "boxes":
        verdict = _VERDICTS.get(str(said).strip().lower().replace("-", "_"))
        wanted = f"one of {', '.join(HUMAN_VERDICTS)}"
    else:
        verdict = said if isinstance(said, int) and said >= 0 else None
        wanted = "how many objects are missing"
    if verdict is None:
        raise FormatError(f"{path}:{number}: a verdict is {wanted}; found {said!r}")
    item.verdict = verdict
    return item


def human_labels_of(sample: Sample, dataset: Dataset, place: object) -> HumanLabels:
    """What a person said of the labels or images in a sample; lines without a verdict are left out.

    Parameters
    ----------
    sample:
        with verdicts.
    dataset:
        that it was drawn from.
    place:
        of the sample, for messages.
    """
    judged = [item for item in sample.items if item.verdict is not None]
    said = [item.verdict for item in judged]
    known = SampledRows(dataset, sample.head.unit)
    rows = []
    for item in judged:
        row = known.row(item)
        if row is None:
            what = f"{item.class_name} in " if item.class_name else ""
            raise FormatError(f"{place}: the labels have changed since: {what}{item.image}")
        rows.append(row)
    if sample.head.unit == "images":
        return HumanLabels(images=HumanImageCounts.of(len(rows), image=rows, missing=said))
    verdict = texts(map(str, said))
    return HumanLabels(boxes=HumanBoxLabels.of(len(rows), box=rows, verdict=verdict))


class SampledRows:
    """The rows of labels, or of images, that items of a sample are about."""

    def __init__(self, dataset: Dataset, unit: Unit) -> None:
        table: Boxes | Images = dataset.boxes if unit == "boxes" else dataset.images
        self._unit = unit
        if isinstance(table, Boxes):
            names = [*dataset.class_names, None]
            self._names = [names[label] for label in table.label.tolist()]
        else:
            self._names = table.name.tolist()
        self._files = {file: row for row, file in enumerate(dataset.files.path.tolist())}
        places = zip(table.file.tolist(), table.record.tolist(), strict=True)
        self._rows = {place: row for row, place in enumerate(places)}

    def row(self, item: SampleItem) -> int | None:
        """The row of an item; None if it is no more there, or its class or name has changed."""
        row = self._rows.get((self._files.get(item.source or "", MISSING), item.record))
        name = item.class_name if self._unit == "boxes" else item.image
        return row if row is not None and self._names[row] == name else None
