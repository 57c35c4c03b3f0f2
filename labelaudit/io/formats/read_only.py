"""Formats that are read only: what is said of one, and the `Format` that it comes to."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.core.columns import MISSING
from labelaudit.dataset.format_facts import FormatFacts
from labelaudit.dataset.shapes import Shape
from labelaudit.dataset.tables import Attributes, Dataset, RecordType
from labelaudit.io.formats import Format
from labelaudit.io.formats.attributes import CurrentRows, wanting_attributes
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.places import wanting_places

Read = Callable[[Path], DatasetBuilder]
"""Reads what is at a path, a file or a folder.

Raises `FormatError` only if the path cannot be of the format at all.
"""


@dataclass(frozen=True)
class ReadOnly:
    """A format that is read only: what `Format` needs, made from a function that reads."""

    name: str
    summary: str  # what it is, in a line
    evidence: Callable[[PathSample], FormatEvidence | None]  # see `Format.evidence`
    read: Read
    facts: Mapping[str, Any] = field(default_factory=dict)  # of FormatFacts
    folder: bool = True
    endings: tuple[str, ...] = ()  # see `Format.endings`
    placed: bool = False  # whether reading says what records are made of, in `places`

    def format(self) -> Format:
        """The format to be registered."""
        return Format(
            self.name,
            self.summary,
            self.evidence,
            self.load,
            facts=FormatFacts(**self.facts),
            shapes=self.shapes,
            unheld=self.unheld,
            attributes=self.attributes,
            folder=self.folder,
            endings=self.endings,
            record_spans=self.record_spans if self.placed else None,
        )

    def load(
        self, path: Path, image_folders: Sequence[Path], *, polygon_validity: bool = True
    ) -> Dataset:
        """The dataset at a path; see `Format.load`.

        Parameters
        ----------
        path:
            a file or a folder.
        image_folders:
            where the images are; looked for beneath the root if there are none.
        polygon_validity:
            whether to look for self-crossing polygons.

        Raises
        ------
        FormatError
            if the path cannot be of the format at all.
        """
        built = self.read(path.absolute())
        return built.dataset(image_folders, polygon_validity=polygon_validity)

    def record_spans(
        self, path: Path, wanted: Mapping[RecordType, Sequence[int]]
    ) -> Iterator[tuple[RecordType, int, int, int]]:
        """Where records stand in a file, which is read again; see `Format.record_spans`."""
        with wanting_places() as places:
            self.read(path.absolute())
        for part, records in wanted.items():
            for record in records:
                if span := places.records.get((part, record)):
                    yield part, record, *span

    def unheld(self, dataset: Dataset) -> dict[str, int]:
        """What the files of a dataset that was loaded say and no table holds; see `Format`."""
        from labelaudit.io.archives import opened  # noqa: PLC0415  # hardly anybody has one

        counts: Counter[str] = Counter()
        for source in dataset.sources:
            counts.update(self.read(opened(source).absolute()).unheld.told())
        return dict(counts)

    def attributes(self, dataset: Dataset) -> Iterator[Attributes]:
        """What records say and no table holds, read again from the files of a dataset."""
        from labelaudit.io.archives import opened  # noqa: PLC0415  # hardly anybody has one

        rows = CurrentRows(dataset)
        for source in dataset.sources:
            with wanting_attributes():
                built = self.read(opened(source).absolute())
            yield from rows.of(built)

    def shapes(self, dataset: Dataset) -> Iterator[tuple[int, Shape]]:
        """The masks and keypoints of a dataset that was loaded, read again from its files."""
        from labelaudit.io.archives import opened  # noqa: PLC0415  # hardly anybody has one

        boxes, root = dataset.boxes, dataset.root.absolute()
        paths = [str(root / path) for path in dataset.files.path.tolist()]
        shaped = np.unique(np.concatenate([dataset.masks.box, dataset.keypoints.box]))
        shaped = shaped[(boxes.record[shaped] != MISSING) & (boxes.image[shaped] != MISSING)]
        wanted = {
            (os.path.normpath(paths[file]), record): row
            for file, record, row in zip(
                boxes.file[shaped].tolist(),
                boxes.record[shaped].tolist(),
                shaped.tolist(),
                strict=True,
            )
        }
        for source in dataset.sources if wanted else ():
            for path, box in self.read(opened(source).absolute()).placed_boxes():
                row = wanted.get((path, box.record))
                if row is not None and box.shaped:
                    yield row, box.shape(dataset.images.size[boxes.image[row]])
