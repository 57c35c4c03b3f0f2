"""What the HTTP API gives; its schema is made from these and from what it takes."""

from __future__ import annotations

from pydantic import BaseModel

from labelaudit.review.web.request_schemas import Corners, Mode, State, Unit


class NamedClass(BaseModel):
    """A class by its row, which is of this run of the server alone for one that is new."""

    label: int
    name: str


class ShownFix(BaseModel):
    """A fix as the page shows it; words are empty for one of a reviewer's own."""

    kind: str
    words: str = ""  # what it does, with {class} for the class after it
    removes: bool = False
    adds: bool = False
    xyxy: Corners | None = None  # the box after it
    label: int | None = None  # the class after it
    class_name: str | None = None  # of that, if the dataset does not have it


class ItemOut(BaseModel):
    """A finding with what became of it."""

    id: str
    code: str
    name: str
    severity: str
    message: str
    probability: float | None
    image: int | None  # row in the dataset
    image_name: str | None
    box: int | None
    xyxy: Corners | None
    label: int | None
    other: int | None  # the box that it is compared with
    other_xyxy: Corners | None
    other_label: int | None
    fix: ShownFix | None
    edit: ShownFix | None  # a reviewer's own
    state: State
    reviewer: str | None  # who decided last
    decided_at: str | None
    decision: int | None  # the last one; goes into `Decision.seen`
    note: str | None  # of the last decision
    expert: bool  # whether that asks an expert
    obsolete: bool  # the last scan did not find it


class ProgressOut(BaseModel):
    """How far the review is."""

    decided: int  # neither open nor skipped
    skipped: int
    asked: int  # of these, how many an expert is to decide
    noted: int  # findings whose last decision has a note
    total: int
    per_minute: float | None
    minutes_left: float | None
    found: str | None  # the estimated share of errors found, in words; None without a model


class Items(BaseModel):
    """Findings in their order, handed to one reviewer."""

    items: list[ItemOut]


class Count(BaseModel):
    """How many findings are meant."""

    count: int


class DecidedOut(BaseModel):
    """What became of decisions."""

    items: list[ItemOut]
    conflicts: list[ItemOut]  # somebody else decided about these since they were shown; not changed
    progress: ProgressOut


class Added(BaseModel):
    """A box that was drawn, as a finding."""

    item: ItemOut
    progress: ProgressOut


class ImageLabels(BaseModel):
    """An image with its labels."""

    row: int
    name: str
    width: float
    height: float
    shown: bool
    reason: str  # why it is not shown
    tile: int  # pixels of a tile's side
    boxes: list[int]
    xyxy: list[Corners]
    labels: list[int | None]


class ExampleOut(BaseModel):
    """A labelled box to compare with."""

    image: int
    box: int
    xyxy: Corners


class Examples(BaseModel):
    """Labelled boxes of one class."""

    examples: list[ExampleOut]


class RulePage(BaseModel):
    """What a rule says of itself."""

    summary: str
    paragraphs: list[str]


class Summary(BaseModel):
    """The dataset in numbers."""

    name: str
    format: str
    images: int
    boxes: int


class Facets(BaseModel):
    """What there is to filter by: key, count, words."""

    rules: list[tuple[str, int, str]]
    classes: list[tuple[str, int, str]]
    reviewers: list[str]
    fields: list[str]  # that the overview counts by


class SessionOut(BaseModel):
    """What the page needs to begin."""

    dataset: Summary
    reviewer: str
    images: str  # the address of the images
    classes: list[str]  # by row
    own_classes: int  # how many of them the dataset has; reviewers named the others
    rules: dict[str, RulePage]
    progress: ProgressOut
    samples: list[SampleOut]
    mode: Mode  # in which it begins
    sample_command: str  # that draws a sample of the labels


class Disagreement(BaseModel):
    """A finding that reviewers decided differently."""

    item: ItemOut
    verdicts: list[tuple[str, str]]  # reviewer, verdict


class OutcomeOut(BaseModel):
    """What the decisions come to."""

    counts: dict[State, int]
    fixes: int
    records: int  # that these fixes change; several may be about one
    without_fix: int  # accepted findings that propose nothing to be done
    disagreements: list[Disagreement]
    conflicts: list[str]  # fixes that contradict each other
    target: str


class Written(BaseModel):
    """The cleaned dataset that was written."""

    path: str
    patch: str | None
    records: int
    undo: str


class CountOut(BaseModel):
    """Errors of one kind, or of all."""

    name: str
    wrong: int  # by the verdicts; objects, in a sample of images
    errors: float | None  # estimated in all; None where too few were judged
    low: float | None  # 95 % limits
    high: float | None


class EstimateOut(BaseModel):
    """What the verdicts on a sample say of all labels, or images."""

    all: CountOut
    kinds: list[CountOut]  # of labels
    of: int  # labels, or images, in the dataset


class SampleOut(BaseModel):
    """A sample, and how far it is judged."""

    unit: Unit
    tasks: int
    judged: int
    estimate: EstimateOut | None  # None where hardly any are judged


class Samples(BaseModel):
    """The samples in the queue."""

    samples: list[SampleOut]


class TaskOut(BaseModel):
    """A label, or an image, to be judged."""

    id: int
    unit: Unit
    place: int  # in the random order in which they are judged
    image: int | None  # row in the dataset; None if the labels have changed since
    image_name: str | None
    box: int | None
    xyxy: Corners | None
    label: int | None
    class_name: str | None
    verdict: str | int | None
    reviewer: str | None  # who gave it


class Tasks(BaseModel):
    """Tasks in their order, handed to one reviewer."""

    tasks: list[TaskOut]
    sample: SampleOut


class Judged(BaseModel):
    """What became of a verdict."""

    task: TaskOut
    sample: SampleOut


class Refusal(BaseModel):
    """Why a request was refused."""

    detail: str
