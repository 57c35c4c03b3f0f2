"""An assignment with what is hard to write: names, fractions, a finding about the whole image."""

from __future__ import annotations

from labelaudit.io.labelling_tools.tasks import Assignment, ImageTask, LabelBox, Proposal

DOUBTED, ADDED, WHOLE = "d" * 16, "a" * 16 + "-2", "e" * 16
PLACE = (10.125, 20.0, 30.333333333333332, 40.5)

TASK = ImageTask(
    key="sub/labels.json:0",
    name="in a folder/ä b.jpg",
    path="/disk/in a folder/ä b.jpg",
    size=(640.0, 480.0),
    mark="m",
    boxes=(LabelBox("box-0", "bus & <car>", PLACE),),
    proposals=(
        Proposal(
            fingerprint=DOUBTED,
            code="MOD001",
            name="wrong-class",
            message='is "wrong" & <odd>',
            words="relabel car",
            probability=0.91234,
            doubt=0.91234,
            label="car",
            xyxy=PLACE,
            box="box-0",
            relabels=True,
        ),
        Proposal(
            fingerprint=ADDED,
            code="MOD002",
            name="missing-box",
            message="lacks a box",
            words="add car",
            probability=None,
            doubt=0.4,  # which ranks, and is no probability
            label="car",
            xyxy=(100.0, 100.0, 140.0, 150.0),
            box=None,
            adds=True,
        ),
        Proposal(
            fingerprint=WHOLE,
            code="IMG005",
            name="blank-image",
            message="is blank",
            words="",
            probability=None,
            label="",
            xyxy=None,
            box=None,
        ),
    ),
    splits=("train",),
)

ASSIGNMENT = Assignment("title", "1.0", ("bus & <car>", "car"), "labelaudit", (TASK,))
