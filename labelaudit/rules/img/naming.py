"""Whether labels and the image that was found for them belong together, as far as names say."""

from __future__ import annotations

import os
import unicodedata
from urllib.parse import unquote

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.images.files import is_image


def may_be_of_another(audit: AuditContext, image: int) -> bool:
    """Whether the labels of an image may be those of another than the one that was found for them.

    They may if they name a file of another stem, or state another size than it has. A size that is
    none says nothing, and one on its side is only turned.
    """
    images = audit.dataset.images
    written, found = str(images.name[image]), os.path.basename(str(images.path[image]))
    if written.strip() and found and stem(written) != stem(found):
        return True
    stated, true = images.size[image], audit.headers.size[image]
    known = bool((stated > 0).all()) and bool(np.isfinite(true).all())
    return known and not (np.array_equal(stated, true) or np.array_equal(stated, true[::-1]))


def stem(name: str) -> str:
    r"""What is left of the name of an image by which files of one picture are told.

    Without folders, ending and letter case, percent escapes read, and in one Unicode form.

    >>> stem("C:\\pics\\My%20Dog.JPG"), stem("0012")
    ('my dog', '0012')
    """
    last = unquote(name).replace("\\", "/").rstrip("/").rpartition("/")[2]
    last = os.path.splitext(last)[0] if is_image(last) else last
    return unicodedata.normalize("NFC", last).casefold().strip()
