from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity, moves
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.core.columns import MISSING, Ints
from labelaudit.core.rows import unique
from labelaudit.core.text import counted, has_or_have, part_of
from labelaudit.dataset.tables import RecordType


@rule(
    "GEO022",
    "fractional-pixels",
    message="{boxes} in {files} {have} corners that are no whole pixels: {who}",
    severity=Severity.INFO,
    fix=Safety.UNSAFE,
)
def fractional_pixels(audit: AuditContext) -> Found:
    """Corners with decimals in a format that counts first and last pixels, as Pascal VOC does.

    Why it hurts: many readers of Pascal VOC ask Python for `int` of what is written. It stops with
    a ValueError at `45.7`; others cut decimals off and move the box. Other formats have decimals.

    All of them are one finding. A box of which no corner is beyond 1 is of fractions of its image,
    which is a wrong-convention.

    Example:
        >>> from labelaudit.testing import before_and_after
        >>> xml = '''<annotation>
        ... <filename>a.jpg</filename>
        ... <object><name>car</name><bndbox>
        ... <xmin>10.7</xmin><ymin>10</ymin><xmax>40</xmax><ymax>40</ymax>
        ... </bndbox></object>
        ... </annotation>'''
        >>> print(before_and_after(fractional_pixels, {"a.xml": xml, "a.jpg": (640, 480)}))
        Found: the only box in 1 file has corners that are no whole pixels: readers by int() stop
            with ValueError (ssd.pytorch), mmdetection cuts them off
        a.xml, before (-) and after (+) an unsafe fix:
          <object><name>car</name><bndbox>
        - <xmin>10.7</xmin><ymin>10</ymin><xmax>40</xmax><ymax>40</ymax>
        + <xmin>11</xmin><ymin>10</ymin><xmax>40</xmax><ymax>40</ymax>
          </bndbox></object>

    Fix: rounds the corners to whole pixels. Unsafe, because up to half a pixel is lost at each
    side, which is much for small objects.

    Source: VOCAnnotationTransform of ssd.pytorch/data/voc0712.py; parse_data_info of
    mmdet/datasets/xml_style.py.
    """
    dataset = audit.dataset
    who, xyxy = dataset.facts.stops_at_fractions, dataset.boxes.xyxy
    usable = audit.derived.is_valid & audit.derived.in_range
    usable &= (xyxy > 1).any(axis=1)  # fractions of the image are another convention
    usable &= (xyxy != np.trunc(xyxy)).any(axis=1)
    box = np.flatnonzero(usable) if who else np.empty(0, np.int64)
    told = [0] if len(box) else []
    file = unique(dataset.boxes.file[box]).tolist()
    return found(
        image=[int(dataset.boxes.image[box[0]]) if len(file) == 1 else MISSING for _ in told],
        file=[file[0] if len(file) == 1 else MISSING for _ in told],
        fix=[_fix(audit, box) for _ in told],
        have=[has_or_have(len(box)) for _ in told],
        boxes=[part_of(len(box), len(xyxy), "box", "boxes") for _ in told],
        files=[counted(len(file), "file") for _ in told],
        who=[who for _ in told],
    )


def _fix(audit: AuditContext, box: Ints) -> Fix | None:
    """The fix that rounds boxes, but for those of which nothing would be left."""
    corners = np.rint(audit.dataset.boxes.xyxy[box])
    whole = (corners[:, :2] < corners[:, 2:]).all(axis=1)
    fixes = tuple(moves(box[whole].tolist(), corners[whole], Safety.UNSAFE))
    if not fixes:
        return None
    return Fix("together", Safety.UNSAFE, RecordType.FILE, MISSING, {"fixes": fixes})
