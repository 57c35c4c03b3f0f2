"""How the pyramid enlarges the coarser map: alignment and rounding."""

from __future__ import annotations

from collections.abc import Iterator

from labelaudit.deployment.traps import TRAPS, Trap, TrapEvidence, TrapVariant, of_settings
from labelaudit.detector.device_settings import DeviceSettings, Enlargement

WAYS: dict[Enlargement, str] = {
    "floor": "to the nearest place, rounded down (asymmetric, floor)",
    "ceil": "to the nearest place, rounded up (asymmetric, round_prefer_ceil)",
    "align-corners": "with corners aligned, rounded down (align_corners, floor)",
    "linear": "by linear interpolation between pixel centres (half_pixel)",
    "linear-corners": "by linear interpolation with corners aligned (align_corners)",
}


def variants(evidence: TrapEvidence) -> Iterator[TrapVariant]:
    """Each way; a pyramid of one level enlarges nothing."""
    if len(evidence.imitation.detector.config.strides) > 1:
        for kind, how in WAYS.items():
            yield of_settings(f"enlarges maps {how}", DeviceSettings(enlargement=kind))


TRAPS.add(
    "resize-alignment",
    Trap(
        "resize-alignment",
        "alignment and rounding of enlarged maps",
        "Set the device's resize to nearest, asymmetric, floor (ONNX: "
        "coordinate_transformation_mode=asymmetric, nearest_mode=floor; align_corners off), or "
        "retrain with the device's way: the setting enlargement of labelaudit train --like-device.",
        variants,
    ),
)
