"""Folders with one text file for each image and one object a line: what such formats share.

No line names the image: it is the one with the name of the label file, in the folder that mirrors
the folder of labels (`image_2` for `label_2`), or anywhere where only one image has that name.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from labelaudit.core.text import counted
from labelaudit.dataset.tables import RecordType
from labelaudit.errors import FormatError
from labelaudit.images.files import is_image
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.listing import label_files
from labelaudit.io.formats.text_lines import first_lines, lines_at, split_named
from labelaudit.io.formats.unheld import NAMES

ENDING = ".txt"

HEAD = 1 << 14
"""Bytes of a file whose lines are judged: some hundred lines."""

HEADINGS = f"lines about whole images ({NAMES}): without them"

LISTS = ("classes.txt", "labels.txt", "names.txt", "predefined_classes.txt", "readme.txt")
"""Names, in lower case, of files that lie beside labels and are none."""


@dataclass(frozen=True)
class Line:
    """A line of a label file."""

    file: int  # row in Files
    image: int  # row in Images
    record: int  # from 0, blank lines counted
    text: str


@dataclass(frozen=True)
class LabelLines:
    """A format of one text file an image and one object a line."""

    name: str  # of the format
    why: str  # what its files are, in words
    fits: Callable[[str], bool]  # whether a line is as the format has it
    read_line: Callable[[DatasetBuilder, Line], None]  # takes in a line that is not blank
    image_folder: Callable[[str], str]  # the name of the folder of images; the same if it is none
    heading: Callable[[str], bool] = lambda line: False  # noqa: ARG005  # whether it is no object
    # Whether lines are a whole file of the format, where one line alone does not say it.
    holds: Callable[[Sequence[str]], bool] = lambda lines: False  # noqa: ARG005

    def evidence(self, sample: PathSample) -> FormatEvidence | None:
        """What speaks for a path being a label file, or a folder with some.

        At least half of the first lines of a file have to be as the format has them. Beside such
        files, one without any line is that of an image without objects.
        """

        def lines_of(name: str) -> list[str]:
            return first_lines(sample.head(name, HEAD), sample.size(name))

        def holds(name: str) -> bool:
            lines = lines_of(name)
            fitting = 2 * sum(map(self.fits, lines)) >= len(lines) or self.holds(lines)
            return bool(lines) and fitting

        names = sample.ending(ENDING)
        if not any(map(holds, sample.spread(names))):  # the folders of thousands need no look
            return None
        return sample.judged(
            self._candidates(names), lambda name: not lines_of(name) or holds(name), self.why
        )

    def _candidates(self, names: list[str]) -> list[str]:
        """Those in folders of labels, if there is one; all others if there is none."""
        by_folder: dict[str, list[str]] = {}
        for name in names:
            folder, _, base = name.rpartition("/")
            if base.lower() not in LISTS:
                by_folder.setdefault(folder, []).append(name)
        labels = [folder for folder in by_folder if self._mirrored(folder)[1]]
        return [name for folder in labels or by_folder for name in by_folder[folder]]

    def _mirrored(self, folder: str) -> tuple[str, bool]:
        """The folder of the images of a folder of labels, and whether a part of its name says so.

        Of several parts that could, the last is changed.
        """
        parts = folder.split("/")
        for place in reversed(range(len(parts))):
            name = self.image_folder(parts[place])
            if name != parts[place]:
                return "/".join([*parts[:place], name, *parts[place + 1 :]]), True
        return folder, False

    def read(self, path: Path) -> DatasetBuilder:
        """What is in a label file, or in all label files of a folder.

        A file without a single line of the format is a label file that cannot be read if others in
        its folder can be; in another folder it is something else, and left out.

        Raises
        ------
        FormatError
            if no file has a line of the format.
        """
        root, names = self._label_files(path)
        built = DatasetBuilder(self.name, root, folders=self._image_folders(root))
        waiting: list[tuple[str, list[str] | None, str]] = []
        folders = set()
        for name in names:
            lines, why = _lines(root / name)
            if lines and (any(map(self.fits, lines)) or self.holds(lines)):
                folders.add(posixpath.dirname(name))
                self._read_file(built, name, lines)
            else:
                waiting.append((name, lines, why))
        if not folders:
            raise FormatError(f"{path}: found no {self.why}")
        for name, lines, why in waiting:
            blank = lines is not None and not any(map(str.strip, lines))
            if posixpath.dirname(name) in folders:
                told = why if blank or not lines else f"none of its lines is one of {self.why}"
                self._read_file(built, name, [], told)
        if not path.is_file():
            built.notes += self._unlabelled(root, names)
        return built

    def _unlabelled(self, root: Path, names: list[str]) -> Iterator[str]:
        """A line for each folder of images of which some have no label file."""
        stems: dict[str, set[str]] = {}
        for name in names:
            folder, _, base = name.rpartition("/")
            stems.setdefault(folder, set()).add(posixpath.splitext(base)[0])
        for folder, labelled in stems.items():
            place = Path(self._mirrored((root / folder).as_posix())[0])
            images = _images_in(place)
            bare = [one for one in images if posixpath.splitext(one)[0] not in labelled]
            if bare:
                count = counted(len(bare), "image", "images")
                where = os.path.relpath(place, root)
                yield f"not read: {count} of {where} without a label file ({bare[0]})"

    def _label_files(self, path: Path) -> tuple[Path, list[str]]:
        if path.is_file():
            return path.parent, [path.name]
        names = [name for name in label_files(path) if name.lower().endswith(ENDING)]
        return path, self._candidates(names)

    def _image_folders(self, root: Path) -> list[Path]:
        """The folder beside a folder of labels that mirrors it; none where there is none."""
        mirrored, found = self._mirrored(root.as_posix())
        return [Path(mirrored)] if found and Path(mirrored).is_dir() else []

    def _read_file(self, built: DatasetBuilder, name: str, lines: list[str], why: str = "") -> None:
        """Take in a label file and its image; `why` says that it cannot be read."""
        file = built.add_file(name)
        stem = posixpath.splitext(posixpath.basename(name))[0]
        image_name = posixpath.join(self._mirrored(posixpath.dirname(name))[0], stem)
        split = split_named(posixpath.dirname(name))
        image = built.add_image(file, image_name, split=split)
        if why:
            built.unreadable_file(file, why)
        for record, text in enumerate(lines):
            if not text.strip():
                continue
            if self.heading(text):
                key, _, value = text.partition(":")
                built.unheld.count(HEADINGS, [key.strip()])
                built.told.image(image, {key.strip(): value})
            else:
                self.read_line(built, Line(file, image, record, text))


def _lines(path: Path) -> tuple[list[str] | None, str]:
    """The lines of a file; None and why if it cannot be read."""
    try:
        return lines_at(path), ""
    except ValueError as error:
        return None, str(error)


def _images_in(folder: Path) -> list[str]:
    """The names of the images in a folder, in order; none of one that may not be read."""
    try:
        return sorted(filter(is_image, os.listdir(folder)))
    except OSError:
        return []


def not_a_box(built: DatasetBuilder, line: Line) -> None:
    """Note a line that is no object."""
    built.unreadable_record(RecordType.BOX, line.file, line.record, line.text)


def odd(built: DatasetBuilder, line: Line, name: str, found: str | None) -> None:
    """Note a field of the object that is taken in next.

    Parameters
    ----------
    built:
        what the object is taken into.
    line:
        that it stands in.
    name:
        of the field.
    found:
        what stands there; None if it is missing.
    """
    row = built.next_box
    built.odd_field(RecordType.BOX, name, found, file=line.file, record=line.record, row=row)
