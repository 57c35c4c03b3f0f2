"""Where images and labels are that no description speaks of: in a folder, or of one label file."""

from __future__ import annotations

import os
import posixpath
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from labelaudit.images.files import is_image
from labelaudit.images.locate import bare
from labelaudit.io.formats.yolo.layout import (
    YoloLayout,
    absolute,
    completed,
    files_in,
    label_path,
    mirrored,
    orphans,
    split_of,
    without_ending,
)


def single_layout(file: Path, images: Sequence[Path]) -> YoloLayout:
    """The image of one label file, mirrored, beside it, or under `images`."""
    layout = YoloLayout()
    label = absolute(file)
    image = mirrored(without_ending(label), "labels", "images")
    folders = dict.fromkeys([posixpath.dirname(image), posixpath.dirname(label)])
    near = (
        posixpath.join(folder, name)
        for folder in folders
        for name in sorted(os.listdir(folder) if os.path.isdir(folder) else [])
        if is_image(name) and posixpath.splitext(name)[0] == posixpath.basename(image)
    )
    found = next(near, "")
    layout.add(found or image, "", label=label, found=bool(found))
    layout.folders += [Path(posixpath.dirname(found))] if found else []
    return completed(layout, images)


def bare_layout(folder: Path, images: Sequence[Path]) -> YoloLayout:
    """All images and label files in a folder; folders called train, val, ... are its splits.

    A label file that lies neither beside its image nor where it should be is that of the one image
    of its name that has none.
    """
    layout = YoloLayout()
    start = absolute(folder)
    if os.path.isdir(other := mirrored(f"{start}/", "labels", "images").rstrip("/")):
        start = other
    for path in files_in(start, is_image):
        layout.add(path, split_of(path, start), label=label_path(path), found=True)
    layout.folders += [Path(start)] if layout.images else []
    for place in (f"{start}/", mirrored(f"{start}/", "images", "labels")):
        alone = [(label, split_of(label, place)) for label in orphans(layout, place)]
        for label, split in unpaired(layout, alone, start):
            layout.add_orphan(label, split)
    return completed(layout, images)


def unpaired(
    layout: YoloLayout, alone: Sequence[tuple[str, str]], start: str
) -> Iterator[tuple[str, str]]:
    """Pair label files with images of their names that have none; what is left, with its split.

    A name in another spelling is that of the one image without labels that could bear it.

    Parameters
    ----------
    layout:
        the images so far.
    alone:
        label files of no image, each with its split.
    start:
        the folder below which folders are splits.
    """
    waiting: dict[str, list[int]] = {}
    for row, label in enumerate(layout.labels if alone else ()):
        if not os.path.exists(label):
            stem = posixpath.splitext(posixpath.basename(layout.images[row]))[0]
            waiting.setdefault(stem, []).append(row)
    stems = [without_ending(posixpath.basename(label)) for label, _ in alone]
    meant = _spellings(stems, waiting)
    for stem, (label, split) in zip(stems, alone, strict=True):
        rows = waiting.get(meant.get(stem, stem), [])
        same = [row for row in rows if split_of(layout.images[row], start) == split]
        if len(rows) > 1 and len(same) != 1:
            same = [row for row in same or rows if _are_alike(layout.images[row], label)]
        fitting = same if len(rows) > 1 else list(rows)
        if len(fitting) == 1:
            rows.remove(fitting[0])
            layout.give_label(fitting[0], label, split)
        else:
            yield label, split


def _spellings(stems: Sequence[str], waiting: Collection[str]) -> dict[str, str]:
    """The stem of the one image that a stem of labels spells in another way, where there is one."""
    images, labels = defaultdict(list), defaultdict(set)
    for stem in set(stems) - set(waiting):
        labels[bare(stem)].add(stem)
    for stem in set(waiting) - set(stems) if labels else ():
        images[bare(stem)].append(stem)
    return {
        labels[key].pop(): images[key][0]
        for key in labels
        if len(labels[key]) == len(images.get(key, ())) == 1
    }


def _are_alike(image: str, label: str) -> bool:
    """Whether an image and a label file lie in folders of one name."""
    names = [posixpath.basename(posixpath.dirname(path)) for path in (image, label)]
    return names[0] == names[1]
