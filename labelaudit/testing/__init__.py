"""Small datasets written in a line, for tests of rules: ours and yours."""

from labelaudit.testing.before_and_after import before_and_after, coco_text
from labelaudit.testing.datasets import (
    as_format,
    draw,
    drawn_by,
    images,
    one_image,
    with_columns,
    with_image_files,
    with_label_issues,
    with_polygons,
)

__all__ = [
    "as_format",
    "before_and_after",
    "coco_text",
    "draw",
    "drawn_by",
    "images",
    "one_image",
    "with_columns",
    "with_image_files",
    "with_label_issues",
    "with_polygons",
]
