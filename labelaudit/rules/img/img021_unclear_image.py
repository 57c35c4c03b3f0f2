from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Share
from labelaudit.core.columns import Bools, Floats, Texts, texts
from labelaudit.dataset.groups import counted_images
from labelaudit.images.quality import BLANK, quality

MANY = 0.1
"""Share of the images from which on what they have in common is one finding; a choice.

A dataset of nights is dark, which is no news of each image.
"""

_BLUR = "it shows no edges at 128 x 128 pixels"


@rule(
    "IMG021",
    "unclear-image",
    message="{what}",
    severity=Severity.INFO,
    needs=Need.DECODED_IMAGES,
)
def unclear_image(
    audit: AuditContext,
    *,
    min_brightness: Share = 0.32,
    max_brightness: Share = 0.95,
    min_sharpness: Share = 0.03,
) -> Found:
    """An image that is nearly black, overexposed or heavily blurred.

    Why it hurts: objects are labelled that can hardly be seen, by guessing or from the frame
    before, or are left out. Whether to train on such images is a choice; that they are there is
    worth knowing, and where there are few, which.

    The images are named one by one; where one in ten is dark, say, that is one finding for all.
    What is blank is a blank-image.

    Settings:
        min_brightness: an image is dark whose brightest hundredth is not brighter, in 0..1.
        max_brightness: an image is overexposed of which all but a twentieth is brighter, in 0..1.
        min_sharpness: an image is blurred whose sharpness is less: the variance of the Laplacian of
            its grey values at 128 x 128 pixels over their variance.

    Why these defaults: the first two are those of cleanvision (dark, light), in grey values of 32 x
    32 pixels here; the third is less than half of the least of BCCD, cards and COCO, .078
    (benchmarks/results/image_quality.md, with what is found of images that were spoiled).

    Example:
        >>> import io
        >>> from PIL import Image
        >>> from labelaudit.testing import before_and_after, coco_text, one_image
        >>> file = io.BytesIO()
        >>> Image.effect_noise((640, 480), 90).point(lambda grey: grey // 8).save(file, "JPEG")
        >>> labels = coco_text(one_image("car 10 10 40 40"))
        >>> wrong = {"labels.json": labels, "image.jpg": file.getvalue()}
        >>> right = {"labels.json": labels, "image.jpg": (640, 480)}
        >>> print(before_and_after(unclear_image, wrong, right))
        Found: image image.jpg is dark: hardly anything in it is brighter than 7%
        image.jpg, wrong (-) and right (+):
        - JPEG L, 640 x 480 px, brightness 6%
        + JPEG RGB, 640 x 480 px, brightness 52%

    Fix: none.

    Source: cleanvision, whose blurry and low information are worked out otherwise.
    """
    looks = audit.appearance
    seen, visible = quality(looks), (looks.contrast > BLANK) & (looks.damage == "")
    count = int(np.count_nonzero(looks.seen))
    bright, dark = seen.brightest, seen.darkest
    told = [
        *_told(audit, visible & (bright < min_brightness), count, "dark", _darkness(bright)),
        *_told(audit, visible & (dark > max_brightness), count, "overexposed", _lightness(dark)),
        *_told(audit, visible & (seen.sharpness < min_sharpness), count, "blurred", _BLUR),
    ]
    return found(image=[row for row, _ in told], what=[what for _, what in told])


def _told(
    audit: AuditContext, faulty: Bools, count: int, fault: str, why: str | Texts
) -> Iterator[tuple[int, str]]:
    """What is said of images with a fault, with the row of each, or of the first of many.

    Parameters
    ----------
    audit:
        of the dataset.
    faulty:
        (n,) which images have it.
    count:
        of images that were decoded.
    fault:
        in a word.
    why:
        in words, of all of them or (n,) of each image.
    """
    image, names = np.flatnonzero(faulty), audit.dataset.images.name
    if len(image) > max(MANY * count, 1):
        where = counted_images(names[image].tolist())
        yield int(image[0]), f"{where}, of {count:,}, are {fault}"
        return
    for row in image.tolist():
        said = why if isinstance(why, str) else why[row]
        yield row, f"image {names[row]} is {fault}: {said}"


def _darkness(brightest: Floats) -> Texts:
    return texts(f"hardly anything in it is brighter than {value:.0%}" for value in brightest)


def _lightness(darkest: Floats) -> Texts:
    return texts(f"nearly all of it is brighter than {value:.0%}" for value in darkest)
