"""What a rule finds in a small dataset, and what its fix makes of that: examples that are run."""

from __future__ import annotations

import contextlib
import difflib
import itertools
import json
import re
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.rule import Rule
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.images.headers import ORIENTATION
from labelaudit.io.load import load
from labelaudit.io.save import save_in_place
from labelaudit.testing.datasets import draw

Sample: TypeAlias = Dataset | AuditContext | str | Mapping[str, str | bytes | tuple[int, int]]
"""A small dataset: in memory, as the text of a COCO file, or as files by name; a size is drawn."""

_FRAME = re.compile(r"@@|[-+ ](\W*|[{\W]*\"\w+\": \[)$")
"""Lines of a diff, and of a COCO file, that hold no record."""

_WITHIN = ("small", "dataset")
"""Folders in which `draw` makes the same picture in every run."""

_WIDTH, _MOST_OF_RUN, _MOST = 92, 2, 9
"""Columns of a line of an example, and lines of a run of changes and of a file that are shown."""


def coco_text(dataset: Dataset) -> str:
    """The dataset as a COCO file with a record a line, broken numbers and all.

    >>> from labelaudit.testing import one_image
    >>> print(coco_text(one_image("car 10 10 40 40", size=(64, 48))))
    {"images": [
    {"id": 1, "file_name": "image.jpg", "width": 64, "height": 48}
    ], "annotations": [
    {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
    ], "categories": [
    {"id": 1, "name": "car"}
    ]}
    """
    images, boxes, classes = dataset.images, dataset.boxes, dataset.categories
    told = dataset.attributes(dataset) if dataset.attributes else ()
    said = {one.row: one.values for one in told if one.part is RecordType.BOX}
    sizes = [
        {} if np.isnan(size).any() else {"width": _short(size[0]), "height": _short(size[1])}
        for size in images.size
    ]
    sections: dict[str, list[dict[str, Any]]] = {
        "images": [
            {"id": images.id.value(row), "file_name": name, **sizes[row]}
            for row, name in enumerate(images.name.tolist())
        ],
        "annotations": [
            {
                "id": boxes.id.value(row),
                "image_id": images.id.value(int(boxes.image[row])),
                "category_id": classes.id.value(int(boxes.label[row])),
                "bbox": [_short(n) for n in (*corners[:2], *(corners[2:] - corners[:2]))],
                **({} if np.isnan(boxes.area[row]) else {"area": _short(boxes.area[row])}),
                **({"iscrowd": 1} if boxes.crowd[row] else {}),
                **said.get(row, {}),
            }
            for row, corners in enumerate(boxes.xyxy)
        ],
        "categories": [
            {"id": classes.id.value(row), "name": name}
            for row, name in enumerate(classes.name.tolist())
        ],
    }
    parts = (
        f'"{name}": [\n' + ",\n".join(map(json.dumps, records)) + "\n]"
        for name, records in sections.items()
    )
    return "{" + ", ".join(parts) + "}"


def before_and_after(
    rule: Rule, wrong: Sample, right: Sample | None = None, **settings: Any
) -> str:
    """What a rule says of a small dataset, and the records that its fix changes, in lines.

    It is the example of a rule's page. The dataset is written to files and loaded, so that what is
    shown is what the rule looked at; so is what the fixes made of it, in which the rule must be
    silent. What a model said is about the records as they were, and is not asked again.

    Parameters
    ----------
    rule:
        that is shown.
    wrong:
        in which it finds something.
    right:
        in which it does not; what its fixes make of `wrong` if absent.
    settings:
        of the rule.

    Raises
    ------
    AssertionError
        if the rule finds nothing in the one, or something in the other.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "wrong", *_WITHIN)
        audit = _written(wrong, folder)
        before = _contents(audit.dataset)
        found = rule(audit, **settings)
        if not len(found):
            raise AssertionError(f"{rule.code} finds nothing")
        if right is None:
            save_in_place(apply(audit.dataset, found).dataset)
            safety = next(fix.safety for fix in found.fix if fix is not None)
            article = "an" if safety is Safety.UNSAFE else "a"
            words = f"before (-) and after (+) {article} {safety} fix"
            audit = _again(audit)
        else:
            words = "wrong (-) and right (+)"
            audit = _written(right, Path(place, "right", *_WITHIN))
        if len(again := rule(audit, **settings)):
            raise AssertionError(f"{rule.code} still finds: {again.message[0]}")
        message = str(found.message[0]).replace(str(folder), "images")
        after = _contents(audit.dataset)
    said = textwrap.fill(f"Found: {message}", _WIDTH, subsequent_indent="    ")
    return "\n".join([said, *_changes(words, before, after)])


def _short(number: float) -> float:
    rounded = float(f"{number:.12g}")
    return int(rounded) if rounded.is_integer() else rounded


def _written(sample: Sample, folder: Path) -> AuditContext:
    """The sample in files, loaded; with what a model or a network said of it."""
    told = sample if isinstance(sample, AuditContext) else None
    whole = sample.dataset if isinstance(sample, AuditContext) else sample
    images = whole.image_folders if isinstance(whole, Dataset) else ()
    text = coco_text(whole) if isinstance(whole, Dataset) else whole
    files = {"labels.json": text} if isinstance(text, str) else text
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, tuple):
            draw(folder / name, content)
        else:
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    loaded = load(folder / next(iter(files)) if len(files) == 1 else folder, images=images)
    if told is None:
        return AuditContext(loaded)
    return AuditContext(loaded, told.label_issues, network=told.network)


def _again(audit: AuditContext) -> AuditContext:
    """The same files, as they are now."""
    folders = audit.dataset.given_folders
    return AuditContext(load(audit.dataset.sources, images=folders), network=audit.network)


def _contents(dataset: Dataset) -> dict[str, list[str]]:
    """The lines of each label file, without the commas between them, and what each image is."""
    lines = {}
    for folder in (dataset.root, *dataset.given_folders):
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.suffix in {".json", ".txt", ".xml", ".yaml"}:
                text = path.read_text("utf-8", "replace").replace("}, {", "}\n{")
                lines[name] = [line.strip().rstrip(",") for line in text.splitlines()]
            elif path.suffix in {".jpg", ".png"}:
                lines[name] = [_image_words(path)]
    return lines


def _image_words(path: Path) -> str:
    from PIL import Image  # noqa: PLC0415  # see draw

    with contextlib.suppress(OSError, Image.DecompressionBombError), Image.open(path) as image:
        turned = image.getexif().get(ORIENTATION)
        brightness = np.asarray(image.convert("L")).mean() / 255
        return (
            f"{image.format} {image.mode}, {image.width} x {image.height} px, "
            f"brightness {brightness:.0%}{f', EXIF orientation {turned}' if turned else ''}"
        )
    return f"{path.stat().st_size} bytes"


def _changes(
    words: str, before: Mapping[str, list[str]], after: Mapping[str, list[str]]
) -> Iterator[str]:
    """What differs, file by file, in lines of a width."""
    for name in sorted({*before, *after}):
        differing = list(difflib.unified_diff(before.get(name, []), after.get(name, []), n=1))[2:]
        lines = list(_shortened(line for line in differing if not _FRAME.match(line)))
        if lines:
            yield f"{name}, {words}:"
        for line in lines[:_MOST]:
            yield textwrap.fill(line, _WIDTH, subsequent_indent="    ", break_long_words=False)
        if len(lines) > _MOST:
            yield f"  (and {len(lines) - _MOST} more lines)"


def _shortened(changes: Iterator[str]) -> Iterator[str]:
    """Of lines that go on in one way, the first ones."""
    for sign, run in itertools.groupby(changes, lambda line: line[0]):
        lines = list(run)
        count = len(lines) if len(lines) <= _MOST_OF_RUN + 1 else _MOST_OF_RUN
        yield from (f"{sign} {line[1:]}" for line in lines[:count])
        if lines[count:]:
            yield f"{sign} (and {len(lines[count:])} more)"
