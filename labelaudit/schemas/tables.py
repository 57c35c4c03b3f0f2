"""What the tables `network` and `train` of a configuration may hold, key by key.

What reads them, `network.settings` and `training.settings`, checks more than a schema can say, and
the second takes torch to ask. `tests/schemas/test_tables.py` asks both, about values on either side
of each limit here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from labelaudit.network.known import KNOWN_NETWORKS, Fit
from labelaudit.network.settings import LARGEST_SIZE

Schema = dict[str, Any]  # Any: whatever JSON holds


def train_table() -> Schema:
    """The schema of the table `train`."""
    return _table(TRAIN)


def network_table() -> Schema:
    """The schema of the table `network`."""
    return _table(NETWORK)


def _table(keys: Mapping[str, Schema]) -> Schema:
    return {"type": "object", "properties": dict(keys), "additionalProperties": False}


def _words(*words: str) -> Schema:
    return {"enum": list(words)}


def _whole(least: int) -> Schema:
    return {"type": "integer", "minimum": least}


def _some(items: Schema, **limits: int) -> Schema:
    return {"type": "array", "items": items, **limits}


TEXT: Schema = {"type": "string"}
SWITCH: Schema = {"type": "boolean"}
ABOVE_0: Schema = {"type": "number", "exclusiveMinimum": 0}
STRIDES: Sequence[int] = (4, 8, 16, 32)

SIDE = {"type": "integer", "minimum": 1, "maximum": LARGEST_SIZE}

NETWORK: Mapping[str, Schema] = {
    "train-size": {"anyOf": [SIDE, _some(SIDE, minItems=1, maxItems=2)]},
    "name": _words(*KNOWN_NETWORKS),
    "strides": _some(_whole(1)) | {"uniqueItems": True},
    "anchors": _some(_some(ABOVE_0, minItems=2)),
    "anchor-scales": _some(ABOVE_0),
    "anchor-ratios": _some(ABOVE_0),
    "fit": _words(*get_args(Fit)),
}
"""Each key of `network`. That there is an anchor list for each stride is left to what reads it."""

TRAIN: Mapping[str, Schema] = {
    "backbone": TEXT | {"minLength": 1},
    "weights": TEXT | {"minLength": 1},
    "trained": _words("frozen", "partly", "whole"),
    "strides": _some({"enum": list(STRIDES)}, minItems=1) | {"uniqueItems": True},
    "pyramid": _words("separable", "dense"),
    "channels": _whole(1),
    "norm": _words("group", "batch", "layer", "none"),
    "head-depth": _whole(0),
    "anchor-scales": _some(ABOVE_0, minItems=1),
    "anchor-ratios": _some(ABOVE_0, minItems=1),
    "image-size": _some(_whole(min(STRIDES)), minItems=2, maxItems=2),
    "epochs": _whole(1),
    "batch": _whole(1),
    "learning-rate": ABOVE_0,
    "weight-decay": {"type": "number", "minimum": 0},
    "seed": _whole(0),
    "device": _words("auto", "cpu", "cuda", "mps"),
    "merge": {
        "type": "object",
        "propertyNames": {"minLength": 1},
        "additionalProperties": _some(TEXT, minItems=1),
    },
    "drop-classes": _some(TEXT),
    "validation-share": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    "mirror": SWITCH,
    "scale": SWITCH,
    "colour": SWITCH,
    "like-device": TEXT,
}
"""Each key of `train`. What two of them say of each other (a size that is a multiple of the
coarsest stride, channels of whole groups) is left to what reads it."""
