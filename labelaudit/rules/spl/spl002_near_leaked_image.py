from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.causes import Affected, Explained
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.splits.leaks import NEARLY_ALL, by_purpose, leaks, members, severity_of
from labelaudit.auditing.splits.pictures import pictures
from labelaudit.core.columns import Bools, Floats, Ints
from labelaudit.core.text import part_of
from labelaudit.dataset.tables import Dataset
from labelaudit.images.duplicates.pairs import NearDuplicates

SCENE = "one scene, moved"
"""What is said of two images that show one scene and are no copies."""


@dataclass(frozen=True, eq=False)
class NearLeak:
    """Images of one split that show what images of another one show, in other bytes."""

    other: int  # index in Dataset.splits: the one that is trained on, if either is
    split: int  # the one that is measured on
    severity: Severity
    pair: NearDuplicates  # (n,) the most similar pair of each image
    image: Ints  # (n,) the image of `split`, each once
    source: Ints  # (n,) the image of `other`
    images: int  # images of `split`

    @property
    def is_whole(self) -> bool:
        """Whether so many images of the split leaked that it is one finding."""
        return len(self.image) >= NEARLY_ALL * self.images


@rule(
    "SPL002",
    "near-leaked-image",
    message="{what}: {leaked} of {split} ({share:.1%}) {are} so",
    severity=Severity.ERROR,
    needs=(Need.SPLITS, Need.DECODED_IMAGES),
    names_causes=True,
)
def near_leaked_image(audit: AuditContext) -> Found:
    """An image that shows what an image of another split shows, in other bytes.

    Why it hurts: as with leaked-image, a detector is measured on what it has learned by heart. A
    picture that was saved again, resized, cropped by little, mirrored or made lighter is the same
    to a network that is trained with such changes.

    The pairs are those of near-duplicate-image, and images of which a good part shows one scene, as
    of a microscope that was moved on by little: these are a warning, and an info between validation
    and test. Which splits may share pictures, and how bad it is, is as for leaked-image. What
    leaked-image finds is not found again. Each image of the split that is measured on is one
    finding, with the share that leaked; where nine in ten did, or more, that is one.

    Example:
        >>> import io
        >>> import tempfile
        >>> from pathlib import Path
        >>> from PIL import Image
        >>> from labelaudit.testing import before_and_after, coco_text, draw, images
        >>> file = io.BytesIO()
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw(path := Path(folder, "small", "dataset", "a.jpg"), (640, 480))
        ...     picture = path.read_bytes()
        ...     Image.open(path).save(file, "JPEG", quality=50)
        >>> files = {
        ...     "train.json": coco_text(images({"a.jpg": ["car 10 10 40 40"]})),
        ...     "val.json": coco_text(images({"b.jpg": ["car 10 10 40 40"]})),
        ...     "a.jpg": picture,
        ... }
        >>> wrong, right = {**files, "b.jpg": file.getvalue()}, {**files, "b.jpg": (640, 480)}
        >>> print(before_and_after(near_leaked_image, wrong, right))
        Found: val shows what train shows: the only image of val (100.0%) is so
        b.jpg, wrong (-) and right (+):
        - JPEG RGB, 640 x 480 px, brightness 53%
        + JPEG RGB, 640 x 480 px, brightness 52%

    There is no fix: `labelaudit split` proposes splits that do not leak, or takes the images out of
    the one that is trained on (`--keep val`).
    """
    dataset = audit.dataset
    found_leaks = _near_leaks(audit)
    each = list(_told(found_leaks))
    splits = dataset.splits
    told = [np.concatenate([leak.image, leak.source]) for leak in found_leaks]
    image = np.concatenate([*told, np.zeros(0, np.int64)])
    resaved = Explained(("IMG010",), image=_resaved(audit, found_leaks))
    explains = Explained(("IMG012",), image=image, also=(resaved,))
    return found(
        image=[int(leak.image[row]) for leak, row in each],
        # The first for all: each of thousands would be compared with all other findings.
        explains=[explains, *[None] * len(each)][: len(each)],
        affects=[
            Affected(image=leak.image if leak.is_whole else leak.image[row : row + 1])
            for leak, row in each
        ],
        severity=[_severity(leak, row) for leak, row in each],
        what=[_what(audit, leak, row) for leak, row in each],
        leaked=[part_of(len(leak.image), leak.images, "image") for leak, _ in each],
        share=[len(leak.image) / leak.images for leak, _ in each],
        are=["is" if len(leak.image) == 1 else "are" for leak, _ in each],
        split=[splits[leak.split] for leak, _ in each],
    )


def _pairs(audit: AuditContext) -> NearDuplicates:
    """Near duplicates, and pairs of images of one scene."""
    scene = audit.one_scene
    moved = NearDuplicates.of(
        len(scene),
        first=scene.first,
        second=scene.second,
        similarity=scene.similarity,
        kind=[SCENE] * len(scene),
        window=np.full((len(scene), 4), np.nan),
    )
    return NearDuplicates.concat([audit.near_duplicates, moved])


def _severity(leak: NearLeak, row: int) -> Severity:
    """How bad a finding is: one scene is less so than a copy."""
    copies = leak.pair.kind != SCENE
    copied = bool(copies.any() if leak.is_whole else copies[row])
    if copied:
        return leak.severity
    return Severity.WARNING if leak.severity == Severity.ERROR else Severity.INFO


def _near_leaks(audit: AuditContext) -> list[NearLeak]:
    """The pairs of splits that share near duplicates and must not, worst first."""
    dataset, near = audit.dataset, _pairs(audit)
    inside = _inside(dataset)
    known = _leaked(audit)
    own = inside.sum(axis=0)
    found_leaks = []
    for one in range(len(dataset.splits)):
        for two in range(one + 1, len(dataset.splits)):
            severity = severity_of(dataset, (one, two), part=False)
            if severity is None:
                continue
            other, split = by_purpose(dataset, (one, two), own)
            image, source, pair = [], [], []
            for a, b in ((near.first, near.second), (near.second, near.first)):
                rows = np.flatnonzero(inside[a, split] & inside[b, other] & ~known[a, split])
                image.append(a[rows].astype(np.int64))
                source.append(b[rows].astype(np.int64))
                pair.append(rows)
            columns = (np.concatenate(image), np.concatenate(source), np.concatenate(pair))
            if len(columns[0]):
                best = _most_similar(columns[0], near.similarity[columns[2]])
                image_, source_, pair_ = (column[best] for column in columns)
                count = int(own[split])
                leak = NearLeak(other, split, severity, near.rows(pair_), image_, source_, count)
                found_leaks.append(leak)
    return sorted(found_leaks, key=lambda leak: -leak.severity)


def _inside(dataset: Dataset) -> Bools:
    """Which image is in which split, (images, splits)."""
    inside = np.zeros((len(dataset.images), len(dataset.splits)), bool)
    split, image = members(dataset)
    inside[image, split] = True
    return inside


def _leaked(audit: AuditContext) -> Bools:
    """Which images of which splits leaked-image is about, (images, splits)."""
    picture, inside = pictures(audit), _inside(audit.dataset)
    known = np.zeros_like(inside)
    for leak in leaks(audit.dataset, picture):
        known[:, leak.split] |= np.isin(picture, leak.shared) & inside[:, leak.split]
    return known


def _resaved(audit: AuditContext, found_leaks: Sequence[NearLeak]) -> Ints:
    """The images of the same pixels as one that leaked in just these, and it."""
    leaked = [
        both[leak.pair.same_pixels] for leak in found_leaks for both in (leak.image, leak.source)
    ]
    image = np.concatenate([*leaked, np.zeros(0, np.int64)])
    same = audit.near_duplicates.rows(audit.near_duplicates.same_pixels)
    beside = np.isin(same.first, image) | np.isin(same.second, image)
    pairs: Ints = np.concatenate([image, same.first[beside], same.second[beside]]).astype(np.int64)
    return pairs


def _most_similar(image: Ints, similarity: Floats) -> Ints:
    """The row of the most similar pair of each image, in the order of images."""
    order = np.lexsort((-similarity, image))
    first = np.append(True, image[order][1:] != image[order][:-1])
    best: Ints = order[first]
    return best


def _told(every: Sequence[NearLeak]) -> Iterator[tuple[NearLeak, int]]:
    """The finding of each image that none had, and one for a split that leaked as a whole."""
    told: set[int] = set()
    for leak in every:
        if leak.is_whole:
            told.update(leak.image.tolist())
            yield leak, 0
    for leak in every:
        for row, image in enumerate(leak.image.tolist()):
            if not leak.is_whole and image not in told:
                told.add(image)
                yield leak, row


def _what(audit: AuditContext, leak: NearLeak, row: int) -> str:
    """What shows the same, in words."""
    splits, names = audit.dataset.splits, audit.dataset.images.name
    split, other = splits[leak.split], splits[leak.other]
    if leak.is_whole:
        return f"{split} shows what {other} shows"
    how = f"{leak.pair.kind[row]}, similarity {leak.pair.similarity[row]:.2f}"
    image, source = names[leak.image[row]], names[leak.source[row]]
    return f"{image} ({split}) shows what {source} ({other}) shows ({how})"
