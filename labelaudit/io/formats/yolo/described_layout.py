"""Where the images are that the description of a dataset leads to."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from labelaudit.core.columns import texts
from labelaudit.core.text import counted, text_lines
from labelaudit.dataset.tables import ProblemKind
from labelaudit.errors import FormatError
from labelaudit.images.files import is_image
from labelaudit.images.locate import locate
from labelaudit.io.formats.problems import FieldProblem
from labelaudit.io.formats.yolo.bare_layout import bare_layout, unpaired
from labelaudit.io.formats.yolo.description import Description, Source, described
from labelaudit.io.formats.yolo.finding import ENDINGS
from labelaudit.io.formats.yolo.layout import (
    YoloLayout,
    absolute,
    as_spelt,
    completed,
    files_in,
    label_path,
    label_paths,
    mirrored,
    orphans,
    without_ending,
)
from labelaudit.io.formats.yolo.loose import shortened

LEVELS_ABOVE = 2
"""How far above its description a folder of images may be that holds the description, too.

A choice: `train: ../..` from `dataset/yaml/splits/data.yaml` is read, the user's home is not.
"""


def described_layout(description: Description, images: Sequence[Path]) -> YoloLayout:
    """The images that the sources of a description lead to, looked for under `images`, too."""
    layout = YoloLayout()
    bases = all_bases(description)
    folders: list[tuple[str, str]] = []
    taken: list[tuple[Source, str]] = []
    for source in description.sources:
        place = resolved(source.path, bases)
        taken.append((source, place))
        if not place:
            words = f"no folder or list {source.path}"
            problem = FieldProblem(ProblemKind.UNREADABLE_FIELD, source.split, shortened(words))
            layout.problems.append(problem)
        elif os.path.isfile(place):
            _add_list(layout, source.split, place, description)
        else:
            _add_images(layout, source.split, place)
            folders.append((source.split, place))
    alone = {
        place: list(orphans(layout, mirrored(f"{place}/", "images", "labels")))
        for _, place in folders  # of which two splits may name the same
    }
    for split, place in folders:
        some = [(label, split) for label in alone[place] if not layout.list_again(label, split)]
        for label, _ in unpaired(layout, some, place):
            layout.add_orphan(label, split)
    if not layout.images and not layout.problems:
        for source in description.sources:
            words = shortened(f"no image in {source.path}")
            layout.problems.append(FieldProblem(ProblemKind.UNREADABLE_FIELD, source.split, words))
    if layout.images:
        layout.notes += _of_astray(description, taken)
    return completed(layout, images)


def _of_astray(description: Description, taken: Sequence[tuple[Source, str]]) -> list[str]:
    """What is said of paths that lead nowhere; most often all lead where they should."""
    base = next(_bases(description), "")
    start = base or absolute(description.home)
    direct = [absolute(posixpath.join(start, source.path)) for source, _ in taken]
    if direct == [place for _, place in taken] and (base or not description.base):
        return []
    from labelaudit.io.formats.yolo.astray import astray  # noqa: PLC0415  # few need its words

    return list(astray(description, taken, all_bases(description), base))


def destinations(file: Path) -> list[str]:
    """The folders and lists that the description in a file leads to.

    Raises
    ------
    FormatError
        if it cannot be read.
    """
    description = described(file)
    bases = all_bases(description)
    return list(filter(None, (resolved(source.path, bases) for source in description.sources)))


def leads_to_labels(place: str) -> bool:
    """Whether a source is a list, or has text files in its folder or in that of its labels."""
    folders = dict.fromkeys([place, mirrored(f"{place}/", "images", "labels").rstrip("/")])
    texts_in = (files_in(folder, lambda name: name.endswith(ENDINGS)) for folder in folders)
    return os.path.isfile(place) or any(any(found) for found in texts_in)


def beside_description(description: Description, images: Sequence[Path]) -> YoloLayout:
    """The label files that lie beside a description whose sources lead to none.

    Raises
    ------
    FormatError
        if none of its sources is there, and no label file lies beside it.
    """
    where = description.path or description.home
    layout = bare_layout(description.home, images)
    paths = ", ".join(f"{source.split}: {source.path}" for source in description.sources)
    bases = all_bases(description)
    if not layout.is_labelled:
        if description.sources and not any(resolved(s.path, bases) for s in description.sources):
            raise FormatError(
                f"{where}: leads nowhere ({shortened(paths)}), and no label files lie beside it; "
                "put the folders where it says, or give the folder of the labels"
            )
        return layout
    if description.sources:
        count = counted(sum(map(os.path.exists, set(layout.labels))), "label file")
        layout.notes.append(
            f"{where.name} leads to no labels ({shortened(paths)}); read instead: {count} beside it"
        )
    return layout


def beside_broken(file: Path, images: Sequence[Path], error: FormatError) -> YoloLayout | None:
    """The label files that lie beside a description that cannot be read; None if there are none.

    Parameters
    ----------
    file:
        the description.
    images:
        folders in which images are looked for.
    error:
        why it cannot be read, which is told of the file.
    """
    layout = bare_layout(file.parent, images)
    if not layout.is_labelled:
        return None
    why = str(error).removeprefix(str(file)).lstrip(": ")
    words = f"line {why}" if why[:1].isdigit() else why
    told = f"{words}; trainers stop here: mend it, so that classes and splits are read"
    layout.problems.append(FieldProblem(ProblemKind.UNREADABLE_FIELD, "", told))
    count = counted(sum(map(os.path.exists, set(layout.labels))), "label file")
    layout.notes.append(f"{file.name} cannot be read; read instead: {count} beside it")
    return layout


def all_bases(description: Description) -> list[str]:
    """The folders that paths in a description may be relative to, the likeliest first.

    Those of a .data file are relative to where darknet is started, most often the folder above.
    """
    home = absolute(description.home)
    darknet = description.path is not None and description.path.suffix.lower() == ".data"
    return [*_bases(description), home, *([posixpath.dirname(home)] if darknet else [])]


def _searched(description: Description) -> list[str]:
    """The folders in which images of a list are looked for by their names."""
    home = absolute(description.home)
    return [*(base for base in _bases(description) if not _holds_all(base, home)), home]


def _bases(description: Description) -> Iterator[str]:
    """The folder that a description says it is about, if there is one of that name.

    Ultralytics begins `path` at its folder of datasets: `../datasets/coco128` is the folder
    `coco128` beside the description, where there is no other.
    """
    base = description.base.replace("\\", "/").rstrip("/")
    for place in (base, posixpath.basename(base)) if base else ():
        found = absolute(posixpath.join(description.home, place))
        if os.path.isdir(found):
            yield found
            return


def resolved(written: str, bases: Sequence[str]) -> str:
    """The folder or list that a source is; empty if there is none.

    A path of another machine, or one that Roboflow began with `../` by mistake, is looked for by
    its last parts beside the description: two of a folder at least, because `images` alone would be
    the folder of every split.
    """
    path = written.strip().replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    endings = ["/".join(parts[start:]) for start in range(max(0, len(parts) - 20), len(parts))]
    for candidate in [path, *endings]:
        for base in bases:
            place = absolute(posixpath.join(base, candidate))
            if _holds_all(place, bases[-1]):
                continue
            whole = candidate == path or "/" in candidate or len(parts) == 1
            if os.path.isfile(place) or (whole and _holds_dataset(place)):
                return place
    return ""


def _holds_all(folder: str, home: str) -> bool:
    """Whether a folder is the root of a file system, or far above what a description is in.

    Nobody keeps a dataset there, and to look for one would mean to walk through everything.
    """
    levels = home.count("/") - folder.rstrip("/").count("/")
    above = f"{home}/".startswith(f"{folder.rstrip('/')}/")
    return posixpath.dirname(folder) == folder or (above and levels > LEVELS_ABOVE)


def _holds_dataset(folder: str) -> bool:
    """Whether a folder of images, or the one of their labels, is there."""
    return os.path.isdir(folder) or os.path.isdir(mirrored(f"{folder}/", "images", "labels"))


def _add_images(layout: YoloLayout, split: str, folder: str) -> None:
    paths = list(files_in(folder, is_image))
    layout.add_folder(paths, list(label_paths(paths)), split)
    if os.path.isdir(folder):
        layout.folders.append(Path(folder))


def _add_list(layout: YoloLayout, split: str, file: str, description: Description) -> None:
    """Take in the images that a file lists, one path a line.

    Parameters
    ----------
    layout:
        that takes them.
    split:
        that they are in.
    file:
        the list.
    description:
        that names the list; paths may be relative to its folders.
    """
    bases = all_bases(description)
    lines = _listed_paths(Path(file))
    paths = [_listed_image(line, [posixpath.dirname(file), *bases]) for line in lines]
    labels = [label_path(path) for path in paths]
    lost = [row for row, path in enumerate(paths) if not os.path.isfile(path)]
    # Not in the folder above, where darknet may have been started: it may hold everything.
    folders = [Path(base) for base in _searched(description)]
    elsewhere = locate(texts(lines[row] for row in lost), folders).tolist() if lost else []
    unfound = {row for row, path in zip(lost, elsewhere, strict=True) if not path}
    labelled = _Labelled([posixpath.dirname(file), *bases])
    for row, path in zip(lost, elsewhere, strict=True):
        beside_label = labelled.image(lines[row])
        paths[row] = path or beside_label or paths[row]
        labels[row] = label_path(paths[row])
        if beside_label and not os.path.isfile(labels[row]):
            labels[row] = label_path(beside_label)
    labels = as_spelt(labels)
    odd = [line for line in lines if not is_image(line)]
    for row, (line, path) in enumerate(zip(lines, paths, strict=True)):
        if is_image(line):
            found = row not in unfound
            layout.add(path, split, label=labels[row], found=found, listed_as=line)
    if odd:
        words = f"{len(odd)} lines of {posixpath.basename(file)} name no image: {odd[0]}"
        layout.problems.append(FieldProblem(ProblemKind.UNREADABLE_FIELD, split, shortened(words)))
    layout.folders += folders[:1] if any(layout.found) else []


@dataclass
class _Labelled:
    """Images that are not at hand, found by their label files; CVAT exports these alone.

    Its lists say `data/obj_train_data/a.jpg` of what lies in `obj_train_data`.
    """

    bases: list[str]  # folders that the paths of a list may be relative to
    cut: int = 0  # folders at the beginning of a path that were not there, the last time
    base: int = 0  # which of `bases` it was

    def image(self, line: str) -> str:
        """Where the image of a line would be beside its label file; empty if that is not there."""
        parts = [part for part in line.replace("\\", "/").split("/") if part not in ("", ".", "..")]
        cuts = dict.fromkeys([self.cut, *range(min(len(parts), 20))])
        for cut in cuts:
            for base in dict.fromkeys([self.base, *range(len(self.bases))]):
                path = absolute(posixpath.join(self.bases[base], *parts[cut:]))
                if cut < len(parts) and _has_label(path):
                    self.cut, self.base = cut, base
                    return path
        return ""


def _has_label(image: str) -> bool:
    """Whether the label file of an image is there, in capitals or not."""
    stem = without_ending(label_path(image))
    return any(os.path.isfile(stem + ending) for ending in ENDINGS)


def _listed_paths(file: Path) -> list[str]:
    try:
        text = file.read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        return []
    return [line.strip() for line in text_lines(text) if line.strip()]


def _listed_image(line: str, bases: Iterable[str]) -> str:
    """The path that a line of a list means: relative to the list, or to the dataset."""
    path = line.replace("\\", "/")
    candidates = [absolute(posixpath.join(base, path)) for base in bases]
    return next((place for place in candidates if os.path.isfile(place)), candidates[0])
