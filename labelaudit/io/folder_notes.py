"""What is said of a folder that was loaded: what was not read, and what was put together."""

from __future__ import annotations

import os
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats.evidence import PathSample
from labelaudit.io.formats.versions import SAME_NAMES, usual_names

LABEL_ENDINGS = (".json", ".jsonl", ".xml", ".txt", ".csv", ".yaml", ".yml", ".parquet")
"""What names of files end in that could be labels, so that it is said if they were not read."""

_COMPANIONS = re.compile(
    r"(?:readme|licen[cs]e|copying|notice|citation|changelog|requirements|robots)\b.*"
    r"|(?:.*[^a-z])?(?:classes|labels?|names|labelmap|categories|colors|license|readme)\.txt"
    r"|(?:.*_)?(?:train|val|valid|test|trainval|minival|all|images?)(?:_?list|[0-9]*)\.(?:txt|csv)"
    r"|autosplit_.*|notes\.json|data(?:set)?\.ya?ml|args\.yaml|hyp.*\.yaml|opt\.yaml"
    r"|dataset[-_]?(?:metadata|infos?|meta)\.json|.*\.patch\.jsonl|labelaudit\..*",
    re.IGNORECASE,
)
"""Names of files that lie beside labels of any format and hold none."""

_LISTS = re.compile(r"(?:^|/)(?:ImageSets|splits?|lists?)/", re.IGNORECASE)
_IMAGE_PATHS = re.compile(rb"\A\S[^\r\n]*\.(?:jpe?g|png|bmp|tiff?|webp)\s*$", re.I | re.M)
_STRUCTURE = re.compile(
    r"(?:.*[^a-z])?(?:train|training|val|valid|validation|dev|test|testing|trainval|minival"
    r"|labels?|images?|imgs?|annotations?|ann|jpegimages|imagesets|obj(?:_[a-z]+)?_data)[0-9]*",
    re.IGNORECASE,
)
"""Folders that say where in a dataset a file is, not which dataset it is of."""

NAMED, MOST_NAMED = 2, 3
"""Files of one folder and ending that are named each, and what is named in all."""

FLAT = 0.5
"""The share of names with a backslash above which an archive lost its folders; a choice."""

MOST_FOLDERS = 5
"""Folders that are named where several were put together; the rest is counted."""


def folder_notes(sample: PathSample, dataset: Dataset, named: Iterable[str]) -> Iterator[str]:
    """Lines for people about a folder and what was read of it; none about a file.

    Parameters
    ----------
    sample:
        the files in the folder.
    dataset:
        what was loaded from it; its notes may name files, too.
    named:
        files that were told of already; others beside them with the same ending are, too.
    """
    if sample.is_file:
        return
    read = _read_files(sample.path, dataset)
    yield from _put_together(read)
    yield from _versions(dataset)
    yield from _flattened(sample)
    strays = [
        name
        for name in _strays(sample, {*read}, {_kind(name) for name in named})
        if not any(posixpath.basename(name) in note for note in dataset.notes)
    ]
    if strays:
        words = "a file that is" if len(strays) == 1 else "files that are"
        yield f"not read, {words} no labels of this dataset: {_by_folder(strays)}"


def _by_folder(strays: Sequence[str]) -> str:
    """The names of files; where several in a folder end alike, the folder and how many there are.

    >>> _by_folder(["a.csv", "x/1.xml", "x/2.xml", "x/3.xml", "b.json", "c.json", "d.txt"])
    'a.csv, x/*.xml (3 files), b.json and 2 more'
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for name in strays:
        groups.setdefault(_kind(name), []).append(name)
    shown: list[tuple[str, int]] = []
    for (folder, ending), names in groups.items():
        if len(names) > NAMED:
            place = posixpath.join(folder, f"*{ending}")
            shown.append((f"{place} ({counted(len(names), 'file')})", len(names)))
        else:
            shown += [(name, 1) for name in names]
    more = sum(count for _, count in shown[MOST_NAMED:])
    rest = f" and {more:,} more" if more else ""
    return ", ".join(words for words, _ in shown[:MOST_NAMED]) + rest


def _read_files(path: Path, dataset: Dataset) -> list[str]:
    """The files in a folder that a dataset was read from, relative to the folder."""
    names: list[str] = dataset.files.path.tolist()
    folder, root = (os.path.abspath(one) for one in (path, dataset.root))
    if folder == root:
        return names
    paths = [os.path.normpath(os.path.join(root, name)) for name in names]
    start = os.path.join(folder, "")
    inside = (path.removeprefix(start) for path in paths)
    return [path.replace(os.sep, "/") for path in inside if not os.path.isabs(path)]


def _strays(sample: PathSample, read: set[str], told: set[tuple[str, str]]) -> list[str]:
    """Files that could be labels by their names, that were not read and that nobody expects."""
    candidates = (sample.ending(ending) for ending in LABEL_ENDINGS)
    left = [name for some in candidates for name in some if name not in read]
    return [
        name
        for name in sorted(left)
        if _kind(name) not in told
        and not _COMPANIONS.fullmatch(posixpath.basename(name))
        and not _LISTS.search(name)
        and not (name.endswith(".txt") and _IMAGE_PATHS.search(sample.head(name, 1 << 12)))
    ]


def _kind(name: str) -> tuple[str, str]:
    """The folder and the ending of a file: others like it lie there."""
    return posixpath.dirname(name), posixpath.splitext(name)[1].lower()


def _put_together(read: Iterable[str]) -> Iterator[str]:
    """What several folders, each of which seems to be a dataset, were put together as one."""
    folders = Counter(name[: name.rfind("/") + 1] for name in read)  # few, of thousands of files
    counts: Counter[str] = Counter()
    for folder, count in folders.items():
        counts[_part(folder)] += count
    del counts[""]
    if len(counts) > 1:
        parts = [f"{part} ({counted(count, 'file')})" for part, count in sorted(counts.items())]
        more = len(parts) - MOST_FOLDERS
        rest = f" and {counted(more, 'other folder')}" if more > 0 else ""
        yield f"put together as one dataset: {', '.join(parts[:MOST_FOLDERS])}{rest}"


def _versions(dataset: Dataset) -> Iterator[str]:
    """Of files of many images each: those that seem to be copies or versions of one beside them."""
    if dataset.facts.one_image_a_file or dataset.facts.paired_by_name:
        return
    paths = {posixpath.splitext(path)[0]: path for path in dataset.files.path.tolist()}
    for stem, path in paths.items():
        folder, name = posixpath.split(stem)
        others = (paths.get(posixpath.join(folder, one), "") for one in usual_names(name))
        usual = next(filter(None, others), "")
        if usual and _share_images(dataset, path, usual):
            yield (
                f"{path} seems to be another version of {usual}, with the same images: both are "
                "read, and each image counts twice; give one of them alone"
            )


def _flattened(sample: PathSample) -> Iterator[str]:
    """That names hold what were folders, as of an archive of Windows that was unpacked wrongly."""
    flat = [name for name in sample.files if "\\" in name and os.sep != "\\"]
    if len(flat) > FLAT * len(sample.files):
        yield (
            f"names of {counted(len(flat), 'file')} hold backslashes ({flat[0]}): an archive made "
            "on Windows was unpacked without its folders; give the archive itself"
        )


def _share_images(dataset: Dataset, *paths: str) -> bool:
    """Whether most images of the first of two files are in the other, by their names."""
    images, files = dataset.images, dataset.files.path.tolist()
    first, other = (set(images.name[images.file == files.index(path)].tolist()) for path in paths)
    return 0 < len(first) <= len(first & other) / SAME_NAMES


def _part(name: str) -> str:
    """The first of the folders in a path, if it is one that may be a dataset; empty for all others.

    >>> _part("a/labels/"), _part("labels/train/"), _part("VOC2007/Annotations/"), _part("")
    ('a', '', 'VOC2007', '')
    """
    first, inside, _ = name.partition("/")
    return first if inside and first != ".." and not _STRUCTURE.fullmatch(first) else ""
