from __future__ import annotations

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.twins import splits_of, twin_names
from labelaudit.core.columns import MISSING, Ints
from labelaudit.dataset.groups import counted_images
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.img.record_drops import record_drops
from labelaudit.rules.img.twin_labels import TwinLabels, twin_labels


@rule(
    "IMG010",
    "duplicate-image",
    message="{what}",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    needs=Need.IMAGE_FILES,
)
def duplicate_image(audit: AuditContext) -> Found:
    """Images whose files are the same, byte for byte.

    Why it hurts: what they show is learned twice as often as the rest, and counts twice where it is
    measured. Who changes the labels of one forgets the other.

    All images of the same bytes are one finding: some hundred black frames of a video, say. Links
    count as what they lead to. A record that repeats the name of another in its file is an
    image-listed-twice, and of several label files about one image none repeats it. Twins in splits
    that must not share any are a leaked-image, those with other labels duplicate-images-disagree:
    what one of these says is not said again.

    A file that cannot be read as far as that takes is worth knowing. Pictures that are only alike,
    as one that was saved anew, are not seen.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from labelaudit.testing import images, with_columns, with_image_files
        >>> dataset = images({"a.jpg": [], "b.jpg": [], "c.jpg": []})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     dataset = with_image_files(dataset, Path(folder))
        ...     path = dataset.images.path.tolist()
        ...     _ = Path(path[2]).write_bytes(Path(path[0]).read_bytes())
        ...     duplicate_image(AuditContext(dataset)).message.tolist()
        ['2 images (a.jpg, c.jpg) are the same picture, byte for byte']

    Fix: drops the records of all but the first, with their boxes. Unsafe, because the picture may
    have been repeated on purpose, so that it counts more. None where their labels differ or they
    are in different splits, and none where each has a label file of its own: delete all but one.
    """
    twins = audit.twins
    names, labels = twin_names(audit.dataset, twins), twin_labels(audit, twins)
    unread = audit.identical_images.unread
    image = audit.dataset.images
    return found(
        image=[*(int(group[0]) for group in twins), *unread],
        severity=[*[Severity.WARNING] * len(twins), *[Severity.INFO] * len(unread)],
        fix=[
            *(_fix(audit, *each) for each in zip(twins, labels, strict=True)),
            *[None] * len(unread),
        ],
        what=[
            *(_what(audit, *each) for each in zip(twins, names, strict=True)),
            *(
                f"{image.name[row]} could not be compared with other images: {reason}"
                for row, reason in unread.items()
            ),
        ],
    )


def _what(audit: AuditContext, group: Ints, names: list[str]) -> str:
    paths = set(audit.dataset.images.path[group].tolist())
    if len(paths) == 1:
        return f"{counted_images(names)} are one file: {paths.pop()}"
    return f"{counted_images(names)} are the same picture, byte for byte"


def _fix(audit: AuditContext, group: Ints, labels: TwinLabels) -> Fix | None:
    splits = splits_of(audit.dataset, group)
    places = {tuple(sorted(splits.get(row, []))) for row in group.tolist()}
    if labels.differing or not labels.compared or len(places) > 1:
        return None
    drops = tuple(fix for fix in record_drops(audit.dataset, group[1:]) if fix)
    if len(drops) < len(group) - 1:
        return None
    if len(drops) == 1:
        return drops[0]
    return Fix("together", Safety.UNSAFE, RecordType.FILE, MISSING, {"fixes": drops})
