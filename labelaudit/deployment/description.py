"""What an exported file says of itself, so that it can be used without the checkpoint."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from labelaudit.core.version import __version__
from labelaudit.errors import ConfigError

KIND, VERSION = "labelaudit exported detector", 1
"""What a file says it is; the version changes when older ones can no longer be used."""

KEY = "labelaudit"
"""Under which a format that holds notes of anybody's has the description, as JSON."""


@dataclass(frozen=True)
class Inside:
    """What an exported file does itself; what it does not is left to whoever uses it."""

    scaling: bool = True  # images go in as RGB from 0 to 255; else minus mean, over std
    decoding: bool = True  # scores and boxes come out; else logits and offsets from anchors
    nms: bool = False  # a few detections come out; needs decoding

    # Only where NMS is inside; as of `detector.nms.detections`.
    threshold: float = 0.02  # only scores above it count
    overlap: float = 0.6  # boxes of one class whose IoU is above it are one object
    limit: int = 100  # detections of an image

    def __post_init__(self) -> None:
        if self.nms and not self.decoding:
            raise ConfigError("NMS inside of an exported model needs decoding inside, too")
        if not (0 <= self.threshold < 1 and 0 < self.overlap <= 1 and self.limit >= 1):
            raise ConfigError(
                f"NMS of an exported model has threshold {self.threshold}, overlap {self.overlap} "
                f"and limit {self.limit}; expected [0, 1), (0, 1] and 1 or more"
            )

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of what comes out, in order."""
        if self.nms:
            return ("detection_boxes", "detection_scores", "detection_labels")
        return ("scores", "boxes") if self.decoding else ("logits", "offsets")


@dataclass(frozen=True)
class ModelDescription:
    """All that it takes to use an exported file.

    Its input is `images` (n, 3, h, w) float32 RGB. Its outputs, by name, are float32:

    - `logits` (n, a, c) and `offsets` (n, a, 4) from anchors, or
    - `scores` (n, a, c) in [0, 1] and `boxes` (n, a, 4) in pixels of the network, or
    - `detection_boxes` (n, d, 4), `detection_scores` (n, d) and `detection_labels` (n, d), surest
      first; where there are fewer than d, scores are 0, boxes 0 and labels -1.
    """

    target: str
    classes: tuple[str, ...]  # of the scores, in order
    class_ids: tuple[int | str, ...]  # of the same classes, as the labels that it learned say
    input_size: tuple[int, int]  # height, width
    mean: tuple[float, ...]  # of red, green and blue, taken away first
    std: tuple[float, ...]  # divided by then
    strides: tuple[int, ...]  # with scales and ratios: what anchors are made from
    anchor_scales: tuple[float, ...]
    anchor_ratios: tuple[float, ...]
    inside: Inside = field(default_factory=Inside)
    batch: int | None = None  # images that go in together; None: any number
    folded: bool = False  # each BatchNorm in the convolution before it
    int8: bool = False  # weights and activations in 8 bits
    layers: tuple[str, ...] = ()  # inner layers that come out, too, under `layer_output`'s names
    labelaudit: str = __version__

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of all that comes out, in order."""
        return (*self.inside.outputs, *map(layer_output, self.layers))

    def as_json(self) -> str:
        """The description as a text."""
        return json.dumps({"kind": KIND, "version": VERSION, **asdict(self)}, indent=1)

    @classmethod
    def of_json(cls, text: str, path: Path) -> Self:
        """The description that a file holds.

        Raises `ConfigError`, which names `path`, if it is something else, damaged, or of another
        version.
        """
        try:
            kept: Any = json.loads(text)  # Any: what the file holds
        except ValueError as error:
            raise ConfigError(f"{path}: its description is damaged ({error}); {AGAIN}") from error
        if not isinstance(kept, dict) or kept.pop("kind", None) != KIND:
            raise ConfigError(f"{path}: not a model that labelaudit export has written")
        version = kept.pop("version", None)
        if version != VERSION:
            raise ConfigError(
                f"{path}: a model of version {version}, where this labelaudit reads {VERSION}; "
                f"{AGAIN}, or use labelaudit {kept.get('labelaudit')}"
            )
        try:
            return cls(**{**_tuples(kept), "inside": Inside(**kept["inside"])})
        except (TypeError, KeyError) as error:
            raise ConfigError(f"{path}: its description is damaged ({error}); {AGAIN}") from error


AGAIN = "export it again"


def layer_output(layer: str) -> str:
    """The name under which an inner layer comes out of an exported file.

    >>> layer_output("head.fpn.output.0")
    'layer:head.fpn.output.0'
    """
    return f"layer:{layer}"


def _tuples(fields: dict[str, Any]) -> dict[str, Any]:  # Any: what the file holds
    """Fields with tuples where JSON has made lists of them."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }
