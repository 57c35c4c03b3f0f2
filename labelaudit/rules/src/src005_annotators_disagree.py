from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.causes import Explained
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Amount, Overlap, Share
from labelaudit.auditing.sources.agreement import SAME
from labelaudit.auditing.sources.box_sources import BoxSources
from labelaudit.boxes.ops import iou
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.src.disagreements import DisputedObject, Vote, disagreements

MAX_SHIFT = 4.0
"""Pixels by which sides of two boxes of one object differ at most; a choice."""

MOST_NAMED = 3
"""People whom a message names of each side; a choice."""


@rule(
    "SRC005",
    "annotators-disagree",
    message="{how}",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    needs=(Need.SOURCES, Need.RATERS),
    names_causes=True,
)
def annotators_disagree(
    audit: AuditContext,
    *,
    min_overlap: Overlap = SAME,
    max_shift: Amount = MAX_SHIFT,
    min_shared: Share = 0.5,
) -> Found:
    """An object of which people who labelled the same image say different things.

    Why it hurts: of several labels of one object at most one is right, and which of them the
    detector is taught is chance. Where people cannot agree, neither can what learns from them.

    Compared is what several people labelled of whom a field says who drew which box (`--by
    annotator`), or what several label files hold (`--by file`). Images are the same if they are one
    file, or of the same bytes; by name, where no image was found. Boxes that overlap are one
    object, of which everybody has one box at most. Somebody labelled an image if they drew
    something in it, or if it is in their file.

    Told is that classes differ, that somebody drew nothing where others drew a box, and that boxes
    of one class overlap, by too little to be of one place. What most say is taken to be right; of
    two people nobody knows. The doubt by which findings are ranked is the part of those who looked
    that say otherwise; of boxes in different places, times the part that they do not share.

    Says nothing about crowd regions and difficult boxes, about what somebody may have covered by
    one, about a class that is a kind of another (`[contract.hierarchy]`), and about people who add
    to each other's work. `labelaudit agreement` says how far all of them agree.

    Settings:
        min_overlap: least intersection over union of two boxes of one object, inclusive.
        max_shift: two boxes of one class are also of one object if no side is further apart than
            this, in pixels, inclusive, and they overlap by 0.1 at least: a few pixels are much to a
            small box.
        min_shared: two people label the same images each by themselves if they drew at least this
            part of their boxes around the same objects, counted by who drew fewer; inclusive.

    Why these defaults: `min_overlap` is the usual choice of COCO, and `max_shift` and `min_shared`
    are choices: who adds what another forgot has nothing in common with them.

    Example:
        >>> from labelaudit.testing import before_and_after, drawn_by
        >>> both = ["car 10 10 40 40", "bus 60 10 90 40"]
        >>> odd = ["bus 10 10 40 40", "bus 60 10 90 40"]
        >>> people = {"ann": both, "bob": both, "cem": odd}
        >>> dataset = drawn_by({who: {"a.jpg": boxes} for who, boxes in people.items()})
        >>> print(before_and_after(annotators_disagree, dataset))
        Found: annotator cem says bus, ann and bob car: the boxes overlap by 1.00
        labels.json, before (-) and after (+) an unsafe fix:
          {"id": 4, "image_id": 1, "category_id": 2, "bbox": [60, 10, 30, 30], "annotator": "bob"}
        - {"id": 5, "image_id": 1, "category_id": 2, "bbox": [10, 10, 30, 30], "annotator": "cem"}
        + {"id": 5, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30], "annotator": "cem"}
          {"id": 6, "image_id": 1, "category_id": 2, "bbox": [60, 10, 30, 30], "annotator": "cem"}

    Fix: gives a box the class that most gave, drops what most did not draw, and adds what most did
    to the file of who did not. Unsafe, because most may be wrong. None of two people, and none for
    boxes in different places: which is right must be seen.
    """
    sources = audit.sources
    if sources is None:
        return found(box=[])
    told: list[_Told] = []
    both: list[int] = []
    for one in disagreements(
        audit, sources, min_overlap=min_overlap, max_shift=max_shift, min_shared=min_shared
    ):
        told.extend(_told(audit, sources, one))
        both.extend(vote.box for vote in one.drawn)
    images = np.unique(np.array([one.image for one in told], np.int64))
    # The first for all: each of thousands would be compared with all other findings.
    explains = Explained(
        ("DUP003",), box=np.array(both, np.int64), also=(Explained(("IMG011",), image=images),)
    )
    return found(
        box=[one.box for one in told],
        image=[one.image for one in told],
        other=[one.other for one in told],
        fix=[one.fix for one in told],
        explains=[explains, *[None] * len(told)][: len(told)],
        doubt=[one.doubt for one in told],
        how=[one.how for one in told],
    )


@dataclass(frozen=True)
class _Told:
    """One finding."""

    box: int  # that may be wrong; MISSING: a box may be missing
    image: int
    other: int  # that it is compared with; MISSING: none is there
    doubt: float
    how: str
    fix: Fix | None = None


def _told(audit: AuditContext, sources: BoxSources, one: DisputedObject) -> Iterator[_Told]:
    """What is told of an object: what each says otherwise than most, or what two say."""
    if one.apart:
        yield _apart(audit, sources, one, one.apart)
    elif one.majority == MISSING:
        yield from _drawn_by_few(audit, sources, one)
    elif one.majority is not None:
        yield from _other_class(audit, sources, one, one.majority)
        yield from _overlooked(audit, sources, one, one.majority)
    else:
        yield _undecided(audit, sources, one)


def _apart(
    audit: AuditContext, sources: BoxSources, one: DisputedObject, boxes: tuple[int, int]
) -> _Told:
    box, other = boxes
    mine = next(vote for vote in one.votes if vote.box == box)
    others = [vote for vote in one.votes if vote.box != box]
    return _Told(
        box,
        mine.image,
        other,
        len(others) / len(one.votes) * (1 - one.overlap),
        f"{_people(sources, [mine])} and {_people(sources, others, field=False)} drew "
        f"{_class(audit, mine)} here, but the boxes overlap by {one.overlap:.2f} alone",
    )


def _drawn_by_few(audit: AuditContext, sources: BoxSources, one: DisputedObject) -> Iterator[_Told]:
    absent = _people(sources, one.absent, field=False)
    for vote in one.drawn:
        yield _Told(
            vote.box,
            vote.image,
            MISSING,
            one.share_against(vote.said),
            f"{_people(sources, [vote])} drew {_class(audit, vote)} here, where {absent} drew "
            "nothing",
            Fix("drop", Safety.UNSAFE, RecordType.BOX, vote.box),
        )


def _other_class(
    audit: AuditContext, sources: BoxSources, one: DisputedObject, label: int
) -> Iterator[_Told]:
    most = [vote for vote in one.drawn if vote.said == label]
    for vote in one.drawn:
        if vote.said == label or _are_related(audit, vote.said, label):
            continue
        row = audit.derived.class_record(label, int(audit.dataset.boxes.file[vote.box]))
        values = {"label": row}
        yield _Told(
            vote.box,
            vote.image,
            most[0].box,
            one.share_against(vote.said),
            f"{_people(sources, [vote])} says {_class(audit, vote)}, "
            f"{_people(sources, most, field=False)} {_class(audit, most[0])}: "
            f"{_overlapping(audit, vote, most[0])}",
            Fix("relabel", Safety.UNSAFE, RecordType.BOX, vote.box, values),
        )


def _overlooked(
    audit: AuditContext, sources: BoxSources, one: DisputedObject, label: int
) -> Iterator[_Told]:
    most = [vote for vote in one.drawn if vote.said == label]
    images: dict[int, list[Vote]] = {}
    for vote in one.absent:
        images.setdefault(vote.image, []).append(vote)
    for image, absent in images.items():
        own = image not in {vote.image for vote in one.drawn}
        yield _Told(
            MISSING,
            image,
            most[0].box,
            one.share_against(MISSING),
            f"{_people(sources, absent)} drew nothing where {_people(sources, most, field=False)} "
            f"drew {_class(audit, most[0])}",
            _added(audit, image, most, label) if own else None,
        )


def _undecided(audit: AuditContext, sources: BoxSources, one: DisputedObject) -> _Told:
    """What people say of an object of which no more than half say the same."""
    count = Counter(vote.said for vote in one.drawn)
    (most, _), *others = count.most_common()
    fewest = others[-1][0] if others else most
    mine = [vote for vote in one.drawn if vote.said == fewest]
    absent = one.absent
    nothing = f"{_people(sources, absent, field=False)} nothing" if absent else ""
    who = f"{_people(sources, mine)} drew {_class(audit, mine[0])} here"
    doubt = one.share_against(fewest)
    if not others:
        return _Told(mine[0].box, mine[0].image, MISSING, doubt, f"{who}, {nothing}")
    theirs = next(vote for vote in one.drawn if vote.said == most)
    words = [
        f"{_people(sources, [vote for vote in one.drawn if vote.said == said], field=False)} "
        f"{audit.derived.classes[said]}"
        for said in count
        if said != fewest
    ]
    said = ", ".join([who, *words, *([nothing] if nothing else [])])
    how = f"{said}: {_overlapping(audit, mine[0], theirs)}"
    return _Told(mine[0].box, mine[0].image, theirs.box, doubt, how)


def _added(audit: AuditContext, image: int, most: Sequence[Vote], label: int) -> Fix | None:
    """A fix that adds to an image what most drew: the median of their sides."""
    row = audit.derived.class_record(label, int(audit.dataset.images.file[image]))
    corners = np.median(audit.dataset.boxes.xyxy[[vote.box for vote in most]], axis=0).tolist()
    values = {"image": image, "label": row, "xyxy": corners}
    return Fix("add", Safety.UNSAFE, RecordType.BOX, MISSING, values)


def _are_related(audit: AuditContext, one: int, other: int) -> bool:
    return bool(audit.are_related(np.array([one]), np.array([other]))[0])


def _people(sources: BoxSources, votes: Sequence[Vote], *, field: bool = True) -> str:
    names = [sources.names[vote.person] for vote in votes]
    first = [sources.words(votes[0].person) if field else names[0]]
    named = [*first, *names[1:MOST_NAMED]]
    more = [f"{len(names) - MOST_NAMED:,} more"] if len(names) > MOST_NAMED else []
    *before, last = [*named, *more]
    return f"{', '.join(before)} and {last}" if before else last


def _class(audit: AuditContext, vote: Vote) -> str:
    return audit.derived.classes[vote.said]


def _overlapping(audit: AuditContext, one: Vote, other: Vote) -> str:
    xyxy = audit.dataset.boxes.xyxy
    return f"the boxes overlap by {iou(xyxy[[one.box]], xyxy[[other.box]])[0]:.2f}"
