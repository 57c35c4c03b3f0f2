from __future__ import annotations

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import Share
from labelaudit.core.columns import MISSING
from labelaudit.core.text import part_of
from labelaudit.dataset.groups import MOST_NAMED
from labelaudit.images.unlisted import UnlistedImages, images_beside, named_elsewhere


@rule(
    "IMG018",
    "unlisted-images",
    message="{files} in {folder} {are} named by no label file: {names}",
    severity=Severity.INFO,
    needs=(Need.IMAGE_FILES, Need.WHOLE),
    scope=Scope.RECORDS,
)
def unlisted_images(audit: AuditContext, *, min_listed: Share = 0.5) -> Found:
    """Image files beside those of the dataset that no label file names.

    Why it hurts: they were collected, and perhaps labelled, and are not trained on: an export that
    left out some, a split that was forgotten, or copies and drafts that nobody cleared away.

    A folder is one finding. Nothing is said where another file near by names some of them, as the
    labels of another split do, or where a label file is called as one of them is: the folder is
    shared then. Nor where most images of the folder are not listed: the labels are of a sample.
    Where label files say nothing of an image, a loader that lists folders takes it for one without
    objects, and so it is listed.

    Settings:
        min_listed: fewest images of a folder that labels have to name, as a fraction of all.

    Why this default: a choice. Nothing is found in BCCD, cards and COCO.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, images
        >>> files = {name: (640, 480) for name in ("a.jpg", "b.jpg", "c.jpg")}
        >>> listed = {name: ["car 10 10 40 40"] for name in files}
        >>> right = coco_text(images(listed))
        >>> del listed["c.jpg"]
        >>> wrong = coco_text(images(listed))
        >>> wrong = files | {"l.json": wrong}
        >>> right = files | {"l.json": right}
        >>> print(before_and_after(unlisted_images, wrong, right))
        Found: 1 of 3 image files in images is named by no label file: c.jpg
        l.json, wrong (-) and right (+):
          {"id": 2, "file_name": "b.jpg", "width": 640, "height": 480}
        + {"id": 3, "file_name": "c.jpg", "width": 640, "height": 480}
          {"id": 2, "image_id": 2, "category_id": 1, "bbox": [10, 10, 30, 30]}
        + {"id": 3, "image_id": 3, "category_id": 1, "bbox": [10, 10, 30, 30]}

    Fix: none. Label them, list them, or put them elsewhere.
    """
    dataset = audit.dataset
    folders = [
        one
        for one in images_beside(dataset)
        if one.listed >= min_listed * (one.listed + len(one.names))
        and not named_elsewhere(dataset, one)
    ]
    only = 0 if len(dataset.files) == 1 else MISSING
    return found(
        file=[only] * len(folders),
        files=[
            part_of(len(one.names), one.listed + len(one.names), "image file") for one in folders
        ],
        are=["is" if len(one.names) == 1 else "are" for one in folders],
        folder=[one.folder for one in folders],
        names=[_names(one) for one in folders],
    )


def _names(one: UnlistedImages) -> str:
    more = ", ..." if len(one.names) > MOST_NAMED else ""
    return f"{', '.join(one.names[:MOST_NAMED])}{more}"
