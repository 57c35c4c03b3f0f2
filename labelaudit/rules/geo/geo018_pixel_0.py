from __future__ import annotations

import numpy as np

from labelaudit.auditing.causes import Affected, Explained
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity, moves
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Count
from labelaudit.boxes.conventions import CONVENTIONS
from labelaudit.boxes.ops import clip, overhang
from labelaudit.core.columns import MISSING, Ints
from labelaudit.core.text import counted
from labelaudit.dataset.tables import RecordType


@rule(
    "GEO018",
    "pixel-0",
    message="{begin} at pixel 0, where the format counts from 1; {first} at pixel 1",
    severity=Severity.INFO,
    fix=Safety.SAFE,
    names_causes=True,
)
def pixel_0(audit: AuditContext, *, min_boxes: Count = 3) -> Found:
    """Boxes that begin at pixel 0 in a format that counts pixels from 1.

    Why it hurts: readers that follow the format subtract one and get -1, at which Albumentations
    stops. Everything may be off by a pixel.

    Some tool counted from 0, for all boxes or for those that end at the border. Where so many edges
    say that all boxes count from 0, it is a wrong-convention, which moves them all; else it is this
    one finding, not one for each box.

    Settings:
        min_boxes: fewest boxes; fewer are told one by one.

    Why this default: a choice; in BCCD and the playing cards, no box begins at pixel 0
    ("pixel-0" in benchmarks/results/rule_defaults.md).

    Example:
        >>> from labelaudit.testing import before_and_after
        >>> xml = '''<annotation>
        ... <filename>a.jpg</filename>
        ... <object><name>car</name><bndbox>
        ... <xmin>0</xmin><ymin>10</ymin><xmax>40</xmax><ymax>40</ymax>
        ... </bndbox></object>
        ... <object><name>car</name><bndbox>
        ... <xmin>1</xmin><ymin>50</ymin><xmax>40</xmax><ymax>90</ymax>
        ... </bndbox></object>
        ... </annotation>'''
        >>> print(before_and_after(pixel_0, {"a.xml": xml, "a.jpg": (640, 480)}, min_boxes=1))
        Found: 1 box begins at pixel 0, where the format counts from 1; 1 begins at pixel 1
        a.xml, before (-) and after (+) a safe fix:
          <object><name>car</name><bndbox>
        - <xmin>0</xmin><ymin>10</ymin><xmax>40</xmax><ymax>40</ymax>
        + <xmin>1</xmin><ymin>10</ymin><xmax>40</xmax><ymax>40</ymax>
          </bndbox></object>

    Fix: lets the boxes begin at pixel 1. Safe, as it cuts off what is beyond the image.
    """
    box = _beginning(audit)
    if len(box) < max(1, min_boxes):
        return found(image=[], begin=[], first=[])
    xyxy = audit.dataset.boxes.xyxy
    inside = clip(xyxy[box], audit.derived.image_size_of(box))
    fixes = tuple(moves(box.tolist(), inside, Safety.SAFE))
    return found(
        image=[int(audit.dataset.boxes.image[box[0]])],
        fix=[Fix("together", Safety.SAFE, RecordType.FILE, MISSING, {"fixes": fixes})],
        explains=[Explained(("GEO005",), box=box)],
        affects=[Affected(box)],
        begin=[counted(len(box), "box begins", "boxes begin")],
        first=[counted(int(np.count_nonzero((xyxy[:, :2] == 0).any(axis=1))), "begins", "begin")],
    )


def _beginning(audit: AuditContext) -> Ints:
    """The boxes that are a pixel beyond the first corner of their image, and nowhere else.

    None where as many reach further: boxes are of whole objects then, and some end there by chance.
    """
    if CONVENTIONS[audit.dataset.facts.convention].shift[0] != -1:
        return np.empty(0, np.int64)
    box = audit.derived.beyond_image
    xyxy, size = audit.dataset.boxes.xyxy[box], audit.derived.image_size_of(box)
    before = (xyxy[:, :2] == -1).any(axis=1) & (overhang(xyxy, size) == 1)
    within = (xyxy[:, 2:] <= size).all(axis=1) & (xyxy[:, 2:] > 1).all(axis=1)
    further = (xyxy[:, :2] < -1).any(axis=1)
    rows: Ints = box[before & within]
    return rows if len(rows) > np.count_nonzero(further) else rows[:0]
