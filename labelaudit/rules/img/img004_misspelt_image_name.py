from __future__ import annotations

from collections import Counter

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import RecordType
from labelaudit.images.spelling import UNICODE, Misspelling
from labelaudit.rules.img.misspelt_names import LABEL_FILES, MisspeltName, misspelt_names
from labelaudit.rules.img.naming import may_be_of_another

NAMED = 2
"""Names of many that a message says; a choice."""


@rule(
    "IMG004",
    "misspelt-image-name",
    message="{what} from {whose} in {kinds}: {names}",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    needs=Need.IMAGE_FOLDERS,
)
def misspelt_image_name(audit: AuditContext) -> Found:
    """An image that the labels name in another spelling than its file has.

    Why it hurts: it was found here, but a trainer on Linux opens a file only by its very name, and
    stops or passes over the image. `a.jpg` is not `a.JPG`, a backslash is no slash, `%20` no space,
    and an e with its accent is another letter than an e and an accent.

    Names that differ in the same way are one finding for their file, or for the dataset where every
    image has a file of its own.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, one_image
        >>> labels = coco_text(one_image("car 10 10 40 40"))
        >>> files = {"labels.json": labels, "IMAGE.jpg": (640, 480)}
        >>> print(before_and_after(misspelt_image_name, files))
        Found: the name of the image differs from its file in letter case: image.jpg is IMAGE.jpg
        labels.json, before (-) and after (+) a safe fix:
        - {"id": 1, "file_name": "image.jpg", "width": 640, "height": 480}
        + {"id": 1, "file_name": "IMAGE.jpg", "width": 640, "height": 480}

    Fix: writes the name of the file. Safe, because only one file can be meant; unsafe where another
    image has that name, or the file is of another size than the labels say. None for a list, and
    none for a label file that has to be called as its image: rename one of the two.
    """
    groups: dict[tuple[int, str, tuple[str, ...], bool], list[MisspeltName]] = {}
    every = list(misspelt_names(audit))
    borne = _borne(audit) if every else Counter()
    for one in every:
        safe = not one.listed_in and _is_safe(audit, one, borne)
        key = (_pool(audit, one.image), one.listed_in, one.by.kinds, safe)
        groups.setdefault(key, []).append(one)
    several = [len(group) > 1 for group in groups.values()]
    first = [group[0].image for group in groups.values()]
    file = [key[0] for key in groups]
    return found(
        image=[MISSING if many else row for many, row in zip(several, first, strict=True)],
        file=file,
        fix=[_fix(audit, group, safe=key[3]) for key, group in groups.items()],
        what=[_what(group) for group in groups.values()],
        whose=[_whose(group) for group in groups.values()],
        kinds=[" and ".join(key[2]) for key in groups],
        names=[_names(group) for group in groups.values()],
    )


def _pool(audit: AuditContext, image: int) -> int:
    """The file of an image; MISSING where every image has a file of its own."""
    dataset = audit.dataset
    file = int(dataset.images.file[image])
    one_each = len(dataset.files) > 1 and len(dataset.images) <= len(dataset.files)
    return MISSING if one_each else file


def _borne(audit: AuditContext) -> Counter[tuple[int, str]]:
    """How many images of a file bear a name, and how many are in one file on disk."""
    images = audit.dataset.images
    files = images.file.tolist()
    names = zip(files, images.name.tolist(), strict=True)
    return Counter([*names, *zip(files, images.path.tolist(), strict=True)])


def _is_safe(audit: AuditContext, one: MisspeltName, borne: Counter[tuple[int, str]]) -> bool:
    images = audit.dataset.images
    file, path = int(images.file[one.image]), str(images.path[one.image])
    alone = not borne[file, one.by.right] and borne[file, path] == 1
    return alone and not may_be_of_another(audit, one.image)


def _fix(audit: AuditContext, group: list[MisspeltName], *, safe: bool) -> Fix | None:
    if group[0].listed_in:
        return None
    safety = Safety.SAFE if safe else Safety.UNSAFE
    field = audit.dataset.facts.image_fields.get("path", ("name",))[0]
    fixes = tuple(
        Fix("set-field", safety, RecordType.IMAGE, one.image, _name(field, one.by)) for one in group
    )
    if len(fixes) == 1:
        return fixes[0]
    return Fix("together", safety, RecordType.FILE, MISSING, {"fixes": fixes})


def _name(field: str, by: Misspelling) -> dict[str, str]:
    return {"field": field, "value": by.right}


def _what(group: list[MisspeltName]) -> str:
    many, listed_in = len(group) > 1, group[0].listed_in
    if listed_in == LABEL_FILES:
        return f"{len(group):,} label files differ" if many else "the label file differs"
    where = f" in {listed_in}" if listed_in else ""
    if many:
        return f"{len(group):,} names of images{where} differ"
    return f"the name of the image{where} differs"


def _whose(group: list[MisspeltName]) -> str:
    owner = "image" if group[0].listed_in == LABEL_FILES else "file"
    return f"their {owner}s" if len(group) > 1 else f"its {owner}"


def _names(group: list[MisspeltName]) -> str:
    # Letters that look alike are told apart by their codes.
    shown = ascii if UNICODE in group[0].by.kinds else _shown
    verb = "is looked for as" if group[0].listed_in == LABEL_FILES else "is"
    named = [f"{shown(one.written)} {verb} {shown(one.by.right)}" for one in group[:NAMED]]
    return ", ".join([*named, "..."] if len(group) > NAMED else named)


def _shown(name: str) -> str:
    """A name, with quotation marks where white space around it would not be seen."""
    return name if name == name.strip() else repr(name)
