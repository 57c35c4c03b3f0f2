"""What the HTTP API takes; its schema is made from these and from what it gives."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from labelaudit.dataset.new_classes import LONGEST_CLASS_NAME

Row = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""A row of a table of the dataset."""

Coordinate = Annotated[float, Field(ge=-1e7, le=1e7, allow_inf_nan=False)]
Corners = tuple[Coordinate, Coordinate, Coordinate, Coordinate]
"""Left, top, right, bottom in pixels."""

ClassName = Annotated[str, Field(min_length=1, max_length=LONGEST_CLASS_NAME)]
"""Of a class that the dataset does not have, perhaps."""

ItemId = Annotated[str, Field(min_length=1, max_length=200)]
Verdict = Literal["accept", "reject", "skip", "edit"]
Order = Literal["value", "image", "errors", "kind"]
Mode = Literal["overview", "sample-boxes", "sample-images"]
Unit = Literal["boxes", "images"]
TaskNumber = Annotated[int, Field(ge=1, le=2**63 - 1)]
Missing = Annotated[int, Field(ge=0, le=10_000)]
"""Objects of an image without a label."""

Words = Annotated[str, Field(max_length=20_000)]
Probability = Annotated[float, Field(ge=0, le=1)]
State = Literal["open", "accepted", "rejected", "skipped", "edited"]
Note = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]
"""What a reviewer says beside a verdict."""


class Chosen(BaseModel):
    """Which findings are meant; None means any."""

    model_config = ConfigDict(extra="forbid")

    rule: Words | None = None  # its code
    class_name: Words | None = Field(default=None, alias="class")
    severity: Literal["error", "warning", "info"] | None = None
    image: Words | None = None  # a part of its name
    min_probability: Probability | None = None
    max_probability: Probability | None = None
    reviewer: Words | None = None  # who decided last
    field: Words | None = None  # of boxes and images, as the overview has them: split, annotator
    value: Words | None = None  # of that field; empty: none
    state: State | Literal["expert", "noted", "obsolete", "any"] = "open"


class Wanted(Chosen):
    """Which findings are asked for, in which order."""

    order: Order = "value"
    count: int = Field(default=24, ge=1, le=200)
    after: ItemId | None = None  # go on behind this one


class Strict(BaseModel):
    """What a request holds: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class OwnFix(Strict):
    """A reviewer's own fix: the box changed, added or removed."""

    kind: Literal["change", "add", "drop"]
    xyxy: Annotated[Corners | None, Field(strict=False)] = None
    label: Row | None = None
    new_class: ClassName | None = None  # instead of a row


class Decision(Strict):
    """What a reviewer decides about one finding."""

    item: ItemId
    verdict: Verdict
    fix: OwnFix | None = None  # with "edit" only
    seen: int | None = Field(default=None, ge=0, le=2**63 - 1)  # the last decision that was shown
    note: Note | None = None
    expert: bool = False  # with "skip" only: an expert is to decide


class Decisions(Strict):
    """One decision, or those of a screen; sent again after a lost answer, it changes nothing."""

    uuid: Annotated[UUID, Field(strict=False)]
    decisions: list[Decision] = Field(min_length=1, max_length=200)


class Undo(Strict):
    """Take back the last decision about these findings; without any, the reviewer's last one."""

    uuid: Annotated[UUID, Field(strict=False)]
    items: list[ItemId] = Field(max_length=200)


class NewBox(Strict):
    """A missing box that a reviewer drew."""

    uuid: Annotated[UUID, Field(strict=False)]
    image: Row
    label: Row | None = None
    new_class: ClassName | None = None  # instead of a row
    xyxy: Annotated[Corners, Field(strict=False)]


class ChangedLabel(Strict):
    """A label that no finding is about, changed or removed by a reviewer."""

    uuid: Annotated[UUID, Field(strict=False)]
    box: Row
    fix: OwnFix


class NewClass(Strict):
    """A class that the dataset does not have, which a box is to have."""

    name: ClassName


class Cleaning(Strict):
    """The wish to have the cleaned dataset written."""

    uuid: Annotated[UUID, Field(strict=False)]


class WantedTasks(BaseModel):
    """Which tasks of a sample are asked for."""

    model_config = ConfigDict(extra="forbid")

    unit: Unit
    count: int = Field(default=16, ge=1, le=200)
    after: TaskNumber | None = None  # go on behind this one


class SampleVerdict(Strict):
    """What a reviewer says of a label, or how many objects of an image nobody labelled."""

    uuid: Annotated[UUID, Field(strict=False)]
    task: TaskNumber
    verdict: Literal["ok", "wrong_class", "loose_box", "spurious"] | Missing | None
    """Null takes back what was said."""
