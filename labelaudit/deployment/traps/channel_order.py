"""Blue, green, red in place of red, green, blue."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from labelaudit.deployment.imitation import Imitation
from labelaudit.deployment.traps import TRAPS, Trap, TrapEvidence, TrapVariant
from labelaudit.detector.model.like_device import with_reversed_colours


def variants(evidence: TrapEvidence) -> Iterator[TrapVariant]:
    """The one; a network whose first layer is no convolution is not imitated."""
    modules = evidence.imitation.detector.network.modules()
    first = next((one for one in modules if isinstance(one, nn.Conv2d)), None)
    if first is not None and first.in_channels == 3 and first.groups == 1:
        yield TrapVariant("takes images for BGR that are RGB, or gives BGR", _reversed)


def _reversed(imitation: Imitation) -> Imitation:
    return imitation.with_network(with_reversed_colours(imitation.detector.network))


TRAPS.add(
    "channel-order",
    Trap(
        "channel-order",
        "order of colours",
        "Give the model RGB: convert in the application (cameras and OpenCV give BGR), or turn "
        "round the input channels of the first convolution's weights once. No retraining.",
        variants,
    ),
)
