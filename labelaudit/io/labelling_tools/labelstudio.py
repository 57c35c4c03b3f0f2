"""Label Studio: findings as regions of a class of their own, in tasks with a fitting configuration.

A task holds the labels as they are in an annotation, which a person opens and updates, and as they
would be after all proposals in a prediction, which can be taken instead. A region keeps its id, by
which it is known again: `box-3`, or the fingerprint of a finding.

Source: https://labelstud.io/guide/task_format, /guide/predictions and /guide/export. Coordinates
are per cent of width and height. A file on the server's disk is `/data/local-files/?d=` and its
path below LOCAL_FILES_DOCUMENT_ROOT, here the root of the disk (/guide/storage, "local storage").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from labelaudit.core.whole_files import replacing
from labelaudit.errors import FormatError
from labelaudit.io.formats.labelstudio.names import image_names
from labelaudit.io.formats.labelstudio.regions import grouped, kind_of, labels_of
from labelaudit.io.formats.values import json_in, number
from labelaudit.io.labelling_tools import LABELLING_TOOLS, LabellingTool
from labelaudit.io.labelling_tools.labelstudio_meta import note_beside, told_finding, told_lines
from labelaudit.io.labelling_tools.seconds import seconds_of
from labelaudit.io.labelling_tools.tasks import (
    ANSWERS,
    Assignment,
    Corners,
    Finished,
    FinishedBox,
    FinishedProposal,
    FinishedTask,
    ImageTask,
    LabelBox,
    Proposal,
)

ABOUT = "labelaudit"
"""The field of a task's data that says what was handed over."""

LOCAL = "/data/local-files/?d="

NEW = "new-"
"""Before the fingerprint of a proposal, the id of the region that it would add."""

_LABEL, _DECISION, _CLASS, _IMAGE = "label", "decision", "class", "image"
_TASKS = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*\[\s*\{")
_BOX = re.compile("box-([0-9]{1,9})")
_HEAD = 65536  # bytes in which the keys of tasks are looked for

Record = dict[str, Any]  # Any: whatever JSON holds


def write(assignment: Assignment, path: Path) -> list[Path]:
    """The tasks, and the labelling configuration of their project."""
    assignment.check_sizes()
    config = path.with_suffix(".config.xml")
    with replacing(path) as file:
        for number_, task in enumerate(assignment.tasks):
            file.write(b",\n" if number_ else b"[\n")
            file.write(json.dumps(_task(assignment, task), ensure_ascii=False).encode())
        file.write(b"\n]\n" if assignment.tasks else b"[]\n")
    with replacing(config) as file:
        file.write(_config(assignment).encode())
    return [path, config]


def _config(assignment: Assignment) -> str:
    """The labelling configuration: classes, and for a proposal the decision and another class."""
    marked = f'perRegion="true" whenTagName="{_LABEL}" whenLabelValue={_quoted(assignment.marker)}'
    lines = [
        "<View>",
        f'  <Text name="findings" value="${ABOUT}_text"/>',
        f'  <Image name="{_IMAGE}" value="${_IMAGE}" zoom="true" zoomControl="true"/>',
        f'  <RectangleLabels name="{_LABEL}" toName="{_IMAGE}">',
        *(f"    <Label value={_quoted(name)}/>" for name in assignment.classes),
        f'    <Label value={_quoted(assignment.marker)} background="#ff00ff"/>',
        "  </RectangleLabels>",
        f'  <Choices name="{_DECISION}" toName="{_IMAGE}" {marked} showInline="true">',
        *(f"    <Choice value={_quoted(answer)}/>" for answer in ANSWERS),
        "  </Choices>",
        f'  <Choices name="{_CLASS}" toName="{_IMAGE}" {marked} layout="select">',
        *(f"    <Choice value={_quoted(name)}/>" for name in assignment.classes),
        "  </Choices>",
        "</View>",
        "",
    ]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return quoteattr(
        re.sub("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
    )


def _task(assignment: Assignment, task: ImageTask) -> Record:
    usual = LOCAL + quote(task.path.lstrip("/") or task.name)
    proposals = [
        result for one in task.proposals for result in _proposal(assignment.marker, one, task.size)
    ]
    boxes = [_region(box.key, box.label, box.xyxy, task.size) for box in task.boxes]
    scores = [one.doubt for one in task.proposals if one.doubt is not None]
    predicted = [_region(box.key, box.label, box.xyxy, task.size) for box in _proposed(task)]
    prediction: Record = {
        "model_version": f"labelaudit {assignment.version}",
        "result": [*proposals, *predicted],
    }
    if scores:
        prediction["score"] = max(scores)
    return {
        "data": {
            _IMAGE: assignment.address(task, usual, quoted=True),
            f"{ABOUT}_text": _summary(task),
            ABOUT: {
                "image": task.key,
                "mark": task.mark,
                "size": list(task.size),
                "boxes": len(task.boxes),
                "handed": list(task.fingerprints),
                "drawn": [one.fingerprint for one in task.proposals if one.xyxy is not None],
                "marker": assignment.marker,
                "findings": [told_finding(one) for one in task.proposals],
            },
        },
        "annotations": [{"result": [*proposals, *boxes]}],
        "predictions": [prediction] if task.proposals else [],
    }


def _summary(task: ImageTask) -> str:
    """What is above the image: findings about it, and how many boxes have some."""
    whole = [
        f"{one.rule}: {one.message}{f' ({one.noted})' if one.noted else ''}"
        for one in task.proposals
        if one.xyxy is None
    ]
    drawn = len(task.proposals) - len(whole)
    return " | ".join([f"{drawn} proposals of labelaudit are drawn", *whole])


def _proposed(task: ImageTask) -> Iterator[LabelBox]:
    """The labels as they would be after all proposals; of several about one, the first counts."""
    first: dict[str, list[Proposal]] = {}
    for one in task.proposals:
        if one.box is not None:
            first.setdefault(one.box, []).append(one)
        elif one.adds and one.xyxy is not None:
            yield LabelBox(NEW + one.fingerprint, one.label, one.xyxy)
    for box in task.boxes:
        about = first.get(box.key, [])
        if any(one.drops for one in about):
            continue
        label = next((one.label for one in about if one.relabels), box.label)
        place = next((one.xyxy for one in about if one.moves and one.xyxy), box.xyxy)
        yield LabelBox(box.key, label, place)


def _region(id_: str, label: str, xyxy: Corners, size: tuple[float, float]) -> Record:
    return {
        "id": id_,
        "type": "rectanglelabels",
        "from_name": _LABEL,
        "to_name": _IMAGE,
        "original_width": round(size[0]),
        "original_height": round(size[1]),
        "image_rotation": 0,
        "value": {**_per_cent(xyxy, size), "rotation": 0, "rectanglelabels": [label]},
    }


def _proposal(marker: str, one: Proposal, size: tuple[float, float]) -> Iterator[Record]:
    """The results of a proposal's region; nothing of one about the image, which has none."""
    if one.xyxy is None:
        return
    region = _region(one.fingerprint, marker, one.xyxy, size)
    yield {**region, "meta": {"text": told_lines(one), "fingerprint": one.fingerprint}}
    if one.label:
        value = {**_per_cent(one.xyxy, size), "rotation": 0, "choices": [one.label]}
        yield {**region, "type": "choices", "from_name": _CLASS, "value": value}


def _per_cent(xyxy: Corners, size: tuple[float, float]) -> dict[str, float]:
    left, top, right, bottom = xyxy
    wide, high = size
    return {
        "x": 100 * left / wide,
        "y": 100 * top / high,
        "width": 100 * (right - left) / wide,
        "height": 100 * (bottom - top) / high,
    }


def recognises(path: Path) -> bool:
    """Whether a path is a JSON export of tasks that were handed over."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return _TASKS.match(head) is not None and (b'"annotations"' in head or b'"data"' in head)


def read(path: Path) -> Finished:
    """What is in an export as JSON: each annotation of a task that nobody cancelled."""
    try:
        tasks = json_in(path)
    except ValueError as error:
        raise FormatError(f"{path}: not a whole JSON export of Label Studio: {error}") from error
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise FormatError(f"{path}: no list of tasks; export them as JSON, not as JSON-MIN")
    if tasks and not any("annotations" in task for task in tasks):
        raise FormatError(
            f"{path}: tasks without annotations; export them as JSON, not as JSON-MIN"
        )
    finished: list[FinishedTask] = []
    unclear: list[str] = []
    for position, task in enumerate(tasks):
        place = f"task {task.get('id', position)}"
        for annotation in task.get("annotations") or ():
            if not isinstance(annotation, dict) or annotation.get("was_cancelled"):
                unclear.append(f"{place}: an annotation that was cancelled")
                continue
            one = _finished(place, task, annotation)
            if _is_another(one, task):
                unclear.append(
                    f"{one.place}: an annotation that was begun anew, with nothing of what was "
                    "handed over"
                )
            else:
                finished.append(one)
    return Finished(finished, unclear)


def _finished(place: str, task: Record, annotation: Record) -> FinishedTask:
    data = task.get("data") if isinstance(task.get("data"), dict) else {}
    about = data.get(ABOUT) if isinstance(data, dict) else None
    about = about if isinstance(about, dict) else {}
    names = image_names({key: value for key, value in (data or {}).items() if key != ABOUT})
    name = names[0] if names else place
    handed = about.get("handed")
    given = tuple(map(str, handed)) if isinstance(handed, list) else None
    regions = list(grouped(annotation.get("result") or ()))
    shaped = [group for group in regions if isinstance(group[0], dict)]
    proposals = {
        str(group[0]["id"]): group for group in shaped if str(group[0].get("id")) in (given or ())
    }
    size = _size(about, shaped)
    drawn = tuple(_read_proposal(key, group, size, about) for key, group in proposals.items())
    boxes = [_read_box(group, size) for group in shaped if group not in proposals.values()]
    images = _about_image(about)
    return FinishedTask(
        place=f"{place} ({name})",
        name=name,
        key=about.get("image"),
        mark=about.get("mark"),
        # Of findings about the image there is nothing to delete.
        given=None if given is None else tuple(one for one in given if one not in images),
        boxes=tuple(boxes),
        proposals=(*drawn, *(FinishedProposal(one) for one in images)),
        reviewer=_who(annotation),
        at=seconds_of(annotation.get("updated_at") or annotation.get("created_at")),
    )


def _is_another(one: FinishedTask, task: Record) -> bool:
    """Whether an annotation holds nothing of what was handed over, which may be a fresh start."""
    about = task["data"][ABOUT] if one.key is not None else {}
    drawn, boxes = about.get("drawn"), about.get("boxes")
    listed = drawn if isinstance(drawn, list) else []
    marks = {one for one in listed if isinstance(one, str)}
    boxes = boxes if isinstance(boxes, int) else 0
    if not marks and boxes < 1:
        return False
    held = {*(box.key or "" for box in one.boxes), *(one.fingerprint for one in one.proposals)}
    return not marks & held and not any(_is_handed_box(key, boxes) for key in held)


def _is_handed_box(key: str, boxes: int) -> bool:
    """Whether a region's id is that of one of so many labels that were handed over."""
    row = _BOX.fullmatch(key)
    return row is not None and int(row[1]) < boxes


def _about_image(about: Mapping[str, Any]) -> list[str]:  # Any: whatever JSON holds
    """Fingerprints of findings that have no region."""
    drawn = about.get("drawn")
    handed = about.get("handed")
    if not isinstance(drawn, list) or not isinstance(handed, list):
        return []
    return [str(one) for one in handed if one not in drawn]


def _who(annotation: Record) -> str | None:
    """Who made an annotation: an address where the export has one, else the number of the user."""
    who = annotation.get("completed_by")
    if isinstance(who, dict):
        return str(who.get("email") or who.get("id") or "") or None
    return f"user {who}" if isinstance(who, int) else None


def _size(about: Record, regions: Sequence[Sequence[Record]]) -> tuple[float, float] | None:
    """Width and height by which coordinates are told: those that they were handed over by."""
    stated = about.get("size")
    if isinstance(stated, list) and len(stated) == 2:
        wide, high = number(stated[0]), number(stated[1])
        if wide and high:
            return wide, high
    for group in regions:
        wide, high = (number(group[0].get(f"original_{side}")) for side in ("width", "height"))
        if wide and high:
            return wide, high
    return None


def _read_box(group: Sequence[Record], size: tuple[float, float] | None) -> FinishedBox:
    corners, odd = _corners(group, size)
    labels = labels_of(group)
    if not odd and len(labels) != 1:
        odd = f"{len(labels)} classes"
    key = str(group[0].get("id") or "")
    new = key.startswith(NEW)  # of a prediction
    return FinishedBox(
        labels[0] if labels else "",
        corners,
        key=None if new else key,
        beside=(key.removeprefix(NEW),) if new else (),
        odd=odd,
    )


def _read_proposal(
    fingerprint: str, group: Sequence[Record], size: tuple[float, float] | None, about: Record
) -> FinishedProposal:
    corners, odd = _corners(group, size)
    answers = [
        str(choice)
        for result in group
        if result.get("from_name") == _DECISION
        for choice in _choices(result)
    ]
    chosen = [choice for one in group if one.get("from_name") == _CLASS for choice in _choices(one)]
    label = labels_of(group)
    if label and label != [about.get("marker")]:  # it was made a label on the spot
        chosen, answers = label, answers or ["accept"]
    return FinishedProposal(
        fingerprint,
        answers[0] if answers else "",
        chosen[0] if chosen else None,
        corners,
        odd,
        note_beside(fingerprint, group, about),
    )


def _choices(result: Record) -> list[str]:
    value = result.get("value")
    choices = value.get("choices") if isinstance(value, dict) else None
    return [str(choice) for choice in choices] if isinstance(choices, list) else []


def _corners(
    group: Sequence[Record], size: tuple[float, float] | None
) -> tuple[Corners | None, str]:
    """The corners of a rectangle in pixels, or why it has none that a label could have."""
    drawn = next((one for one in group if kind_of(one) == "rectangle"), None)
    value = drawn.get("value") if drawn else None
    if not isinstance(value, dict):
        return None, f"a {kind_of(group[0])}, not a rectangle"
    if (number(value.get("rotation")) or 0.0) % 360:
        return None, f"a rectangle turned by {value.get('rotation')} degrees"
    if size is None:
        return None, "a rectangle in an image whose size nobody says"
    x, y, width, height = (number(value.get(key)) for key in ("x", "y", "width", "height"))
    if x is None or y is None or width is None or height is None:
        return None, "corners that are no numbers"
    wide, high = size
    left, top = x * wide / 100, y * high / 100
    return (left, top, left + width * wide / 100, top + height * high / 100), ""


LABELLING_TOOLS.add(
    "labelstudio",
    LabellingTool(
        "labelstudio",
        "Label Studio tasks (JSON) and the labelling configuration that fits",
        write,
        recognises,
        read,
        hint="make a project with this configuration, and import the tasks",
    ),
)
