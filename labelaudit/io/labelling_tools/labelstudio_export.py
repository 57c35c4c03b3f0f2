"""Label Studio: what people did, from an export as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labelaudit.errors import FormatError
from labelaudit.io.formats.labelstudio.names import image_names
from labelaudit.io.formats.labelstudio.regions import grouped, kind_of, labels_of
from labelaudit.io.formats.values import json_in, number, shown
from labelaudit.io.labelling_tools.labelstudio_meta import (
    ABOUT,
    CLASS,
    DECISION,
    NEW,
    note_beside,
)
from labelaudit.io.labelling_tools.relative import Placed, placed
from labelaudit.io.labelling_tools.seconds import seconds_of
from labelaudit.io.labelling_tools.tasks import (
    EXACT,
    Corners,
    Finished,
    FinishedBox,
    FinishedProposal,
    FinishedTask,
    known_text,
)

_TASKS = re.compile(rb"\A(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*\[\s*(?:\{|(\])\s*\Z)")
_KEYS = re.compile(rb'"(?:annotations|data|annotation_id|lead_time)"\s*:')
_BOX = re.compile("box-([0-9]{1,9})")
_HEAD = 65536  # bytes in which the keys of tasks are looked for

Record = dict[str, Any]  # Any: whatever JSON holds


def recognises(path: Path) -> bool:
    """Whether a path is a JSON export of tasks, or the short one, which `read` refuses."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD).replace(b"\0", b"")  # UTF-16 has zeros in between
    except OSError:
        return False
    begin = _TASKS.match(head)
    return begin is not None and (begin[1] is not None or _KEYS.search(head) is not None)


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
        if task.get("drafts"):
            unclear.append(f"{place}: a draft; submit it in Label Studio, and export again")
        annotations = task.get("annotations") or []
        for annotation in annotations if isinstance(annotations, list) else [annotations]:
            one = _annotation(place, task, annotation)
            if isinstance(one, str):
                unclear.append(one)
            else:
                finished.append(one)
    return Finished(finished, unclear)


def _annotation(place: str, task: Record, annotation: Any) -> FinishedTask | str:
    """What an annotation says, or why that is not taken."""
    results = annotation.get("result") if isinstance(annotation, dict) else None
    if not isinstance(annotation, dict) or not isinstance(results, list | None):
        return f"{place}: an annotation that cannot be read: {shown(annotation)}"
    if annotation.get("was_cancelled"):
        return f"{place}: an annotation that was cancelled"
    one = _finished(place, task, annotation, results or [])
    if _is_another(one, task):
        words = "an annotation that was begun anew, with nothing of what was handed over"
        return f"{one.place}: {words}"
    return one


def _finished(
    place: str, task: Record, annotation: Record, results: Sequence[Any]
) -> FinishedTask:  # Any: whatever JSON holds
    data = task["data"] if isinstance(task.get("data"), dict) else {}
    about = data[ABOUT] if isinstance(data.get(ABOUT), dict) else {}
    names = image_names({key: value for key, value in data.items() if key != ABOUT})
    name = names[0] if names else place
    handed = about.get("handed")
    given = tuple(map(str, handed)) if isinstance(handed, list) else None
    regions = list(grouped(results))
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
        key=known_text(about.get("image")),
        mark=known_text(about.get("mark")),
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
    held = {
        *(box.key or "" for box in one.boxes or ()),
        *(one.fingerprint for one in one.proposals),
    }
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
    place, odd = _placed(group, size)
    labels = labels_of(group)
    if not odd and len(labels) != 1:
        odd = f"{len(labels)} classes"
    key = str(group[0].get("id") or "")
    new = key.startswith(NEW)  # of a prediction
    return FinishedBox(
        labels[0] if labels else "",
        place.corners if place else None,
        key=None if new else key,
        beside=(key.removeprefix(NEW),) if new else (),
        odd=odd,
        around=_around(group, size) if odd and size else None,
        within=place.within if place else EXACT,
    )


def _read_proposal(
    fingerprint: str, group: Sequence[Record], size: tuple[float, float] | None, about: Record
) -> FinishedProposal:
    place, odd = _placed(group, size)
    answers = [
        str(choice)
        for result in group
        if result.get("from_name") == DECISION
        for choice in _choices(result)
    ]
    chosen = [choice for one in group if one.get("from_name") == CLASS for choice in _choices(one)]
    label = labels_of(group)
    if label and label != [about.get("marker")]:  # it was made a label on the spot
        chosen, answers = label, answers or ["accept"]
    return FinishedProposal(
        fingerprint,
        " and ".join(dict.fromkeys(answers)),
        chosen[0] if chosen else None,
        place.corners if place else None,
        odd,
        note_beside(fingerprint, group, about),
        within=place.within if place else EXACT,
    )


def _choices(result: Record) -> list[str]:
    value = result.get("value")
    choices = value.get("choices") if isinstance(value, dict) else None
    return [str(choice) for choice in choices] if isinstance(choices, list) else []


def _placed(group: Sequence[Record], size: tuple[float, float] | None) -> tuple[Placed | None, str]:
    """Where a rectangle is, or why that is nowhere that a label could be."""
    drawn = next((one for one in group if kind_of(one) == "rectangle"), None)
    value = drawn.get("value") if drawn else None
    if not isinstance(value, dict):
        return None, f"a {kind_of(group[0])}, not a rectangle"
    turned = number(value.get("rotation") or 0)
    if turned is None or turned % 360:
        return None, f"a rectangle turned by {value.get('rotation')} degrees"
    if size is None:
        return None, "a rectangle in an image whose size nobody says"
    x, y, width, height = (number(value.get(key)) for key in ("x", "y", "width", "height"))
    if x is None or y is None or width is None or height is None:
        return None, "corners that are no numbers"
    place = placed([x, y, width, height], size, 100)
    return place, "" if place else "corners that are no numbers"


def _around(group: Sequence[Record], size: tuple[float, float]) -> Corners | None:
    """Roughly where a shape is that is no rectangle as labels are, in pixels."""
    values = (one["value"] for one in group if isinstance(one.get("value"), dict))
    value: Record = next(values, {})
    points = value.get("points")
    pairs = points if isinstance(points, list) else [[value.get("x"), value.get("y")]]
    corners = [(number(one[0]), number(one[1])) for one in pairs if _is_pair(one)]
    known = [(x, y) for x, y in corners if x is not None and y is not None]
    wide, high = (number(value.get(side)) or 0.0 for side in ("width", "height"))
    across, down = (number(value.get(side)) or 0.0 for side in ("radiusX", "radiusY"))
    if not known:
        return None
    left, right = min(x for x, _ in known) - across, max(x for x, _ in known) + across + wide
    top, bottom = min(y for _, y in known) - down, max(y for _, y in known) + down + high
    place = placed([left, top, right - left, bottom - top], size, 100)
    return place.corners if place else None


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2
