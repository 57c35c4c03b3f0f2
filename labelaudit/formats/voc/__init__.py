"""Pascal VOC: a folder of XML files, one for each image, with lists of splits beside them."""

from __future__ import annotations

from labelaudit.formats import FORMATS, Format
from labelaudit.formats.voc.layout import recognises
from labelaudit.formats.voc.loading import load
from labelaudit.formats.voc.patching import patch
from labelaudit.formats.voc.writing import write

FORMATS.add(
    "voc",
    Format(
        "voc",
        "a Pascal VOC folder (XML files with an annotation each)",
        recognises,
        lambda path, image_folders, **_: load(path, image_folders),  # VOC has no polygons
        patch,
        write,
        folder=True,
    ),
)
