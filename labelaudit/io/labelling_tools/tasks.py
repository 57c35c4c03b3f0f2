"""What is handed over to a labelling tool, and what comes back, whatever the tool."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from labelaudit.errors import FormatError

Corners = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""

EXACT: Corners = (0.0, 0.0, 0.0, 0.0)
"""Pixels by which corners may be off, of a box whose numbers are written out."""

ASK = "ask"
"""The answer that leaves a proposal to an expert."""

ANSWERS = ("accept", "reject", "skip", ASK)
"""What a person can say of a proposal in a tool; nothing, or `OPEN`, is no answer."""

OPEN = "open"


def known_text(value: object) -> str | None:
    """A text of an export as it was handed over; None if somebody has put something else there."""
    return value if isinstance(value, str) else None


def one_line(text: str) -> str:
    r"""Words of a note, as a field of one line has them.

    >>> one_line("a shadow,\nno  cell ")
    'a shadow, no cell'
    """
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())


@dataclass(frozen=True)
class LabelBox:
    """A label as it is in the dataset."""

    key: str  # unlike those of the other boxes in its image
    label: str
    xyxy: Corners


@dataclass(frozen=True)
class Proposal:
    """A finding, and what would change."""

    fingerprint: str
    code: str  # of the rule: MOD001
    name: str  # of the rule: wrong-class
    message: str
    words: str  # what is proposed: "relabel RBC"; empty if nothing is
    probability: float | None  # that the label is wrong, if it is known
    label: str  # the class that the box would have
    xyxy: Corners | None  # where it would be; None: the finding is about the image
    box: str | None  # the key of the label that it is about
    adds: bool = False  # an object that is not labelled
    drops: bool = False  # the label would go
    relabels: bool = False
    moves: bool = False
    note: str = ""  # what was said beside the last decision, which left the finding open
    expert: bool = False  # whether that asks an expert
    noted_by: str = ""  # who said so
    doubt: float | None = None  # how strongly the label is doubted, to rank by, if anybody does

    @property
    def noted(self) -> str:
        """The note with its author, for people; empty if there is none."""
        if not (self.note or self.expert):
            return ""
        what = "question to an expert" if self.expert else "note"
        words = f": {one_line(self.note)}" if self.note else ""
        return f"{what} by {self.noted_by}{words}"

    @property
    def rule(self) -> str:
        """The rule, by its code and its name."""
        return f"{self.code} {self.name}"


@dataclass(frozen=True)
class ImageTask:
    """An image with its labels and the findings about them."""

    key: str  # unlike those of all other images
    name: str  # as the labels write it
    path: str  # where the file is; empty if it was not found
    size: tuple[float, float]  # width and height in pixels; NaN if nobody knows
    mark: str  # changes when a label in the image does
    boxes: tuple[LabelBox, ...]
    proposals: tuple[Proposal, ...]
    splits: tuple[str, ...] = ()

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """Of the proposals."""
        return tuple(one.fingerprint for one in self.proposals)


@dataclass(frozen=True)
class Assignment:
    """All that is handed over."""

    title: str
    version: str  # of labelaudit
    classes: Sequence[str]
    marker: str  # the class under which proposals are drawn, which no label has
    tasks: Sequence[ImageTask]
    prefix: str | None = None  # put before the names of images; None: as the tool needs it

    def check_sizes(self) -> None:
        """Refuse images of unknown size, for tools whose coordinates are told by it.

        Raises
        ------
        FormatError
            if there are some.
        """
        lost = [
            task.name
            for task in self.tasks
            if not all(math.isfinite(side) and side > 0 for side in task.size)
        ]
        if lost:
            raise FormatError(
                f"{lost[0]}: nobody knows the size of this image, by which coordinates are told "
                f"({len(lost):,} such images); name the folder of the images with --images"
            )

    def address(self, task: ImageTask, usual: str, *, quoted: bool = False) -> str:
        """Where the tool finds the image of a task.

        Parameters
        ----------
        task:
            with the image.
        usual:
            what is used where nobody gave a prefix.
        quoted:
            whether the tool reads an address, in which some characters are written as `%20`.
        """
        if self.prefix is None:
            return usual
        return self.prefix + (quote(task.name) if quoted else task.name)


@dataclass(frozen=True)
class FinishedBox:
    """A label as it is in the tool."""

    label: str
    xyxy: Corners | None
    key: str | None = None  # as it was handed over; None: drawn there, or the tool keeps no keys
    beside: tuple[str, ...] = ()  # fingerprints of proposals that the tool holds together with it
    answer: str = ""  # to all proposals about it
    odd: str = ""  # why it cannot be read as a box
    around: Corners | None = None  # roughly where it is, if it cannot be read as a box
    within: Corners = EXACT


@dataclass(frozen=True)
class FinishedProposal:
    """A proposal as it is in the tool."""

    fingerprint: str
    answer: str = ""
    label: str | None = None  # the class that the person would have; None: as proposed
    xyxy: Corners | None = None  # None: as proposed
    odd: str = ""
    note: str = ""  # what stands beside it, which may be what was handed over
    within: Corners = EXACT


@dataclass(frozen=True)
class FinishedTask:
    """What one person made of one image."""

    place: str  # in the export, for messages
    name: str  # of the image, as the tool has it
    key: str | None  # as it was handed over
    mark: str | None  # likewise
    given: tuple[str, ...] | None  # fingerprints that were handed over; None: nobody knows any more
    boxes: tuple[FinishedBox, ...] | None  # None: the export does not have the labels
    proposals: tuple[FinishedProposal, ...]
    reviewer: str | None = None  # who it was, if the tool says
    at: float | None = None  # seconds since 1970, if the tool says


@dataclass(frozen=True)
class Finished:
    """All that came back."""

    tasks: Sequence[FinishedTask]
    unclear: Sequence[str] = ()  # what could not be read, a line each
