from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Factor
from labelaudit.core.text import counted
from labelaudit.network.view import LARGEST_ENLARGEMENT


@rule(
    "NET005",
    "enlarged-images",
    message="{images} more than {factor:g} times enlarged for an input of {size}: the most "
    "{image}, {image_w:g} x {image_h:g} px, {scale:.3g} times",
    severity=Severity.INFO,
    needs=(Need.NETWORK, Need.IMAGE_SIZES),
)
def enlarged_images(audit: AuditContext, *, max_enlargement: Factor = LARGEST_ENLARGEMENT) -> Found:
    """Images so small that a network sees them enlarged beyond what is in them.

    Why it hurts: an enlarged image costs what a large one costs and shows nothing more; its objects
    are blurred as those of no large image are, so that a network has to learn each class twice. On
    a device it sees one kind of them only.

    Needs a network. What it does with images of another size than its input counts: letterboxed,
    stretched, or enlarged no further than so much. Of both sides the larger factor counts.

    Settings:
        max_enlargement: factor from which on an image is told, exclusive.

    Why this default: `labelaudit train` enlarges no image further; see `network.view`.

    Example:
        >>> from labelaudit.network.settings import network_settings
        >>> from labelaudit.testing import before_and_after, images, with_columns
        >>> network = network_settings(train_size=320)
        >>> both = images({"a.jpg": ["car 10 10 40 40"], "b.jpg": ["car 10 10 40 40"]})
        >>> small = with_columns(both, "images", size=[[640, 480], [120, 90]])
        >>> large = with_columns(both, "images", size=[[640, 480], [160, 120]])
        >>> wrong, right = (AuditContext(one, network=network) for one in (small, large))
        >>> print(before_and_after(enlarged_images, wrong, right))
        Found: 1 image of 2 is more than 2 times enlarged for an input of 320 px: the most b.jpg,
            120 x 90 px, 2.67 times
        labels.json, wrong (-) and right (+):
          {"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}
        - {"id": 2, "file_name": "b.jpg", "width": 120, "height": 90}
        + {"id": 2, "file_name": "b.jpg", "width": 160, "height": 120}

    There is no fix: the labels are right. Train with smaller images, or with tiles of large ones.
    """
    images, network = audit.dataset.images, audit.network
    size = np.where(images.assumed[:, None], np.nan, images.size)
    known = np.isfinite(size).all(axis=1) & (size.min(axis=1) > 0)
    scale = np.zeros(len(size))
    if network is not None:
        scale[known] = network.scales(size[known]).max(axis=1)
    row = np.flatnonzero(scale > max_enlargement)
    most = row[scale[row].argmax()][None] if len(row) else row
    verb = "is" if len(row) == 1 else "are"
    of_all = f"{counted(len(row), 'image')} of {int(known.sum()):,} {verb}"
    return found(
        image=most,
        images=[of_all] * len(most),
        size=[network.size_words if network else ""] * len(most),
        factor=[max_enlargement] * len(most),
        scale=scale[most],
    )
