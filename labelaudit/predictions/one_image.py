"""JSON that says nothing of the image which it is about: a file an image, named as it.

Ultralytics writes so (`results[0].to_json()`): a list of `name`, `class`, `confidence` and `box`,
with the corners `x1`, `y1`, `x2`, `y2`; of turned boxes four corners.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labelaudit.core.columns import MISSING
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import FormatError
from labelaudit.predictions.coco import in_utf8, of_rows
from labelaudit.predictions.lookup import ImageNames
from labelaudit.predictions.rows import Row
from labelaudit.predictions.validate import ImportedPredictions

MARK = b'"box"'
"""What stands in every such file that is not empty."""

IMAGE_KEYS = frozenset({"image_id", "image", "file_name", "filename", "image_name", "path"})
"""Names under which a row may say what its image is."""


def about_one_image(content: bytes) -> list[Any] | None:
    """The items of a list of predictions that do not name their image; None of anything else."""
    if MARK not in content:
        return None
    try:
        items = json.loads(in_utf8(content))
    except (ValueError, RecursionError):
        return None
    if not isinstance(items, list) or not items:
        return None
    return items if all(map(_is_row, items)) else None


def _is_row(item: Any) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("box"), dict)
        and not IMAGE_KEYS & item.keys()
        and not {"bbox", "category_id"} & item.keys()
    )


def read_one_image(
    path: Path, items: Sequence[Any], derived: DatasetColumns
) -> ImportedPredictions:
    """The predictions in one file, which is called as its image.

    Parameters
    ----------
    path:
        of the file.
    items:
        of `about_one_image`.
    derived:
        the dataset.

    Raises
    ------
    FormatError
        if no image is called so, or nothing in it can be used.
    """
    if ImageNames(derived).row(path.stem) == MISSING:
        named = derived.dataset.images.name[:1].tolist()
        example = f", as {Path(str(named[0])).stem}.json of {named[0]}" if named else ""
        raise FormatError(
            f"{path}: its {len(items):,} predictions do not say of which image they are; write a "
            f"file for each image, called as the image{example}, into one folder, and give the "
            "folder; or add image_id, the name of the image, to each prediction"
        )
    return read_images({path: items}, derived, str(path))


def read_images(
    files: Mapping[Path, Sequence[Any]], derived: DatasetColumns, source: str
) -> ImportedPredictions:
    """The predictions in files of one image each.

    Parameters
    ----------
    files:
        the items of each.
    derived:
        the dataset.
    source:
        what they are called together.

    Raises
    ------
    FormatError
        if nothing in them can be used.
    """
    rows = [_row(path.stem, item) for path, items in files.items() for item in items]
    kept = [row for row in rows if row is not None]
    return of_rows(derived, kept, len(rows) - len(kept), Path(source))


def _row(image: str, item: Mapping[str, Any]) -> Row | None:
    """One prediction; None if its box, class or score is none."""
    box, name, score = item["box"], str(item.get("name", "")), item.get("confidence")
    try:
        across, down = (
            [float(box[key]) for key in sorted(box) if key[:1] == axis and key[1:].isdigit()]
            for axis in "xy"
        )
        # A model that knows no names calls its classes by their numbers.
        label = name if name and not name.isdigit() else int(item["class"])
        known = None if score is None else float(score)
    except (KeyError, TypeError, ValueError):
        return None
    if len(across) < 2 or len(down) < 2:
        return None
    left, top = min(across), min(down)
    return Row(image, label, (left, top, max(across) - left, max(down) - top), known)
