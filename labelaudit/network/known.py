"""Networks by name: their strides, their anchors and how they scale images, as published."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Shape: TypeAlias = tuple[float, float]
"""Width and height of an anchor."""

Levels: TypeAlias = tuple[tuple[Shape, ...], ...]
"""The anchors of each level, finest first."""

Fit: TypeAlias = Literal["letterbox", "stretch"]
"""How images become inputs of one size: scaled as a whole and padded, or width and height apart."""

OCTAVES = (1.0, 2 ** (1 / 3), 2 ** (2 / 3))
"""Three scales an octave."""


@dataclass(frozen=True)
class KnownNetwork:
    """What is published about a network."""

    source: str  # where it is written
    strides: tuple[int, ...]  # of its levels, finest first
    anchors: Levels = ()  # in pixels of its input, or in parts of it; () without any
    in_parts: bool = False  # which of the two
    train_size: tuple[int, int] | None = None  # height, width that it is published with
    fit: Fit = "letterbox"
    largest_enlargement: float = math.inf  # small images are enlarged by no more
    # Where a network matches boxes with anchors not by overlap but by sides: the factor by which
    # one may differ from the other, exclusive.
    side_limit: float | None = None


def of_strides(strides: Sequence[int], scales: Sequence[float], ratios: Sequence[float]) -> Levels:
    """Anchors in proportion to strides: scale by scale, ratio by ratio.

    Parameters
    ----------
    strides:
        of the levels.
    scales:
        roots of the areas of anchors, in strides.
    ratios:
        heights over widths.

    >>> of_strides([8], [4.0], [1.0, 4.0])
    (((32.0, 32.0), (16.0, 64.0)),)
    """
    return tuple(
        tuple(
            (stride * scale / math.sqrt(ratio), stride * scale * math.sqrt(ratio))
            for scale in scales
            for ratio in ratios
        )
        for stride in strides
    )


def in_pairs(*levels: Sequence[float]) -> Levels:
    """Anchors as the files of YOLO write them: widths and heights in turn, a list for each level.

    >>> in_pairs([10, 13, 16, 30])
    (((10.0, 13.0), (16.0, 30.0)),)
    """
    return tuple(
        tuple((float(w), float(h)) for w, h in zip(level[::2], level[1::2], strict=True))
        for level in levels
    )


def _default_boxes(scales: Sequence[float], ratios: Sequence[Sequence[float]]) -> Levels:
    """Anchors of SSD in parts of the input, for one scale more than there are levels."""
    levels = []
    for scale, larger, level in zip(scales, scales[1:], ratios, strict=False):
        shapes = [(scale, scale), (math.sqrt(scale * larger),) * 2]
        for ratio in level:
            long, short = scale * math.sqrt(ratio), scale / math.sqrt(ratio)
            shapes += [(long, short), (short, long)]
        levels.append(tuple(shapes))
    return tuple(levels)


def _reduced_default_boxes() -> Levels:
    """Anchors of SSD as TensorFlow configures it: three small ones on the finest level."""
    scales = [*_evenly(0.2, 0.95, 6), 1.0]
    finest = tuple(
        (scale * math.sqrt(ratio), scale / math.sqrt(ratio))
        for scale, ratio in ((0.1, 1.0), (scales[0], 2.0), (scales[0], 0.5))
    )
    return (finest, *_default_boxes(scales, [[2.0, 3.0]] * 6)[1:])


def _evenly(first: float, last: float, count: int) -> list[float]:
    return [first + (last - first) * step / (count - 1) for step in range(count)]


def _own() -> KnownNetwork:
    """A backbone in the pyramid that `labelaudit train` builds where nothing else is said."""
    strides = (8, 16, 32)
    return KnownNetwork(
        "labelaudit train",
        strides,
        of_strides(strides, (4.0,), (1.0,)),
        largest_enlargement=2.0,
    )


FIVE = (8, 16, 32, 64, 128)
SIX = (16, 32, 64, 128, 256, 512)
THREE = (8, 16, 32)

KNOWN_NETWORKS: Mapping[str, KnownNetwork] = {
    **{
        name: _own()
        for name in (
            "efficientnet_lite0",
            "mobilenet_v1",
            "mobilenet_v2",
            "resnet34",
            "resnet50",
            "squeezenet",
        )
    },
    "ssd_mobilenet_v2": KnownNetwork(
        "TensorFlow object detection API, ssd_mobilenet_v2_coco.config and "
        "multiple_grid_anchor_generator.py",
        SIX,
        _reduced_default_boxes(),
        in_parts=True,
        train_size=(300, 300),
        fit="stretch",
    ),
    "ssdlite320_mobilenet_v3_large": KnownNetwork(
        "torchvision, models/detection/ssdlite.py",
        SIX,
        _default_boxes([*_evenly(0.2, 0.95, 6), 1.0], [[2.0, 3.0]] * 6),
        in_parts=True,
        train_size=(320, 320),
        fit="stretch",
    ),
    "ssd300_vgg16": KnownNetwork(
        "torchvision, models/detection/ssd.py; Liu et al. 2016, section 3.1",
        (8, 16, 32, 64, 100, 300),
        _default_boxes(
            [0.07, 0.15, 0.33, 0.51, 0.69, 0.87, 1.05],
            [[2.0], [2.0, 3.0], [2.0, 3.0], [2.0, 3.0], [2.0], [2.0]],
        ),
        in_parts=True,
        train_size=(300, 300),
        fit="stretch",
    ),
    "retinanet": KnownNetwork(
        "Lin et al. 2017, Focal loss for dense object detection, section 4",
        FIVE,
        of_strides(FIVE, [4 * octave for octave in OCTAVES], (0.5, 1.0, 2.0)),
    ),
    "efficientdet": KnownNetwork(
        "Tan et al. 2020, EfficientDet, section 4; google/automl, hparams_config.py",
        FIVE,
        of_strides(FIVE, [4 * octave for octave in OCTAVES], (0.5, 1.0, 2.0)),
    ),
    "fcos": KnownNetwork("Tian et al. 2019, FCOS, section 3.2", FIVE),
    "nanodet": KnownNetwork("RangiLyu/nanodet, nanodet-m.yml", THREE, train_size=(320, 320)),
    "yolov3": KnownNetwork(
        "Redmon and Farhadi 2018, YOLOv3, section 2.3",
        THREE,
        in_pairs(
            (10, 13, 16, 30, 33, 23), (30, 61, 62, 45, 59, 119), (116, 90, 156, 198, 373, 326)
        ),
        train_size=(416, 416),
    ),
    "yolov3_tiny": KnownNetwork(
        "pjreddie/darknet, cfg/yolov3-tiny.cfg",
        (16, 32),
        in_pairs((10, 14, 23, 27, 37, 58), (81, 82, 135, 169, 344, 319)),
        train_size=(416, 416),
    ),
    "yolov5": KnownNetwork(
        "ultralytics/yolov5, models/yolov5s.yaml; anchor_t of data/hyps/hyp.scratch-low.yaml",
        THREE,
        in_pairs(
            (10, 13, 16, 30, 33, 23), (30, 61, 62, 45, 59, 119), (116, 90, 156, 198, 373, 326)
        ),
        train_size=(640, 640),
        side_limit=4.0,
    ),
    "yolov8": KnownNetwork(
        "ultralytics/ultralytics, cfg/models/v8/yolov8.yaml", THREE, train_size=(640, 640)
    ),
    "yolo11": KnownNetwork(
        "ultralytics/ultralytics, cfg/models/11/yolo11.yaml", THREE, train_size=(640, 640)
    ),
    "yolox": KnownNetwork("Ge et al. 2021, YOLOX, section 2.1", THREE, train_size=(640, 640)),
}
"""Networks by the names that people give `--network`."""
