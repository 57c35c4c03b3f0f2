from __future__ import annotations

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.core.columns import MISSING
from labelaudit.dataset.groups import MOST_NAMED
from labelaudit.images.unlisted import UnlistedImages, images_beside, named_elsewhere


@rule(
    "IMG018",
    "unlisted-images",
    message="{count:,} of {all:,} image files in {folder} are named by no label file: {names}",
    severity=Severity.INFO,
    needs=(Need.IMAGE_FILES, Need.WHOLE),
)
def unlisted_images(audit: AuditContext, *, min_listed: float = 0.5) -> Found:
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
        >>> import dataclasses, tempfile
        >>> from pathlib import Path
        >>> from labelaudit.testing import draw, images, with_image_files
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     photos = Path(folder) / "photos"
        ...     dataset = with_image_files(images({"a.jpg": [], "b.jpg": []}), photos)
        ...     dataset = dataclasses.replace(dataset, root=Path(folder))
        ...     draw(photos / "c.jpg", (64, 48))
        ...     print(unlisted_images(AuditContext(dataset)).message[0].partition(" in ")[0])
        1 of 3 image files

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
        count=[len(one.names) for one in folders],
        all=[one.listed + len(one.names) for one in folders],
        folder=[one.folder for one in folders],
        names=[_names(one) for one in folders],
    )


def _names(one: UnlistedImages) -> str:
    more = ", ..." if len(one.names) > MOST_NAMED else ""
    return f"{', '.join(one.names[:MOST_NAMED])}{more}"
