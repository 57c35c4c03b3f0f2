"""FiftyOne: a dataset that it imports, with what its Brain calls mistakenness and so on.

Labels are in the field `ground_truth`, findings in `labelaudit`, of each of which a person says by
a tag what is to become of it. Attributes have the names that `compute_mistakenness` of FiftyOne
Brain gives them: `mistakenness` of a doubted class, `mistakenness_loc` of a doubted place,
`possible_spurious` of a box on nothing, `possible_missing` of an object without a label; per image,
the highest and the counts.

Source: https://docs.voxel51.com/user_guide/export_datasets.html#fiftyonedataset, /brain.html and an
export of FiftyOne 1.22. A box is left, top, width, height, as fractions of the image.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labelaudit.core.whole_files import whole
from labelaudit.errors import FormatError
from labelaudit.io.formats.values import json_in, number, shown
from labelaudit.io.labelling_tools import LABELLING_TOOLS, LabellingTool
from labelaudit.io.labelling_tools.relative import Placed, placed
from labelaudit.io.labelling_tools.seconds import seconds_of
from labelaudit.io.labelling_tools.tasks import (
    ANSWERS,
    EXACT,
    Assignment,
    Corners,
    Finished,
    FinishedBox,
    FinishedProposal,
    FinishedTask,
    ImageTask,
    Proposal,
    known_text,
)

LABELS, FINDINGS, WHOLE = "ground_truth", "labelaudit", "labelaudit_images"
"""The fields of labels, of findings about boxes, and of findings about images."""

VERSION = "1.0.0"
"""Of FiftyOne, whose datasets look like this; a newer one brings them up to date."""

_HEAD = 65536  # bytes in which the fields of a dataset are looked for
_FIELDS = "fiftyone.core.fields."
_LABELS = "fiftyone.core.labels."
_BOX_KEY = "labelaudit_box"

Record = dict[str, Any]  # Any: whatever JSON holds


def write(assignment: Assignment, path: Path) -> list[Path]:
    """A folder of the type FiftyOneDataset; the images stay where they are."""
    assignment.check_sizes()
    with whole(path, overwrite=True) as place:
        place.mkdir()
        (place / "metadata.json").write_text(_json(_metadata(assignment)), "utf-8")
        with (place / "samples.json").open("w", encoding="utf-8") as file:
            file.write('{"samples": [')
            for number_, task in enumerate(assignment.tasks):
                file.write(",\n" if number_ else "\n")
                file.write(_json(_sample(assignment, task)))
            file.write("\n]}\n")
    return [path]


def _json(value: Any) -> str:  # Any: what JSON holds
    return json.dumps(value, ensure_ascii=False)


def _metadata(assignment: Assignment) -> Record:
    """The document of the dataset: its fields."""
    text, real, yes = "StringField", "FloatField", "BooleanField"
    told = {"fingerprint": text, "rule": text, "message": text, "proposal": text}
    told |= {"note": text, "expert": yes}
    brain = {"mistakenness": real, "mistakenness_loc": real}
    return {
        "version": VERSION,
        "media_type": "image",
        "default_classes": list(assignment.classes),
        "info": {"labelaudit": assignment.version, "title": assignment.title},
        "sample_fields": [
            _field("id", "ObjectIdField", db_field="_id"),
            _field("filepath", text),
            _field("tags", "ListField", subfield=text),
            _document("metadata", "fiftyone.core.metadata.ImageMetadata"),
            _detections(LABELS, {_BOX_KEY: text, **brain, "possible_spurious": yes}),
            _detections(FINDINGS, {**told, "possible_missing": yes}),
            _document(WHOLE, f"{_LABELS}Classifications"),
            _field("mistakenness", real),
            _field("possible_missing", "IntField"),
            _field("possible_spurious", "IntField"),
            _field("labelaudit_image", text),
            _field("labelaudit_mark", text),
            _field("labelaudit_size", "ListField", subfield=real),
            _field("labelaudit_handed", "ListField", subfield=text),
        ],
    }


def _field(name: str, kind: str, *, subfield: str = "", db_field: str = "") -> Record:
    return {
        "name": name,
        "ftype": _FIELDS + kind,
        "embedded_doc_type": None,
        "subfield": _FIELDS + subfield if subfield else None,
        "db_field": db_field or name,
    }


def _document(name: str, kind: str) -> Record:
    return {**_field(name, "EmbeddedDocumentField"), "embedded_doc_type": kind}


def _detections(name: str, attributes: Mapping[str, str]) -> Record:
    """A field of detections that have more attributes than all have."""
    listed = {
        **_field("detections", "ListField", subfield="EmbeddedDocumentField"),
        "embedded_doc_type": f"{_LABELS}Detection",
        "fields": [
            _field("id", "ObjectIdField", db_field="_id"),
            _field("tags", "ListField", subfield="StringField"),
            _field("label", "StringField"),
            _field("bounding_box", "ListField", subfield="FloatField"),
            _field("confidence", "FloatField"),
            *(_field(key, kind) for key, kind in attributes.items()),
        ],
    }
    return {**_document(name, f"{_LABELS}Detections"), "fields": [listed]}


def _sample(assignment: Assignment, task: ImageTask) -> Record:
    """An image with its labels, findings about them, and counts."""
    about: dict[str, list[Proposal]] = {}
    for one in task.proposals:
        about.setdefault(one.box or "", []).append(one)
    labels = [
        {
            **_detection(f"{task.key}/{box.key}", box.label, box.xyxy, task.size),
            _BOX_KEY: box.key,
            **_doubts(about.get(box.key, [])),
        }
        for box in task.boxes
    ]
    drawn = [one for one in task.proposals if one.xyxy is not None]
    wide, high = task.size
    return {
        "_id": _object_id(task.key),
        "filepath": assignment.address(task, task.path or task.name),
        "tags": [*task.splits],
        "metadata": {"_cls": "ImageMetadata", "width": round(wide), "height": round(high)},
        "_media_type": "image",
        "_rand": int(hashlib.sha256(task.key.encode()).hexdigest()[:8], 16) / 2**32,
        LABELS: {"_cls": "Detections", "detections": labels},
        FINDINGS: {"_cls": "Detections", "detections": [_finding(task, one) for one in drawn]},
        WHOLE: {
            "_cls": "Classifications",
            "classifications": [_whole(task, one) for one in task.proposals if one.xyxy is None],
        },
        "mistakenness": max(
            (label["mistakenness"] for label in labels if "mistakenness" in label), default=None
        ),
        "possible_missing": sum(one.adds for one in task.proposals),
        "possible_spurious": sum(label.get("possible_spurious", False) for label in labels),
        "labelaudit_image": task.key,
        "labelaudit_mark": task.mark,
        "labelaudit_size": list(task.size),
        "labelaudit_handed": list(task.fingerprints),
    }


def _object_id(text: str) -> Record:
    return {"$oid": hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()}


def _detection(id_: str, label: str, xyxy: Corners, size: tuple[float, float]) -> Record:
    left, top, right, bottom = xyxy
    wide, high = size
    return {
        "_id": _object_id(id_),
        "_cls": "Detection",
        "attributes": {},
        "tags": [],
        "label": label,
        "bounding_box": [left / wide, top / high, (right - left) / wide, (bottom - top) / high],
    }


def _doubts(about: Sequence[Proposal]) -> Record:
    """What FiftyOne Brain would say of a label, by the findings about it."""
    said: Record = {}
    for one in about:
        key = "mistakenness_loc" if one.moves else "mistakenness"
        if one.drops:
            said["possible_spurious"] = True
        elif one.doubt is not None:  # a rule without a model has no number
            said[key] = max(one.doubt, said.get(key, 0.0))
    if about:
        said["tags"] = list(dict.fromkeys(one.name for one in about))
    return said


def _told(task: ImageTask, one: Proposal) -> Record:
    """What a finding says, whether it has a box or not."""
    said = {
        "_id": _object_id(f"{task.key}/{one.fingerprint}"),
        "tags": [one.name],
        "fingerprint": one.fingerprint,
        "rule": one.rule,
        "message": one.message,
        "proposal": one.words,
        "note": one.note,
        "expert": one.expert,
    }
    return said if one.doubt is None else {**said, "confidence": one.doubt}


def _finding(task: ImageTask, one: Proposal) -> Record:
    corners = one.xyxy or (math.nan,) * 4
    missing = {"possible_missing": True} if one.adds else {}
    label = one.label or "?"
    return {**_detection("", label, corners, task.size), **_told(task, one), **missing}


def _whole(task: ImageTask, one: Proposal) -> Record:
    return {"_cls": "Classification", "label": one.name, **_told(task, one)}


def recognises(path: Path) -> bool:
    """Whether a path is a folder of the type FiftyOneDataset."""
    try:
        with (path / "metadata.json").open("rb") as file:
            return b'"sample_fields"' in file.read(_HEAD) and (path / "samples.json").is_file()
    except OSError:
        return False


def read(path: Path) -> Finished:
    """What is in an export of the type FiftyOneDataset."""
    file = path / "samples.json"
    try:
        whole_file = json_in(file)
    except ValueError as error:
        raise FormatError(f"{file}: not whole: {error}; export the dataset again") from error
    samples = whole_file.get("samples") if isinstance(whole_file, dict) else None
    if not isinstance(samples, list):
        raise FormatError(
            f"{file}: no list of samples; export the dataset as a fiftyone.types.FiftyOneDataset"
        )
    unclear = [
        f"samples[{number_}]: expected an object, found {shown(sample)}"
        for number_, sample in enumerate(samples)
        if not isinstance(sample, dict)
    ]
    return Finished([_finished(sample) for sample in samples if isinstance(sample, dict)], unclear)


def _finished(sample: Record) -> FinishedTask:
    handed = sample.get("labelaudit_handed")
    name = str(sample.get("filepath", ""))
    size = _size(sample)
    labels, found, whole_image = (
        _listed(sample, field, key)
        for field, key in (
            (LABELS, "detections"),
            (FINDINGS, "detections"),
            (WHOLE, "classifications"),
        )
    )
    proposals = [
        *(_read_proposal(one, size) for one in found or ()),
        *(
            FinishedProposal(str(one["fingerprint"]), _answer(one), note=str(one.get("note") or ""))
            for one in whole_image or ()
            if one.get("fingerprint")
        ),
    ]
    # Of a field that was left out of the export nothing was removed.
    if None in (found, whole_image):
        handed = None
    odd = [
        FinishedBox(one.label or "", None, odd=f"drawn in {FINDINGS}, not in {LABELS}", key="")
        for one in proposals
        if not one.fingerprint
    ]
    boxes = None if labels is None else (*(_read_box(one, size) for one in labels), *odd)
    modified = sample.get("last_modified_at")
    return FinishedTask(
        place=name,
        name=name,
        key=known_text(sample.get("labelaudit_image")),
        mark=known_text(sample.get("labelaudit_mark")),
        given=tuple(map(str, handed)) if isinstance(handed, list) else None,
        boxes=boxes,
        proposals=tuple(one for one in proposals if one.fingerprint),
        at=seconds_of(modified.get("$date")) if isinstance(modified, dict) else None,
    )


def _listed(sample: Record, field: str, key: str) -> list[Record] | None:
    """The labels in a field of a sample; None if the export does not have the field."""
    held = sample.get(field)
    listed = held.get(key) if isinstance(held, dict) else None
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else None


def _size(sample: Record) -> tuple[float, float] | None:
    """Width and height by which fractions were handed over; else those that the tool knows."""
    metadata = sample.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    for stated in (sample.get("labelaudit_size"), [known.get("width"), known.get("height")]):
        if isinstance(stated, list) and len(stated) == 2:
            wide, high = map(number, stated)
            if wide and high:
                return wide, high
    return None


def _answer(one: Record) -> str:
    """What the tags of a label say; all of them, if they say several things."""
    tags = one.get("tags")
    held = tags if isinstance(tags, list) else []
    return " and ".join(answer for answer in ANSWERS if answer in held)


def _read_box(one: Record, size: tuple[float, float] | None) -> FinishedBox:
    place, odd = _placed(one, size)
    return FinishedBox(
        str(one.get("label") or ""),
        place.corners if place else None,
        key=known_text(one.get(_BOX_KEY)),
        answer=_answer(one),
        odd=odd,
        within=place.within if place else EXACT,
    )


def _read_proposal(one: Record, size: tuple[float, float] | None) -> FinishedProposal:
    place, odd = _placed(one, size)
    label = str(one.get("label") or "")
    return FinishedProposal(
        str(one.get("fingerprint") or ""),
        _answer(one),
        None if label in ("", "?") else label,
        place.corners if place else None,
        odd,
        str(one.get("note") or ""),
        within=place.within if place else EXACT,
    )


def _placed(one: Record, size: tuple[float, float] | None) -> tuple[Placed | None, str]:
    """Where a detection is, or why that is nowhere."""
    if size is None:
        return None, "in an image without metadata, whose size nobody says"
    sides = one.get("bounding_box")
    known = [number(side) for side in sides] if isinstance(sides, list) else []
    plain = [side for side in known if side is not None]
    if len(plain) != 4:
        return None, "without four numbers for a box"
    place = placed(plain, size, 1)
    return place, "" if place else "without four numbers for a box"


LABELLING_TOOLS.add(
    "fiftyone",
    LabellingTool(
        "fiftyone",
        "a FiftyOneDataset, a folder that FiftyOne imports",
        write,
        recognises,
        read,
        exports="of FiftyOne, a fiftyone.types.FiftyOneDataset (a folder)",
        hint="import it by fiftyone.Dataset.from_dir, as a fiftyone.types.FiftyOneDataset",
    ),
)
