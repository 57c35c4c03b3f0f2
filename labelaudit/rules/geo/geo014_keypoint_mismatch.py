from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity, settings
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import Amount
from labelaudit.boxes.ops import overhang
from labelaudit.core.columns import MISSING, Bools, Rows
from labelaudit.dataset.tables import Keypoints, RecordType


@rule(
    "GEO014",
    "keypoint-mismatch",
    message="the keypoints of {label} {faults}",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    scope=Scope.IMAGE,
)
def keypoint_mismatch(audit: AuditContext, *, tolerance: Amount = 1.0) -> Found:
    """Keypoints that cannot be read, are not as many as declared or stated, or are off the image.

    Why it hurts: a list of another length than its class declares stops COCO's evaluation, or
    shifts every joint to its neighbour's place. An object that states no keypoints is ignored
    there, whatever its list holds.

    Found are: coordinates that are not finite and visibilities other than 0, 1 and 2 (error); a
    list that is not three numbers for each keypoint of the class (error); `num_keypoints` that is
    not the number of keypoints with a visibility above zero; labelled keypoints beyond the image.

    Settings:
        tolerance: a keypoint may be this many pixels beyond its image.

    An empty list is as good as none, and a class that declares no keypoints asks for no number.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, one_image
        >>> points = '"keypoints": [20, 15, 2, 0, 0, 0], "num_keypoints": 2, "bbox"'
        >>> text = coco_text(one_image("person 10 10 40 40")).replace('"bbox"', points)
        >>> text = text.replace('"person"', '"person", "keypoints": ["nose", "tail"]')
        >>> print(before_and_after(keypoint_mismatch, text))
        Found: the keypoints of person are 1 labelled ones, not 2 as stated
        labels.json, before (-) and after (+) a safe fix:
        - {"id": 1, "image_id": 1, "category_id": 1, "keypoints": [20, 15, 2, 0, 0, 0],
            "num_keypoints": 2, "bbox": [10, 10, 30, 30]}
        + {"id": 1, "image_id": 1, "category_id": 1, "keypoints": [20, 15, 2, 0, 0, 0],
            "num_keypoints": 1, "bbox": [10, 10, 30, 30]}

    Fix: states the number of keypoints that are labelled. Safe: it is only counted again. The other
    faults have none.
    """
    keypoints = audit.dataset.keypoints
    declared = np.append(audit.dataset.categories.keypoints, 0)[audit.dataset.boxes.label]
    wanted = 3 * declared[keypoints.box]
    uneven = (keypoints.values % 3 != 0) | ((keypoints.values != wanted) & (wanted > 0))
    uneven &= keypoints.readable & (keypoints.values > 0)
    whole = keypoints.readable & ~uneven
    miscounted = whole & (keypoints.stated != MISSING) & (keypoints.stated != keypoints.labelled)
    over = np.where(
        whole, overhang(keypoints.xyxy, audit.derived.image_size_of(keypoints.box)), np.nan
    )
    row = np.flatnonzero(~whole | miscounted | (over > tolerance))
    box, some = keypoints.box[row], keypoints.rows(row)
    counted = settings(RecordType.BOX, box, "num_keypoints", some.labelled.tolist(), Safety.SAFE)
    return found(
        box,
        severity=np.where(whole[row], Severity.WARNING, Severity.ERROR),
        fix=[fix if wrong else None for fix, wrong in zip(counted, miscounted[row], strict=True)],
        faults=_joined(
            (~some.readable, ["hold what is no coordinate or no visibility"] * len(row)),
            (uneven[row], _lengths(some.values, wanted[row])),
            (miscounted[row], _counts(some)),
            (over[row] > tolerance, [f"reach {px:g} px beyond the image" for px in over[row]]),
        ),
    )


def _lengths(values: Rows, wanted: Rows) -> list[str]:
    pairs = zip(values.tolist(), wanted.tolist(), strict=True)
    return [f"are {has} numbers, not {want or 'three each'}" for has, want in pairs]


def _counts(keypoints: Keypoints) -> list[str]:
    pairs = zip(keypoints.labelled.tolist(), keypoints.stated.tolist(), strict=True)
    return [f"are {labelled} labelled ones, not {stated} as stated" for labelled, stated in pairs]


def _joined(*faults: tuple[Bools, list[str]]) -> list[str]:
    """For each row, what is wrong with it, in words."""
    columns = [np.where(wrong, np.array(words, object), "") for wrong, words in faults]
    return [" and ".join(filter(None, row)) for row in zip(*columns, strict=True)]
