"""What the HTTP API says on the first page; its schema is made from these."""

from __future__ import annotations

from pydantic import BaseModel


class GroupOut(BaseModel):
    """The boxes of one value of a field, and what was found about them."""

    value: str  # empty: those that have none
    boxes: int
    errors: float  # expected among them
    findings: int
    open: int  # of these, those that nobody decided about or skipped
    per_1000: float  # findings that were not rejected, of 1,000 boxes
    low: float  # of its 95 % limits
    high: float
    stands_out: bool  # wrong more often than all boxes, which is no chance


class GroupsOut(BaseModel):
    """How bad each value of a field is; most expected errors first."""

    field: str
    groups: list[GroupOut]
    left_out: int  # values that are not told


class RuleCounts(BaseModel):
    """What became of the findings of a rule."""

    code: str
    name: str
    findings: int
    open: int  # neither decided nor skipped
    accepted: int  # or edited


class WorstImage(BaseModel):
    """An image to begin with."""

    name: str
    errors: float  # expected in it; what is doubted without a probability is no number of these
    doubted: int  # boxes and missing objects in it that such doubts alone speak for
    open: int  # findings about it that nobody decided about or skipped


class Confused(BaseModel):
    """How many findings say that a box of one class, by row, is of another, by column."""

    classes: list[str]  # those that are confused most
    counts: list[list[int]]
    elsewhere: int  # findings of other pairs of classes


class OverviewOut(BaseModel):
    """How bad the dataset is by what was found and not rejected, and where to begin."""

    errors: float  # wrong boxes that are expected
    by_model: bool  # whether these are a model's probabilities; else those that rules found
    wrong_boxes: int  # that rules found without a model
    wrong_images: int
    missing: float  # objects without a label that are expected
    doubted: int  # boxes and missing objects that a model doubts without a probability
    groups: list[GroupsOut]  # the class first
    rules: list[RuleCounts]  # most open first
    worst: list[WorstImage]  # an order, in which doubts take part
    confused: Confused | None
