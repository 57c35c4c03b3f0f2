"""What annotations say of their objects that no table holds, counted for those who convert them.

Source: the development kit of the VOC challenge 2012, section 11.4, "Annotation":
http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html; `occluded` is in files of
the challenges from 2009 on, `attributes` in those of LabelMe and CVAT.
"""

from __future__ import annotations

import os
import re
from collections import Counter

from labelaudit.dataset.tables import Dataset
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
_PATTERNS = {what: re.compile(pattern, re.IGNORECASE) for what, pattern in _SAYINGS.items()}


def unheld(dataset: Dataset) -> dict[str, int]:
    """How often the files of a dataset say what is lost when it is converted, in words."""
    counts: Counter[str] = Counter()
    for name in dataset.files.path.tolist():
        try:
            text = contents(os.path.join(dataset.root, name))
        except OSError:  # which loading told
            continue
        for what, pattern in _PATTERNS.items():
            counts[what] += len(pattern.findall(text))
    return dict(counts)
