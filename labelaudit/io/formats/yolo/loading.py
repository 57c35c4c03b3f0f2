"""Loading a YOLO dataset: its description, its images, then its labels, some files at a time."""

from __future__ import annotations

import dataclasses
import os
import posixpath
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from labelaudit.boxes.orientations import ON_ITS_SIDE
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Texts, texts
from labelaudit.dataset.merge import merged
from labelaudit.dataset.tables import (
    Boxes,
    Dataset,
    Files,
    Headers,
    Images,
    Keypoints,
    Masks,
    ProblemKind,
    RecordType,
    SplitMembership,
)
from labelaudit.errors import FormatError
from labelaudit.images.headers import read_headers
from labelaudit.io.formats.assumed_sizes import STAND_IN, assumption
from labelaudit.io.formats.problems import FieldProblem, Problem, ProblemNotes
from labelaudit.io.formats.yolo.bare_layout import bare_layout, single_layout
from labelaudit.io.formats.yolo.class_lists import name_classes
from labelaudit.io.formats.yolo.classes import classes, labels_of, unknown_classes
from labelaudit.io.formats.yolo.columns import LabelPiece, Place, Understanding, piece
from labelaudit.io.formats.yolo.contents import plain_labels, read_labels
from labelaudit.io.formats.yolo.described_layout import (
    beside_broken,
    beside_description,
    described_layout,
)
from labelaudit.io.formats.yolo.description import (
    Description,
    Source,
    described,
    index_by_name,
)
from labelaudit.io.formats.yolo.finding import (
    LABELS,
    broken_description_in,
    description_in,
    head,
    lists_images,
    nested_descriptions,
)
from labelaudit.io.formats.yolo.label_names import names_otherwise
from labelaudit.io.formats.yolo.layout import YoloLayout, dataset_folder
from labelaudit.io.formats.yolo.lines import pieces


def load(
    path: Path, image_folders: Sequence[Path] = (), *, polygon_validity: bool = True
) -> Dataset:
    """The dataset that a data.yaml, a .data file or a folder of labels is about.

    Parameters
    ----------
    path:
        the file or folder.
    image_folders:
        where images are looked for that are not where their labels say.
    polygon_validity:
        whether to look for self-crossing polygons.

    Raises
    ------
    FormatError
        if there are no labels, or what describes the dataset cannot be read.
    """
    path = path.absolute()
    text = path.is_file() and path.suffix.lower() == LABELS
    if text:
        return _of_text(path, image_folders, polygon_validity=polygon_validity)
    if path.is_file():
        return _described(path, image_folders, polygon_validity=polygon_validity)
    file = description_in(path) or broken_description_in(path)
    files = [file] if file else nested_descriptions(path)
    if files:
        parts = [_of_folder(one, image_folders, polygon_validity=polygon_validity) for one in files]
        return _put_together(parts, files)
    layout = bare_layout(path, image_folders)
    if not layout.is_labelled:
        raise FormatError(f"{path}: expected data.yaml, or label files (.txt), found neither")
    folder = path.as_posix()
    inside = all(_is_in(one, folder) for one in (*layout.labels, *layout.images))
    home = path if inside else Path(dataset_folder(folder))
    description = Description(home)
    name_classes(description, path, layout)
    return assembled(description, layout, polygon_validity=polygon_validity)


def _described(file: Path, image_folders: Sequence[Path], *, polygon_validity: bool) -> Dataset:
    """The dataset that a file describes; the labels beside it if it leads to none."""
    description = described(file)
    layout = described_layout(description, image_folders)
    if not layout.is_labelled:
        beside = beside_description(description, image_folders)
        if beside.is_labelled:
            beside.problems += layout.problems
            layout = beside
    return assembled(description, layout, polygon_validity=polygon_validity)


def _of_folder(file: Path, image_folders: Sequence[Path], *, polygon_validity: bool) -> Dataset:
    """The dataset that a file in its folder describes; the labels beside it if it is broken."""
    try:
        return _described(file, image_folders, polygon_validity=polygon_validity)
    except FormatError as error:
        layout = beside_broken(file, image_folders, error)
        if layout is None:
            raise
    description = Description(file.parent, file)
    name_classes(description, file.parent, layout)
    return assembled(description, layout, polygon_validity=polygon_validity)


def _put_together(parts: Sequence[Dataset], files: Sequence[Path]) -> Dataset:
    """Datasets with a description each as one; their splits are called by their folders, too."""
    if len(parts) == 1:
        return parts[0]
    names = [file.parent.name for file in files]
    named = [
        dataclasses.replace(part, splits=tuple(f"{name}/{split}" for split in part.splits))
        for part, name in zip(parts, names, strict=True)
    ]
    return merged(named, names)


def _of_text(path: Path, image_folders: Sequence[Path], *, polygon_validity: bool) -> Dataset:
    """The dataset of one label file, or of the images that a text file lists."""
    if lists_images(head(path)):
        description = Description(path.parent, sources=[Source(path.stem, path.name)])
        layout = described_layout(description, image_folders)
    else:
        description = Description(path.parent)
        layout = single_layout(path, image_folders)
    name_classes(description, path.parent, layout)
    return assembled(description, layout, polygon_validity=polygon_validity)


def assembled(description: Description, layout: YoloLayout, *, polygon_validity: bool) -> Dataset:
    """The tables of a dataset. Its files are those that describe it, then the label files.

    Parameters
    ----------
    description:
        what describes the dataset.
    layout:
        where its images and labels are.
    polygon_validity:
        whether to look for self-crossing polygons.
    """
    heads = [path for path in (description.path, description.names_path) if path]
    heads = [path for path in dict.fromkeys(heads) if path.is_file()]
    labels = list(dict.fromkeys(layout.labels))
    row = {label: len(heads) + number for number, label in enumerate(labels)}
    headers = read_headers(texts(_where_found(layout)))
    size, assumed = _sizes(headers)
    place = _place(layout, row, size)
    problems = [*_problems_of_heads(description, layout, heads), *_shared(layout, row)]
    problems += names_otherwise(layout, row)
    understanding = Understanding(
        index_by_name(description.names), description.keypoints, polygon_validity
    )
    stamps = np.full((len(heads) + len(labels), 2), MISSING, np.int64)
    whole = _joined(list(_pieces(row, place, understanding, problems, stamps)))
    if description.keypoints and len(whole.boxes) and not len(whole.keypoints):
        whole = _without_keypoints(whole)
        words = f"{list(description.keypoints)}, but no label has keypoints"
        problems.append(_about_file(0, FieldProblem(ProblemKind.WRONG_TYPE, "kpt_shape", words)))
    names_row = heads.index(description.names_path) if description.names_path else MISSING
    categories = classes(description, whole.index, names_row)
    label = labels_of(whole.index, categories)
    problems += whole.problems + unknown_classes(whole.boxes, whole.index, label)
    root = _root(description, layout)
    files = [*(path.as_posix() for path in heads), *labels]
    return Dataset(
        format="yolo",
        root=Path(root),
        files=Files.of(len(files), path=_relative(files, root), stamp=stamps),
        images=_images(layout, row, _relative(layout.images, root), size, assumed),
        categories=categories,
        boxes=dataclasses.replace(whole.boxes, label=label),
        masks=whole.masks,
        keypoints=whole.keypoints,
        problems=ProblemNotes(problems).by_place(),
        splits=tuple(layout.splits),
        split_members=_members(layout),
        image_folders=tuple(layout.folders),
        headers=headers,
        notes=(*layout.notes, *assumption(assumed)),
    )


def _where_found(layout: YoloLayout) -> Iterator[str]:
    for image, found in zip(layout.images, layout.found, strict=True):
        yield image if found else ""


def _sizes(headers: Headers) -> tuple[Floats, Bools]:
    """Width and height of each image as it is shown, (n, 2), and whether that is only assumed."""
    turned = headers.orientation >= ON_ITS_SIDE
    size = np.where(turned[:, None], headers.size[:, ::-1], headers.size)
    assumed = ~((size[:, 0] > 0) & (size[:, 1] > 0))
    return np.where(assumed[:, None], STAND_IN, size), assumed


def _place(layout: YoloLayout, row: dict[str, int], size: Floats) -> Place:
    """The image of each file, which is the first that names it as its label file."""
    image = np.full(max(row.values(), default=MISSING) + 1, MISSING, np.int64)
    for number, label in reversed(list(enumerate(layout.labels))):
        image[row[label]] = number
    return Place(image, np.vstack([size, [[np.nan, np.nan]]])[image])


def _pieces(
    row: dict[str, int],
    place: Place,
    understanding: Understanding,
    problems: list[Problem],
    stamps: Ints,
) -> Iterator[LabelPiece]:
    """The labels of all files.

    Parameters
    ----------
    row:
        the row in Files of each label file.
    place:
        the image of each file.
    understanding:
        how lines are to be read.
    problems:
        takes in what is wrong with a file as a whole.
    stamps:
        (files, 2) takes in the stamp of each file; see `core.disk.file_stamp`.
    """
    for lines, odd in pieces(_texts(row, problems, stamps)):
        yield piece(lines, odd, place, understanding)


def _texts(
    row: dict[str, int], problems: list[Problem], stamps: Ints
) -> Iterator[tuple[int, bytes]]:
    """The row in Files of each label file with anything in it, and its text; see `_pieces`."""
    labels = list(row)
    first = row[labels[0]] if labels else 0  # and the others follow it
    read = 0
    for some, found in plain_labels(labels):
        stamps[first + read : first + read + len(some)] = found
        for number, plain in enumerate(some, start=read):
            text = plain
            if text is None:
                content = read_labels(labels[number])
                stamps[first + number] = content.stamp
                problems.extend(_about_file(first + number, one) for one in content.problems)
                text = content.text
            if text:
                yield first + number, text
        read += len(some)


def _about_file(row: int, problem: FieldProblem) -> Problem:
    return Problem(row, RecordType.FILE, MISSING, row, problem)


def _joined(parts: Sequence[LabelPiece]) -> LabelPiece:
    """Pieces as one, with row numbers that count through."""
    starts = np.cumsum([0, *(len(part.boxes) for part in parts)]).tolist()
    masks, keypoints, problems = [Masks.empty()], [Keypoints.empty()], []
    for start, part in zip(starts, parts, strict=False):
        masks.append(_shifted_masks(part.masks, start))
        shifted = part.keypoints.box + np.int32(start)
        keypoints.append(dataclasses.replace(part.keypoints, box=shifted))
        problems += [
            one._replace(row=one.row + start) if _is_in_boxes(one) else one for one in part.problems
        ]
    return LabelPiece(
        Boxes.concat([Boxes.empty(), *(part.boxes for part in parts)]),
        np.concatenate([[], *(part.index for part in parts)]),
        Masks.concat(masks),
        Keypoints.concat(keypoints),
        problems,
    )


def _without_keypoints(whole: LabelPiece) -> LabelPiece:
    """The labels without a word for each file of boxes that lack keypoints: all do."""
    told = [one for one in whole.problems if one.what.field != "content"]
    return dataclasses.replace(whole, problems=told)


def _is_in_boxes(problem: Problem) -> bool:
    return problem.part is RecordType.BOX and problem.row != MISSING


def _shifted_masks(masks: Masks, start: int) -> Masks:
    return dataclasses.replace(masks, box=masks.box + np.int32(start))


def _problems_of_heads(
    description: Description, layout: YoloLayout, heads: Sequence[Path]
) -> list[Problem]:
    """What is wrong with the files that describe the dataset."""
    problems = [
        Problem(heads.index(path), RecordType.CATEGORY, description.names[row].record, row, problem)
        for path in [description.names_path]
        if path
        for row, problem in description.name_problems
    ]
    of_first = [*description.problems, *layout.problems]
    if layout.images and not any(os.path.exists(label) for label in layout.labels):
        of_first.append(FieldProblem(ProblemKind.MISSING_FIELD, RecordType.BOX.value))
    return [*problems, *(_about_file(0, problem) for problem in of_first if heads)]


def _shared(layout: YoloLayout, row: dict[str, int]) -> Iterator[Problem]:
    """Images whose label file is that of another: a.jpg and a.png. Its labels are of the first."""
    records = _records(layout)
    for image, first in layout.shares.items():
        name = posixpath.basename(layout.images[first])
        problem = FieldProblem(ProblemKind.WRONG_TYPE, "label file", f"that of {name}, too")
        yield Problem(row[layout.labels[image]], RecordType.IMAGE, records[image], image, problem)


def _records(layout: YoloLayout) -> list[int]:
    """The record of each image in its label file: two images of one file are two records of it."""
    if len(set(layout.labels)) == len(layout.labels):
        return [0] * len(layout.labels)
    seen: Counter[str] = Counter()
    records = []
    for label in layout.labels:
        records.append(seen[label])
        seen[label] += 1
    return records


def _images(
    layout: YoloLayout, row: dict[str, int], names: Texts, size: Floats, assumed: Bools
) -> Images:
    return Images.of(
        len(names),
        file=[row[label] for label in layout.labels],
        record=_records(layout),
        name=names,
        path=texts(_where_found(layout)),
        size=size,
        assumed=assumed,
    )


def _members(layout: YoloLayout) -> SplitMembership:
    split, image, name = zip(*layout.members, strict=True) if layout.members else ((), (), ())
    return SplitMembership.of(len(split), split=split, image=image, name=texts(name))


def _root(description: Description, layout: YoloLayout) -> str:
    """The folder that holds the labels: that of the description, or one that it points to.

    What is outside of it has a path that begins with `../`. It is not a folder that merely happens
    to hold both, which may hold everything.
    """
    home = description.home.as_posix()
    folders = {label[: label.rfind("/") + 1] for label in layout.labels}
    common = os.path.commonpath(folders or {home})
    if _is_in(common, home):
        return home
    folder = dataset_folder(common)
    base = posixpath.normpath(posixpath.join(home, description.base.replace("\\", "/")))
    meant = folder == base or folder != common
    return folder if meant or not _is_in(home, folder) else home


def _is_in(path: str, folder: str) -> bool:
    return f"{path}/".startswith(f"{folder.rstrip('/')}/")


def _relative(paths: Sequence[str], root: str) -> Texts:
    start = root.rstrip("/") + "/"
    return texts(
        path[len(start) :] if path.startswith(start) else posixpath.relpath(path, root)
        for path in paths
    )
