"""TensorFlow's SAME padding, which is not the same on all sides."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import partial

from labelaudit.deployment.imitation import Imitation
from labelaudit.deployment.traps import TRAPS, Trap, TrapEvidence, TrapVariant
from labelaudit.detector.device_settings import Padding
from labelaudit.detector.model.like_device import edit_layers, padded

WAYS: dict[Padding, str] = {
    "same": "as TensorFlow's SAME does, the odd row and column at the bottom and the right",
    "symmetric": "by half a kernel on all sides, as torch does",
}


def variants(evidence: TrapEvidence) -> Iterator[TrapVariant]:
    """Both ways, for strided convolutions and poolings, together and each alone."""
    del evidence
    for padding, how in WAYS.items():
        for convolutions, pools, which in (
            (True, True, "strided convolutions and poolings"),
            (True, False, "strided convolutions"),
            (False, True, "strided poolings"),
        ):
            yield TrapVariant(
                f"pads {which} {how}",
                partial(_padded, padding, convolutions=convolutions, pools=pools),
            )


def _padded(
    padding: Padding, imitation: Imitation, *, convolutions: bool, pools: bool
) -> Imitation:
    network = copy.deepcopy(imitation.detector.network)
    edit_layers(network, padded(padding, convolutions=convolutions, pools=pools))
    return imitation.with_network(network)


TRAPS.add(
    "same-padding",
    Trap(
        "same-padding",
        "padding of strided layers",
        "Pad in a layer of its own on the device, before a convolution without padding, or retrain "
        'with the device\'s way: labelaudit train --like-device, padding = "same" or '
        '"symmetric".',
        variants,
    ),
)
