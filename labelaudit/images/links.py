"""Images at another place: links, which hold while both places move together, or copies."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from labelaudit.core.mirror_names import is_mirrored, is_output
from labelaudit.core.whole_files import final
from labelaudit.storage.at_hand import at_hand


def put_image(image: str, place: Path, *, copied: bool = False) -> bool:
    """Put an image at another place, and say whether it is there now.

    A link leads to the file itself, not to a link on the way there. Where the system allows no
    links it is a copy, too. What is at the place already stays.

    Parameters
    ----------
    image:
        the path of the image; empty if it was not found.
    place:
        where it goes; folders on the way are made.
    copied:
        whether it is copied instead of linked to, as it always is from object storage.

    Raises
    ------
    OSError
        if it can be neither linked to nor copied.
    """
    if not image or not (os.path.isfile(image) or is_mirrored(image)):
        return False
    if os.path.lexists(place):
        return os.path.exists(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    if is_mirrored(image):
        return _put_mirrored(image, place)
    source = os.path.realpath(image)
    if copied:
        shutil.copy2(source, place)
        return True
    try:
        place.symlink_to(_relative(source, place))
    except OSError:
        shutil.copy2(source, place)
    return True


def _put_mirrored(image: str, place: Path) -> bool:
    """Put an image of object storage at a place, from where it may go to object storage again."""
    if is_output(place):
        place.symlink_to(image)
        return True
    at_hand([image])
    shutil.copy2(image, place)
    return True


def _relative(source: str, place: Path) -> str:
    """A path to a file from the folder of a link; an absolute one between drives of Windows."""
    try:
        return os.path.relpath(source, os.path.realpath(final(place).parent))
    except ValueError:
        return source
