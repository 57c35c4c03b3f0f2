"""Non-maximum suppression inside of the file: thresholds, ties, classes, pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from labelaudit.deployment.description import Inside
from labelaudit.deployment.device_nms import NmsWay
from labelaudit.deployment.imitation import Imitation
from labelaudit.deployment.traps import TRAPS, Trap, TrapEvidence, TrapVariant

OVERLAPS = (0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
THRESHOLDS = (0.0, 0.001, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5)
"""What frameworks and examples take."""

WAYS = {
    "compares boxes of all classes with each other (class-agnostic NMS)": NmsWay(by_class=False),
    "takes the last of boxes with equal scores, where torch takes the first": NmsWay(
        last_of_ties=True
    ),
    "takes boxes for one object whose IoU is exactly the threshold": NmsWay(equal_overlaps=True),
    "counts the right and bottom pixel in a box (x2 - x1 + 1)": NmsWay(whole_pixels=True),
    "gives each anchor its likeliest class alone": NmsWay(one_class=True),
    "does not cut boxes off at the edges of the image before it compares them": NmsWay(
        clipped=False
    ),
    "compares the 100 surest boxes alone": NmsWay(strongest=100),
    "compares the 300 surest boxes alone": NmsWay(strongest=300),
    "compares the 400 surest boxes alone": NmsWay(strongest=400),
}


def variants(evidence: TrapEvidence) -> Iterator[TrapVariant]:
    """Each threshold and each way, where NMS is inside of the file."""
    inside = evidence.description.inside
    if not inside.nms:
        return
    for overlap in OVERLAPS:
        if overlap != inside.overlap:
            yield TrapVariant(
                f"takes boxes for one object above an IoU of {overlap:g} (the file says "
                f"{inside.overlap:g})",
                partial(_with_inside, replace(inside, overlap=overlap)),
            )
    for threshold in THRESHOLDS:
        if threshold != inside.threshold:
            yield TrapVariant(
                f"keeps scores above {threshold:g} (the file says {inside.threshold:g})",
                partial(_with_inside, replace(inside, threshold=threshold)),
            )
    for what, way in WAYS.items():
        yield TrapVariant(what, partial(_with_way, way))


def _with_inside(inside: Inside, imitation: Imitation) -> Imitation:
    return replace(imitation, finish=replace(imitation.finish, inside=inside))


def _with_way(way: NmsWay, imitation: Imitation) -> Imitation:
    return replace(imitation, finish=replace(imitation.finish, way=way))


TRAPS.add(
    "nms",
    Trap(
        "nms",
        "NMS: thresholds, ties, classes",
        "Give the device's NMS the thresholds and the way of the file's description, or export "
        "without NMS and do it in the application as `labelaudit.detector.nms` does.",
        variants,
    ),
)
