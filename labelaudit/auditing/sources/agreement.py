"""How far several people agree who labelled the same images, in objects and in classes.

Boxes of several people that overlap are one object, of which each has one box at most. What
somebody says of an object is its class, or that there is none, if they labelled the image and drew
nothing there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.sources.box_sources import BoxSources
from labelaudit.boxes.ops import iou
from labelaudit.boxes.pairs import overlapping_pairs
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.core.extras import check_installed
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset

SAME = 0.5
"""Least overlap of boxes of one object; the usual choice of COCO."""

RESAMPLES = 500
"""Of pictures, for an interval; a choice: its ends move by about a tenth of its width."""

NOT_ASKED = -2
"""What somebody says of an object in a picture that they did not label."""


@dataclass(frozen=True, eq=False)
class SharedObjects:
    """What everybody says of each object."""

    box: Ints  # (n, p) row in Boxes of each person's box; MISSING if they drew none
    said: Ints  # (n, p) the class; MISSING: nothing is there; NOT_ASKED: they did not look
    picture: Ints  # (n,) number of the picture
    overlap: Floats  # (n,) mean IoU of the boxes with each other; NaN with one


@dataclass(frozen=True)
class Alpha:
    """Krippendorff's alpha: 1 is agreement, 0 what chance would bring; NaN where nothing varies."""

    value: float
    low: float  # 95 %, by pictures drawn with replacement
    high: float
    objects: int


@dataclass(frozen=True)
class PairAgreement:
    """Two people who labelled the same pictures."""

    first: str
    second: str
    matched: int  # objects that both drew
    one_class: int  # of these, with one class
    overlap: float  # mean IoU of their boxes
    only_first: int  # objects that the other did not draw
    only_second: int


@dataclass(frozen=True)
class ClassAgreement:
    """The objects of which somebody says that they are of a class."""

    name: str
    objects: int
    agreed: int  # of which all who looked say it


@dataclass(frozen=True, eq=False)
class Agreement:
    """What several people agree about."""

    people: tuple[str, ...]
    pictures: int  # that several labelled
    objects: SharedObjects
    presence: Alpha  # whether there is an object, and of which class
    classes: Alpha  # of which class, of objects that several drew
    pairs: tuple[PairAgreement, ...]  # those that disagree most first
    by_class: tuple[ClassAgreement, ...]  # those agreed about least first
    worst: tuple[tuple[int, int, int], ...]  # row in Images, objects disagreed about, objects


def agreement(dataset: Dataset, people: BoxSources, asked: Bools, picture: Ints) -> Agreement:
    """What several people agree about who labelled the same pictures.

    Parameters
    ----------
    dataset:
        with the boxes of all.
    people:
        who drew each box.
    asked:
        (images, people) who labelled the image of each row, whether they drew anything or not.
    picture:
        (images,) a number for each image, equal for those that show one picture.

    Raises
    ------
    ConfigError
        if the package krippendorff is not installed.

    Source
    ------
    Krippendorff, "Computing Krippendorff's alpha-reliability", 2011; for objects of pictures, where
    who drew nothing says so: Tschirschwitz, Benz, Wiedemann, Roth and Rodehorst, "Drawing the same
    bounding box twice? Coping noisy annotations in object detection with repeated labels", 2022.
    """
    check_installed(["krippendorff"], "agreement", "agreement")
    looked = np.zeros((int(picture.max(initial=-1)) + 1, len(people.names)), bool)
    rows, columns = np.nonzero(asked)
    looked[picture[rows], columns] = True
    shared = looked.sum(axis=1) > 1
    found = objects(dataset, people, looked, picture)
    found = _rows(found, shared[found.picture])
    labels = DatasetColumns(dataset).classes
    count = len(labels)
    several = (found.said >= 0).sum(axis=1) > 1
    drawn = _rows(found, several)
    return Agreement(
        people.names,
        int(shared.sum()),
        found,
        _alpha(np.where(found.said == MISSING, count, found.said), found.picture, count + 1),
        _alpha(np.where(drawn.said == MISSING, NOT_ASKED, drawn.said), drawn.picture, count),
        tuple(sorted(_pairs(dataset, people, found), key=_share_agreed)),
        tuple(sorted(_by_class(labels, found), key=lambda one: one.agreed / one.objects)),
        tuple(_worst(found, picture)),
    )


def objects(
    dataset: Dataset,
    people: BoxSources,
    looked: Bools,
    picture: Ints,
    *,
    min_overlap: float = SAME,
) -> SharedObjects:
    """The objects of all pictures, with everybody's box.

    Boxes are put together pair by pair, those that overlap most first, as long as nobody has two
    boxes of one object. The class does not matter: two classes on one object are a disagreement.

    Parameters
    ----------
    dataset, people, picture:
        see `agreement`.
    looked:
        (pictures, people) who labelled each.
    min_overlap:
        least intersection over union of boxes of one object, inclusive.
    """
    derived, boxes = DatasetColumns(dataset), dataset.boxes
    rows = np.flatnonzero(comparable(derived, people))
    place = picture[boxes.image[rows]]
    pairs = overlapping_pairs(boxes.xyxy[rows], place, min_inside=min_overlap)
    pairs = pairs.rows(pairs.overlap >= min_overlap)
    group = _grouped(
        people.box[rows], pairs.first, pairs.second, np.argsort(-pairs.overlap, kind="stable")
    )
    _, first, number = np.unique(group, return_index=True, return_inverse=True)
    box = np.full((len(first), len(people.names)), MISSING, np.int64)
    box[number, people.box[rows]] = rows
    of_picture = place[first]
    said = np.where(looked[of_picture], MISSING, NOT_ASKED)
    said = np.where(box != MISSING, np.append(derived.box_class, MISSING)[box], said)
    return SharedObjects(box, said.astype(np.int64), of_picture, _overlap(boxes.xyxy, box))


def comparable(derived: DatasetColumns, people: BoxSources) -> Bools:
    """Which boxes are compared, (b,): of somebody, of one object of a known class, and readable."""
    known = (derived.box_class != MISSING) & (people.box != MISSING)
    known &= derived.dataset.boxes.image != MISSING
    usable: Bools = derived.is_valid & derived.in_range & derived.is_evaluated & known
    return usable


def _grouped(person: Rows, first: Rows, second: Rows, order: Ints) -> Ints:
    """A number for each box, (n,), equal for those of one object."""
    parent = list(range(len(person)))
    members = [1 << int(one) for one in person.tolist()]  # the people in a group, as bits

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for one, other in zip(first[order].tolist(), second[order].tolist(), strict=True):
        a, b = root(one), root(other)
        if a != b and not members[a] & members[b]:
            parent[b], members[a] = a, members[a] | members[b]
    return np.array([root(one) for one in range(len(person))], np.int64)


def _overlap(xyxy: Floats, box: Ints) -> Floats:
    """The mean IoU of all pairs of boxes of each object, (n,)."""
    total, count = np.zeros(len(box)), np.zeros(len(box))
    for one in range(box.shape[1]):
        for other in range(one):
            both = np.flatnonzero((box[:, one] != MISSING) & (box[:, other] != MISSING))
            total[both] += iou(xyxy[box[both, one]], xyxy[box[both, other]])
            count[both] += 1
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _rows(found: SharedObjects, which: Bools) -> SharedObjects:
    return SharedObjects(
        found.box[which], found.said[which], found.picture[which], found.overlap[which]
    )


def _alpha(said: Ints, picture: Ints, values: int) -> Alpha:
    """Alpha of what people say, (n, p), with an interval over pictures; negative: nothing."""
    counts = np.stack([(said == value).sum(axis=1) for value in range(values)], axis=1)
    pairable = counts.sum(axis=1) > 1
    counts, picture = counts[pairable], picture[pairable]
    value = _alpha_of(counts)
    if not len(counts) or np.isnan(value):
        return Alpha(value, np.nan, np.nan, len(counts))
    drawn = _resampled(counts, picture)
    low, high = np.quantile(drawn, [0.025, 0.975]) if len(drawn) else (np.nan, np.nan)
    return Alpha(value, float(low), float(high), len(counts))


def _resampled(counts: Ints, picture: Ints) -> Floats:
    """Alpha of pictures drawn with replacement, those where it is known of `RESAMPLES`.

    What alpha is made of are sums over objects: those of a picture are added up once.
    """
    _, at = np.unique(picture, return_inverse=True)
    pictures = int(at.max()) + 1
    if pictures < 2:
        return np.empty(0)
    many = counts.sum(axis=1)
    parts = np.column_stack([counts, (counts * (counts - 1)).sum(axis=1) / (many - 1)])
    sums = np.stack([np.bincount(at, column, pictures) for column in parts.T], axis=1)
    random = np.random.default_rng(0)
    times = random.multinomial(pictures, np.full(pictures, 1 / pictures), RESAMPLES)
    whole = times @ sums
    said, same = whole[:, :-1], whole[:, -1]
    total = said.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        alpha = 1 - (total - 1) * (total - same) / (total**2 - (said**2).sum(axis=1))
    known: Floats = alpha[np.isfinite(alpha)]
    return known


def _alpha_of(counts: Ints) -> float:
    """Alpha of how many people said what of each object, (n, values); NaN where all say one."""
    import krippendorff  # noqa: PLC0415  # an extra

    if np.count_nonzero(counts.sum(axis=0)) < 2:
        return float("nan")
    return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))


def _pairs(dataset: Dataset, people: BoxSources, found: SharedObjects) -> Iterator[PairAgreement]:
    for one in range(len(people.names)):
        for other in range(one + 1, len(people.names)):
            looked = (found.said[:, [one, other]] != NOT_ASKED).all(axis=1)
            drawn = found.box[looked][:, [one, other]] != MISSING
            both = np.flatnonzero(looked)[drawn.all(axis=1)]
            if not drawn.any():
                continue
            same = found.said[both, one] == found.said[both, other]
            xyxy = dataset.boxes.xyxy
            overlap = iou(xyxy[found.box[both, one]], xyxy[found.box[both, other]])
            yield PairAgreement(
                people.names[one],
                people.names[other],
                len(both),
                int(same.sum()),
                float(overlap.mean()) if len(both) else float("nan"),
                int((drawn[:, 0] & ~drawn[:, 1]).sum()),
                int((drawn[:, 1] & ~drawn[:, 0]).sum()),
            )


def _share_agreed(pair: PairAgreement) -> float:
    return pair.one_class / (pair.matched + pair.only_first + pair.only_second)


def _by_class(labels: Sequence[str], found: SharedObjects) -> Iterator[ClassAgreement]:
    for label, name in enumerate(labels):
        here = (found.said == label).any(axis=1)
        if here.any():
            said = found.said[here]
            agreed = ((said == label) | (said == NOT_ASKED)).all(axis=1)
            yield ClassAgreement(name, int(here.sum()), int(agreed.sum()))


def _worst(found: SharedObjects, picture: Ints) -> Iterator[tuple[int, int, int]]:
    """Pictures by how many objects people disagree about, most first."""
    said = np.where(found.said == NOT_ASKED, found.said.max(axis=1, keepdims=True), found.said)
    split = (said != said[:, :1]).any(axis=1)
    size = int(picture.max(initial=-1)) + 1
    wrong = np.bincount(found.picture[split], minlength=size)
    every = np.bincount(found.picture, minlength=size)
    _, first = np.unique(picture, return_index=True)
    for row in np.argsort(-wrong, kind="stable").tolist():
        if wrong[row]:
            yield int(first[row]), int(wrong[row]), int(every[row])


def consensus(dataset: Dataset, found: Agreement, picture: Ints) -> Dataset:
    """What most people say: objects that more than half drew of those who looked, once each.

    The class is that of most of them, the box the median of their sides. Objects about whose class
    no majority agrees are left out. Each picture is one image, with what everybody draws in it.

    Parameters
    ----------
    dataset, picture:
        see `agreement`.
    found:
        what people agree about.
    """
    said, box = found.objects.said, found.objects.box
    looked = (said != NOT_ASKED).sum(axis=1)
    votes = np.stack(
        [(said == label).sum(axis=1) for label in range(int(said.max(initial=0)) + 1)], axis=1
    )
    kept = np.flatnonzero(2 * votes.max(axis=1, initial=0) > looked)
    label = votes[kept].argmax(axis=1)
    xyxy = dataset.boxes.xyxy.copy()
    chosen = np.zeros(len(dataset.boxes), bool)
    for row, value in zip(kept.tolist(), label.tolist(), strict=True):
        rows = box[row][box[row] != MISSING]
        first = rows[said[row][box[row] != MISSING] == value][0]
        chosen[first] = True
        xyxy[first] = np.median(dataset.boxes.xyxy[rows], axis=0)
    _, first_image = np.unique(picture, return_index=True)
    image = first_image[picture][dataset.boxes.image].astype(np.int32)
    boxes = dataset.boxes.replaced(xyxy=xyxy, image=image)
    images = np.zeros(len(dataset.images), bool)
    images[first_image] = True
    whole = dataclasses.replace(dataset, boxes=boxes)
    return whole.keep(boxes=chosen).keep(images=images)
