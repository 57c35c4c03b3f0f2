from __future__ import annotations

from collections import Counter

import numpy as np

from labelaudit.auditing.causes import OF_MODELS, Affected, Explained
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Count, Share
from labelaudit.boxes.orientations import ON_ITS_SIDE
from labelaudit.core.columns import Bools, Ints
from labelaudit.dataset.tables import ProblemKind, RecordType

MIN_SIZES = 3
"""Fewest different sizes, lying or standing, that tell images apart: two are a mere turn."""

EXPLAINED = (
    *("IMG003", "IMG004", "IMG008", "GEO001", "GEO002", "GEO004", "GEO005", "GEO006"),
    *("GEO007", "GEO008", "GEO009", "GEO012", "GEO013", "GEO014", "GEO015", "GEO016", "GEO019"),
    *OF_MODELS,
)
"""Rules about names and sizes of images, and about places in them."""


@rule(
    "IMG009",
    "mispaired-images",
    message="labels and images are paired wrongly: {wrong:,} of {known:,} images are not of the "
    "size that their labels state, and {others:,} of these are sizes of other images{names}",
    severity=Severity.ERROR,
    needs=Need.IMAGE_FILES,
    names_causes=True,
)
def mispaired_images(
    audit: AuditContext, *, min_images: Count = 5, min_share: Share = 0.8
) -> Found:
    """Labels that belong to other images than those which were found for them.

    Why it hurts: every object is learned where there is none. Nothing stops the training, and a
    correction of names or sizes would make what is wrong look right.

    Where files were renumbered, sorted in another way or one was left out, the sizes that labels
    state are those of the images all the same, only of other ones. So of the images that are not of
    the stated size, the sizes that are stated are compared with those of the files, size by size:
    where images were resized or turned, hardly one stated size has its match.

    Says nothing where labels state no sizes, and where images are of fewer than three sizes.

    Settings:
        min_images: fewest images that must be of another size than stated, and not just turned; it
            also takes half of all that are of another size.
        min_share: fewest of these, as a fraction, whose stated size has its match in their files,
            each file counted once.

    Why these defaults: choices; in BCCD, the playing cards and COCO, every image is of the stated
    size ("mispaired-images" in benchmarks/results/rule_defaults.md).

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, images, with_columns
        >>> files = {f"{n}.jpg": (90 + 10 * n, 50 + 5 * n) for n in range(6)}
        >>> sizes = list(files.values())
        >>> dataset = images({name: ["car 10 10 40 40"] for name in files})
        >>> right = coco_text(with_columns(dataset, "images", size=sizes))
        >>> wrong = coco_text(with_columns(dataset, "images", size=sizes[1:] + sizes[:1]))
        >>> wrong = files | {"l.json": wrong}
        >>> right = files | {"l.json": right}
        >>> print(before_and_after(mispaired_images, wrong, right))
        Found: labels and images are paired wrongly: 6 of 6 images are not of the size that their
            labels state, and 6 of these are sizes of other images
        l.json, wrong (-) and right (+):
        - {"id": 1, "file_name": "0.jpg", "width": 100, "height": 55}
        - {"id": 2, "file_name": "1.jpg", "width": 110, "height": 60}
        - (and 4 more)
        + {"id": 1, "file_name": "0.jpg", "width": 90, "height": 50}
        + {"id": 2, "file_name": "1.jpg", "width": 100, "height": 55}
        + (and 4 more)
    """
    known, wrong, turned = _compared(audit)
    stated, true = audit.dataset.images.size, audit.headers.size if known.any() else None
    image = np.flatnonzero(wrong)
    more = len(image) - np.count_nonzero(turned)
    if true is None or more < max(min_images, len(image) / 2):
        return found(image=[], wrong=[], known=[], others=[], names=[])
    pairs = [Counter(map(tuple, sizes[image].tolist())) for sizes in (stated, true)]
    matched = (pairs[0] & pairs[1]).total()
    different = {tuple(sorted(size)) for size in stated[image].tolist()}
    if matched < min_share * len(image) or len(different) < MIN_SIZES:
        return found(image=[], wrong=[], known=[], others=[], names=[])
    problem = _file_names(audit)
    also = (Explained(("REF010",), problem=problem),)
    return found(
        image=[int(image[0])],
        explains=[Explained(EXPLAINED, image=np.flatnonzero(known), also=also)],
        affects=[Affected.boxes_in(audit.dataset, image)],
        wrong=[len(image)],
        known=[int(np.count_nonzero(known))],
        others=[matched],
        names=[f"; {len(problem):,} name another file" if len(problem) else ""],
    )


def _compared(audit: AuditContext) -> tuple[Bools, Bools, Bools]:
    """Images of which both sizes are known, those whose sizes differ, and those only by a turn."""
    images = audit.dataset.images
    none = np.zeros(len(images), bool)
    if not audit.dataset.image_folders or len(audit.dataset.headers):
        return none, none, none
    true, stated = audit.headers.size, images.size
    known = np.isfinite(true).all(axis=1) & (stated > 0).all(axis=1) & ~images.assumed
    known &= audit.headers.orientation < ON_ITS_SIDE
    wrong = known & (true != stated).any(axis=1)
    return known, wrong, wrong & (true == stated[:, ::-1]).all(axis=1)


def _file_names(audit: AuditContext) -> Ints:
    """The problems that labels name another file than the one that was found for them."""
    problems, fields = audit.dataset.problems, audit.dataset.facts.image_fields.get("path", ())
    here = (problems.kind == ProblemKind.WRONG_TYPE.value) & (
        problems.part == RecordType.IMAGE.value
    )
    named = np.array([field in fields for field in problems.field.tolist()], bool)
    rows: Ints = np.flatnonzero(here & named)
    return rows
