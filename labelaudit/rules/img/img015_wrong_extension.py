from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.core.columns import Ints
from labelaudit.dataset.groups import counted_images
from labelaudit.images.files import is_image

_JPEG = "jpg jpeg jpe jfif mpo"
ENDINGS = {
    "JPEG": _JPEG,
    "MPO": _JPEG,
    "PNG": "png",
    "WEBP": "webp",
    "BMP": "bmp dib",
    "DIB": "bmp dib",
    "GIF": "gif",
    "TIFF": "tif tiff dng",
    "JPEG2000": "jp2 j2k jpx",
    "AVIF": "avif",
    "PPM": "ppm pgm pbm pnm",
    "HEIF": "heic heif",
}
"""Endings of the names of files of each kind."""

LEFT_OUT = ("GIF", "PPM", "DIB")
"""Kinds that Ultralytics does not know: it goes by the name first, then by what is in the file."""


@rule(
    "IMG015",
    "wrong-extension",
    message="{where} {ends} in {ending}, but {are} {kind}: {who}",
    severity=Severity.INFO,
    needs=Need.IMAGE_FILES,
    scope=Scope.RECORDS,
)
def wrong_extension(audit: AuditContext) -> Found:
    """Image files of another kind than the ending of their name says.

    Why it hurts: Pillow, OpenCV and torchvision look into the file and open it all the same. Who
    goes by the name stops or takes another way: scripts that write records for TensorFlow want
    JPEG, a decoder for JPEG alone (nvJPEG, TurboJPEG) fails, a web server says the wrong type. A
    GIF under another name passes as an image where files are listed, and is left out as corrupt by
    Ultralytics, with its labels. Files that were downloaded are often WebP or PNG by another name.

    All files of one kind and one ending are one finding. A name without the ending of an image says
    nothing, and a JPEG with several pictures in it, as phones save them, is a JPEG.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> from labelaudit.testing import before_and_after, coco_text, one_image
        >>> file = io.BytesIO()
        >>> Image.effect_noise((640, 480), 50).save(file, "PNG")
        >>> labels = coco_text(one_image("car 10 10 40 40"))
        >>> wrong = {"labels.json": labels, "image.jpg": file.getvalue()}
        >>> right = {"labels.json": labels, "image.jpg": (640, 480)}
        >>> print(before_and_after(wrong_extension, wrong, right))
        Found: image.jpg ends in .jpg, but is PNG: most look into the file, some go by its name
        image.jpg, wrong (-) and right (+):
        - PNG L, 640 x 480 px, brightness 50%
        + JPEG RGB, 640 x 480 px, brightness 52%

    Fix: none. Rename the files, and with them what the labels call them.

    Source: verify_image_label of ultralytics/data/utils.py; create_pascal_tf_record.py of
    TensorFlow's models.
    """
    groups = _groups(audit)
    names = audit.dataset.images.name
    return found(
        image=[int(rows[0]) for rows in groups.values()],
        severity=[Severity.WARNING if kind in LEFT_OUT else Severity.INFO for _, kind in groups],
        where=[counted_images(names[rows].tolist()) for rows in groups.values()],
        ends=["ends" if len(rows) == 1 else "end" for rows in groups.values()],
        are=["is" if len(rows) == 1 else "are" for rows in groups.values()],
        ending=[ending for ending, _ in groups],
        kind=[kind for _, kind in groups],
        who=[_who(kind) for _, kind in groups],
    )


def _groups(audit: AuditContext) -> dict[tuple[str, str], Ints]:
    """Rows of the images whose ending is that of another kind, by ending and kind."""
    paths, kinds = audit.dataset.images.path, audit.headers.kind
    groups: dict[tuple[str, str], list[int]] = {}
    seen: set[str] = set()
    for row in np.flatnonzero(kinds != "").tolist():
        path, kind = str(paths[row]), str(kinds[row])
        ending = path[path.rfind(".") :].lower()
        if ending[1:] in ENDINGS.get(kind, ending[1:]).split() or path in seen:
            continue
        if is_image(path):
            seen.add(path)
            groups.setdefault((ending, kind), []).append(row)
    return {key: np.array(rows, np.int64) for key, rows in groups.items()}


def _who(kind: str) -> str:
    if kind in LEFT_OUT:
        return "Ultralytics takes such files for corrupt and leaves them out with their labels"
    return "most look into the file, some go by its name"
