from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.core.columns import MISSING
from labelaudit.core.mirror_names import shown
from labelaudit.dataset.groups import pools_of_files
from labelaudit.images.namesakes import namesakes
from labelaudit.rules.img.record_drops import record_drops

FEW = 5
"""Images of a file that are missed one by one, even where they are most of them; a choice."""


@rule(
    "IMG001",
    "missing-image",
    message="{what}",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
    needs=Need.IMAGE_FOLDERS,
    scope=Scope.RECORDS,
)
def missing_image(audit: AuditContext) -> Found:
    """An image that the labels name and that is not on disk.

    Why it hurts: a trainer stops at it, or passes over it and its labels without a word.

    Images are only missed where a folder of images is at hand. A file of which no image is found,
    or more than a few and more than half are not, gets one finding for all of them: the folder is
    more likely the wrong one, or holds a sample. Where every image has a file of its own, the
    dataset is judged as one file. A name that several files bear, each in a folder of its own, is
    that of none, unless the labels name the folder: this is said.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, images
        >>> labels = coco_text(images({"a.jpg": ["car 10 10 40 40"], "b.jpg": ["car 10 10 40 40"]}))
        >>> print(before_and_after(missing_image, {"labels.json": labels, "b.jpg": (640, 480)}))
        Found: image a.jpg was not found in images
        labels.json, before (-) and after (+) an unsafe fix:
        - {"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}
          {"id": 2, "file_name": "b.jpg", "width": 640, "height": 480}
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
          {"id": 2, "image_id": 2, "category_id": 1, "bbox": [10, 10, 30, 30]}

    Fix: drops the record of the image with its boxes, where the file lists more than one image.
    Unsafe, because the image may only have been left out of a copy. None where several files bear
    its name.
    """
    images = audit.dataset.images
    missing = images.path == ""
    file = pools_of_files(audit.dataset)
    listed, absent = np.bincount(file + 1), np.bincount(file + 1, missing).astype(int)
    many = (absent > FEW) & (2 * absent > listed)
    lost = (listed > 1) & (absent > 0) & (many | (absent == listed))
    each = np.flatnonzero(missing & ~lost[file + 1])
    of_file = np.flatnonzero(lost) - 1
    where = " or ".join(map(shown, audit.dataset.image_folders))
    rows = np.flatnonzero(missing)
    borne = np.zeros(len(images), np.int64)
    borne[rows] = namesakes(images.name[rows], audit.dataset.image_folders) if len(rows) else 0
    several = borne > 1
    of_several = np.bincount(file + 1, several).astype(int)
    drops = record_drops(audit.dataset, each)
    return found(
        file=np.append(of_file, images.file[each]),
        image=np.append(np.full(len(of_file), MISSING), each),
        fix=[
            *([None] * len(of_file)),
            *(None if several[row] else fix for row, fix in zip(each, drops, strict=True)),
        ],
        what=[
            *(
                _of_file(absent[row + 1], listed[row + 1], where, of_several[row + 1])
                for row in of_file.tolist()
            ),
            *(_of_image(str(images.name[row]), where, int(borne[row])) for row in each.tolist()),
        ],
    )


def _of_file(absent: int, listed: int, where: str, of_several: int) -> str:
    few = f"{absent:,} of its {listed:,} images were not"
    what = f"none of its {listed:,} images was" if absent == listed else few
    names = "the name of one is that" if of_several == 1 else f"names of {of_several:,} are those"
    more = f"; {names} of several files there, and which is meant is not said" if of_several else ""
    return f"{what} found in {where}{more}"


def _of_image(name: str, where: str, borne: int) -> str:
    if borne > 1:
        return f"{borne:,} files in {where} are called {name}, and which is meant is not said"
    return (
        f"{f'image {name}' if name.strip() else 'an image without a name'} was not found in {where}"
    )
