"""Outputs read or made in another way: order of sides, softmax for sigmoid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from labelaudit.deployment.imitation import Finish, Imitation
from labelaudit.deployment.traps import TRAPS, Trap, TrapEvidence, TrapVariant


def variants(evidence: TrapEvidence) -> Iterator[TrapVariant]:
    """Where boxes are decoded inside of the file."""
    if evidence.description.inside.decoding:
        finish = evidence.imitation.finish
        yield TrapVariant(
            "gives top, left, bottom, right, as TensorFlow does",
            partial(_with, replace(finish, sides=(1, 0, 3, 2))),
        )
        yield TrapVariant(
            "takes a softmax over the classes in place of a sigmoid for each",
            partial(_with, replace(finish, softmax=True)),
        )


def _with(finish: Finish, imitation: Imitation) -> Imitation:
    return replace(imitation, finish=finish)


TRAPS.add(
    "output-order",
    Trap(
        "output-order",
        "order of a box's sides, and what makes scores of logits",
        "Read left, top, right, bottom in pixels of the network, and a sigmoid for each class, as "
        "the file's description says; or export without decoding and decode in the application.",
        variants,
    ),
)
