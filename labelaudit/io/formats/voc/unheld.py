"""What annotations say of their objects that no table holds, counted for those who convert them.

Source: the development kit of the VOC challenge 2012, section 11.4, "Annotation":
http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html; `occluded` is in files of
the challenges from 2009 on, `attributes` in those of LabelMe and CVAT.
"""

from __future__ import annotations

import os
import re

from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats.unheld import NAMES, Unheld
from labelaudit.io.formats.voc.layout import contents

_MARKED = rb"\s*(?:1|true|yes)\s*<"
_SAYINGS = {
    "objects with a pose: without it": rb"<pose>\s*(?!unspecified\b|unknown\b)[^<\s]",
    "objects marked as truncated: without the mark": rb"<truncated>" + _MARKED,
    "objects marked as occluded: without the mark": rb"<occluded>" + _MARKED,
    "parts of objects: without them": rb"<part>",
    "attributes of objects: without them": rb"<attribute>",
    "objects with actions: without them": rb"<actions>",
}
_OBJECT = re.compile(rb"<object\b[^>]*>(.*?)</object\s*>", re.IGNORECASE | re.DOTALL)
_PARTS = re.compile(
    rb"<(part|attributes|actions|polygon|bndbox|robndbox|segmentation|mask)\b.*?</\1\s*>",
    re.IGNORECASE | re.DOTALL,
)
"""What an object has of parts that are read or counted, with all that is in them."""

_ELEMENT = re.compile(rb"<([A-Za-z_][\w.-]*)\b[^>]*>\s*[^\s<]")
_KNOWN = {"name", "pose", "truncated", "occluded", "difficult"}
_OTHERS = f"other elements of objects ({NAMES}): without them"
_PATTERNS = {what: re.compile(pattern, re.IGNORECASE) for what, pattern in _SAYINGS.items()}


def unheld(dataset: Dataset) -> dict[str, int]:
    """How often the files of a dataset say what is lost when it is converted, in words."""
    found = Unheld()
    for name in dataset.files.path.tolist():
        try:
            text = contents(os.path.join(dataset.root, name))
        except OSError:  # which loading told
            continue
        for what, pattern in _PATTERNS.items():
            found.counts[what] += len(pattern.findall(text))
        for one in _OBJECT.findall(text):
            names = [name.decode() for name in _ELEMENT.findall(_PARTS.sub(b"", one))]
            found.count(_OTHERS, [name for name in names if name.lower() not in _KNOWN])
    return found.told()
