"""What the image of a task is called on disk, from what stands in the task: often an address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from labelaudit.images.files import is_image

KEYS = ("image", "img", "images", "image_url", "url", "picture", "photo")
"""What the image of a task is usually called; else it is the first text that ends as one."""

_SCHEME = re.compile(r"\A[A-Za-z][A-Za-z0-9+.-]+://[^/]*/?")
_UPLOAD = re.compile(r"\A/?data/upload/(?:\d+/)?")
_MARK = re.compile(r"\A[0-9a-f]{8}-")
_LOCAL = re.compile(r"[?&]d=([^&]*)")


def image_names(data: Any, upload: Any = None) -> list[str]:  # Any: whatever a file holds
    """The names of the images of a task, of which it may have several; empty if it has none.

    Parameters
    ----------
    data:
        what the task is about.
    upload:
        the name under which Label Studio keeps a file that was uploaded.

    Examples
    --------
    >>> image_names({"id": 3, "image": "/data/local-files/?d=day%201/a.jpg"})
    ['day 1/a.jpg']
    >>> image_names({"pages": ["s3://bucket/in/a.jpg", "https://host/b.png?key=1"]})
    ['in/a.jpg', 'b.png']
    """
    fields = data if isinstance(data, Mapping) else {}
    values = [fields.get(key) for key in KEYS] + list(fields.values())
    for sure in (True, False):
        for value in values:
            texts = value if isinstance(value, list) else [value]
            names = [name_in(text) for text in texts if isinstance(text, str) and text.strip()]
            if names and (not sure or any(map(is_image, names))):
                return names
    return [upload] if isinstance(upload, str) and upload else []


def name_in(text: str) -> str:
    r"""The path in an address, without what a server needs; empty for an image that is written out.

    >>> name_in("/data/upload/3/1a2b3c4d-cat.jpg"), name_in("C:\\in\\a.jpg")
    ('1a2b3c4d-cat.jpg', 'C:/in/a.jpg')
    >>> name_in("data:image/png;base64,iVBOR")
    ''
    """
    if text.startswith("data:"):
        return ""
    local = _LOCAL.search(text) if "local-files" in text else None
    path = local[1] if local else text
    if local or _SCHEME.match(path) or path.startswith("/"):
        path = unquote(path.partition("?")[0].partition("#")[0])
    path = _UPLOAD.sub("", _SCHEME.sub("", path.replace("\\", "/")))
    return path.lstrip("/")


def without_mark(name: str) -> str:
    """The name that an uploaded file had before Label Studio put eight characters before it.

    >>> without_mark("1a2b3c4d-cat.jpg"), without_mark("cat.jpg")
    ('cat.jpg', 'cat.jpg')
    """
    folder, slash, file = name.rpartition("/")
    return folder + slash + _MARK.sub("", file)
