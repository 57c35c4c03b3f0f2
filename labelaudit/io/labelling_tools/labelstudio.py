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
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from labelaudit.core.whole_files import replacing
from labelaudit.io.labelling_tools import LABELLING_TOOLS, LabellingTool
from labelaudit.io.labelling_tools.labelstudio_export import read, recognises
from labelaudit.io.labelling_tools.labelstudio_meta import (
    ABOUT,
    CLASS,
    DECISION,
    NEW,
    told_finding,
    told_lines,
)
from labelaudit.io.labelling_tools.tasks import (
    ANSWERS,
    Assignment,
    Corners,
    ImageTask,
    LabelBox,
    Proposal,
)

LOCAL = "/data/local-files/?d="

_LABEL, _IMAGE = "label", "image"

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
        f'  <Choices name="{DECISION}" toName="{_IMAGE}" {marked} showInline="true">',
        *(f"    <Choice value={_quoted(answer)}/>" for answer in ANSWERS),
        "  </Choices>",
        f'  <Choices name="{CLASS}" toName="{_IMAGE}" {marked} layout="select">',
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
        yield {**region, "type": "choices", "from_name": CLASS, "value": value}


def _per_cent(xyxy: Corners, size: tuple[float, float]) -> dict[str, float]:
    left, top, right, bottom = xyxy
    wide, high = size
    return {
        "x": 100 * left / wide,
        "y": 100 * top / high,
        "width": 100 * (right - left) / wide,
        "height": 100 * (bottom - top) / high,
    }


LABELLING_TOOLS.add(
    "labelstudio",
    LabellingTool(
        "labelstudio",
        "Label Studio tasks (JSON) and the labelling configuration that fits",
        write,
        recognises,
        read,
        exports="of Label Studio, its JSON (not JSON-MIN)",
        hint="make a project with this configuration, and import the tasks",
    ),
)
