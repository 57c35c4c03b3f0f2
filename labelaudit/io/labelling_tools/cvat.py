"""CVAT: findings as rectangles and tags of a class of their own, in XML 1.1 for images.

Labels stay as they are. A finding is a shape of the class `labelaudit`, whose attributes name it
and take the decision: they can be gone through by the keyboard, in CVAT's attribute annotation
mode. A tag on each image says what was handed over, by which deleted proposals are known.

Source: https://docs.cvat.ai/docs/dataset_management/formats/format-cvat/ and CVAT's own code,
cvat/apps/dataset_manager: attributes that a label has not are dropped, images are found by their
names, coordinates are exported in hundredths of a pixel, and what is imported into a task replaces
all that is there. Issues are in no format; they are made by the API (cvat-ai/cvat, issue 8353).
"""

from __future__ import annotations

import json
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from labelaudit.core.whole_files import replacing
from labelaudit.errors import FormatError
from labelaudit.io.archives import unpacked_file
from labelaudit.io.formats.cvat_elements import BROKEN, pairs, told_elements
from labelaudit.io.formats.values import number_in, text_of
from labelaudit.io.labelling_tools import LABELLING_TOOLS, LabellingTool
from labelaudit.io.labelling_tools.seconds import seconds_of
from labelaudit.io.labelling_tools.tasks import (
    ANSWERS,
    EXACT,
    OPEN,
    Assignment,
    Corners,
    Finished,
    FinishedBox,
    FinishedProposal,
    FinishedTask,
    ImageTask,
    Proposal,
    one_line,
)

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAGENTA = "#ff00ff"
"""The colour of proposals; a choice: rare in photographs."""

INSIDE = "annotations.xml"
"""The file in an archive that CVAT exports."""

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ROOT = re.compile(rb"<annotations[\s>]")
_HEAD = 4096  # bytes in which the root of a file is looked for
_CORNERS = ("xtl", "ytl", "xbr", "ybr")
_SHAPES = ("polygon", "polyline", "points", "cuboid", "mask", "ellipse", "skeleton")


def write(assignment: Assignment, path: Path) -> list[Path]:
    """The annotations, the labels that a task needs for them, and issues for the API."""
    labels, issues = path.with_suffix(".labels.json"), path.with_suffix(".issues.json")
    with replacing(path) as file:
        for line in _lines(assignment):
            file.write(line.encode() + b"\n")
    _write_json(labels, _labels(assignment))
    _write_json(issues, [issue for task in assignment.tasks for issue in _issues(assignment, task)])
    return [path, labels, issues]


def _write_json(path: Path, value: Any) -> None:  # Any: what JSON holds
    with replacing(path) as file:
        file.write(json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n")


def _lines(assignment: Assignment) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield "<annotations>"
    yield "  <version>1.1</version>"
    yield "  <meta>"
    yield f"    <task><name>{_text(assignment.title)}</name><labels>"
    for label in _labels(assignment):
        yield f"      <label><name>{_text(label['name'])}</name><type>any</type><attributes>"
        for one in label["attributes"]:
            yield _attribute_spec(one)
        yield "      </attributes></label>"
    yield "    </labels></task>"
    yield "  </meta>"
    groups = iter(range(1, 1 << 62))
    for number, task in enumerate(assignment.tasks):
        yield from _image(assignment, number, task, groups)
    yield "</annotations>"


def _attribute_spec(spec: Mapping[str, Any]) -> str:  # Any: what JSON holds
    values = {**spec, "values": "\n".join(spec["values"]), "mutable": str(spec["mutable"])}
    inside = "".join(f"<{key}>{_text(str(value))}</{key}>" for key, value in values.items())
    return f"        <attribute>{inside}</attribute>"


def _labels(assignment: Assignment) -> list[dict[str, Any]]:
    """The labels of a task, as its constructor takes them."""
    plain: list[dict[str, Any]] = [{"name": name, "attributes": []} for name in assignment.classes]
    words = {name: ("text", [""]) for name in ("fingerprint", "rule", "message")}
    shown = ("probability", "doubt", "proposal", "handed", "image", "mark")
    told = {name: ("text", [""]) for name in shown}
    asked = {
        "decision": ("select", [OPEN, *ANSWERS]),
        "class": ("select", list(dict.fromkeys(["", *assignment.classes]))),
    }
    asked |= {"note": ("text", [""]), "expert": ("checkbox", ["false"])}
    attributes = [
        {
            "name": name,
            "mutable": False,
            "input_type": kind,
            "default_value": values[0],
            "values": values,
        }
        for name, (kind, values) in {**asked, **words, **told}.items()
    ]
    return [*plain, {"name": assignment.marker, "color": MAGENTA, "attributes": attributes}]


def _image(
    assignment: Assignment, number: int, task: ImageTask, groups: Iterator[int]
) -> Iterator[str]:
    wide, high = (f"{side:.0f}" if side == side else "0" for side in task.size)  # noqa: PLR0124  # NaN
    name = assignment.address(task, task.name)
    yield f'  <image id="{number}" name={_quoted(name)} width="{wide}" height="{high}">'
    handed = {"handed": " ".join(task.fingerprints), "image": task.key, "mark": task.mark}
    yield from _element("tag", assignment.marker, {}, handed)
    group = {one.box: next(groups) for one in task.proposals if one.box is not None}
    for one in task.proposals:
        yield from _proposal(assignment.marker, one, group.get(one.box or ""))
    for box in task.boxes:
        yield from _element("box", box.label, _place(box.xyxy, 0, group.get(box.key)), {})
    yield "  </image>"


def _proposal(marker: str, one: Proposal, group: int | None) -> Iterator[str]:
    said = {
        "decision": OPEN,
        "class": one.label,
        "fingerprint": one.fingerprint,
        "rule": one.rule,
        "message": one.message,
        "probability": "" if one.probability is None else f"{one.probability:.3g}",
        "doubt": "" if one.doubt is None else f"{one.doubt:.3g}",
        "proposal": one.words,
        "note": one_line(one.note),
        "expert": str(one.expert).lower(),
    }
    if one.xyxy is None:
        yield from _element("tag", marker, {}, said)
        return
    layer = 1 if one.adds or one.moves else -1  # below the label that it hides else
    yield from _element("box", marker, _place(one.xyxy, layer, group), said)


def _place(xyxy: Corners, layer: int, group: int | None) -> dict[str, str]:
    place = {name: _number(side) for name, side in zip(_CORNERS, xyxy, strict=True)}
    place |= {"occluded": "0", "z_order": str(layer)}
    return place if group is None else place | {"group_id": str(group)}


def _number(side: float) -> str:
    """A number with all digits that it has, and no more."""
    return repr(float(side)).removesuffix(".0")


def _element(
    tag: str, label: str, place: Mapping[str, str], attributes: Mapping[str, str]
) -> Iterator[str]:
    written = {"label": label, "source": "file", **place}
    yield f"    <{tag} {' '.join(f'{key}={_quoted(value)}' for key, value in written.items())}>"
    for key, value in attributes.items():
        yield f"      <attribute name={_quoted(key)}>{_text(value)}</attribute>"
    yield f"    </{tag}>"


def _text(text: str) -> str:
    return escape(_NO_XML.sub("\ufffd", text))


def _quoted(text: str) -> str:
    return quoteattr(_NO_XML.sub("\ufffd", text))


def _issues(assignment: Assignment, task: ImageTask) -> Iterator[dict[str, Any]]:
    """Findings as what the API makes issues of, but for the number of the job and of the frame."""
    for one in task.proposals:
        whole = (0.0, 0.0, *(side if side == side else 0.0 for side in task.size))  # noqa: PLR0124  # NaN
        proposed = f" ({one.words})" if one.words else ""
        noted = f"; {one.noted}" if one.noted else ""
        yield {
            "image": assignment.address(task, task.name),
            "position": list(one.xyxy or whole),
            "message": f"{one.rule}: {one.message}{proposed}{noted} [{one.fingerprint}]",
        }


def recognises(path: Path) -> bool:
    """Whether a path is an XML file of CVAT, or an archive with one."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return INSIDE in archive.namelist()
        with path.open("rb") as file:
            return _ROOT.search(file.read(_HEAD).replace(b"\0", b"")) is not None
    except (OSError, zipfile.BadZipFile):
        return False


def read(path: Path) -> Finished:
    """What is in an export of a task, a job or a project: `CVAT for images 1.1`."""
    export = _Export()
    try:
        with _unpacked(path) as file:
            for part, element in told_elements(file, []):
                if part == BROKEN:
                    export.note_broken(element)
                elif part == "meta":
                    export.read_meta(element)
                elif part == "image":
                    export.read_image(element)
                else:
                    raise FormatError(
                        f"{path}: frames of a video; export it as CVAT for images 1.1"
                    )
    except (SyntaxError, ValueError, LookupError) as error:
        raise FormatError(
            f"{path}: not a whole XML file of CVAT: {error}; export it again as CVAT for images 1.1"
        ) from error
    return Finished(export.tasks, export.unclear)


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """The XML file that a path is, or that an archive holds."""
    if not zipfile.is_zipfile(path):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        yield unpacked_file(path, INSIDE, Path(folder))


@dataclass
class _Export:
    """An export while it is read."""

    tasks: list[FinishedTask] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    assignee: str | None = None
    at: float | None = None

    def read_meta(self, meta: Element) -> None:
        """Who has the task, and when it was exported."""
        self.at = seconds_of(text_of(meta.findtext("dumped")))
        for place in ("job/assignee", "task/assignee/username", "project/assignee/username"):
            self.assignee = self.assignee or text_of(meta.findtext(place)) or None

    def note_broken(self, element: Element) -> None:
        """An element that is no XML, as somebody left it who edited the file."""
        place = f"{element.tag} {len(self.tasks) + len(self.unclear)}, counted from 0"
        self.unclear.append(f"{place}: no XML: {element.get(BROKEN)}; mend it, and import again")

    def read_image(self, image: Element) -> None:
        """The shapes and tags of an image."""
        shapes = [(shape, _said(shape)) for shape in image]
        heads = [said for shape, said in shapes if shape.tag == "tag" and said.get("mark")]
        head = heads[0] if heads else {}
        proposals = [
            (shape.get("group_id"), _finished_proposal(shape, said))
            for shape, said in shapes
            if said.get("fingerprint")
        ]
        known = {id(shape) for shape, said in shapes if said.get("fingerprint")}
        boxes = [
            _finished_box(shape, proposals)
            for shape, _ in shapes
            if id(shape) not in known and (shape.tag == "box" or shape.tag in _SHAPES)
        ]
        name = text_of(image.get("name"))
        self.tasks.append(
            FinishedTask(
                place=name,
                name=name,
                key=head.get("image"),
                mark=head.get("mark"),
                given=tuple(head["handed"].split()) if "handed" in head else None,
                boxes=tuple(boxes),
                proposals=tuple(one for _, one in proposals),
                reviewer=self.assignee,
                at=self.at,
            )
        )


def _said(shape: Element) -> dict[str, str]:
    """The attributes of a shape."""
    return {one.get("name", ""): text_of(one.text) for one in shape.iterfind("attribute")}


def _finished_proposal(shape: Element, said: Mapping[str, str]) -> FinishedProposal:
    corners, odd = _corners(shape) if shape.tag != "tag" else (None, "")
    plain = [] if corners is None else [shape.get(name, "") for name in _CORNERS]
    answer = said.get("decision", "")
    return FinishedProposal(
        said["fingerprint"],
        "" if answer == OPEN else answer,
        said.get("class") or None,
        corners,
        odd,
        said.get("note", ""),
        within=_within(plain),
    )


def _finished_box(
    shape: Element, proposals: Sequence[tuple[str | None, FinishedProposal]]
) -> FinishedBox:
    group = shape.get("group_id")
    beside = tuple(one.fingerprint for key, one in proposals if group and key == group)
    corners, odd = _corners(shape)
    return FinishedBox(
        text_of(shape.get("label")),
        corners,
        beside=beside,
        odd=odd,
        around=_around(shape) if odd else None,
        within=_within([shape.get(name, "") for name in _CORNERS]),
    )


def _corners(shape: Element) -> tuple[Corners | None, str]:
    """The corners of a rectangle, or why it has none that a label could have."""
    if shape.tag != "box":
        return None, f"a {shape.tag}, not a rectangle"
    turned = number_in(shape.get("rotation") or "0")
    if turned is None or turned % 360:
        return None, f"a rectangle turned by {shape.get('rotation')} degrees"
    sides = [number_in(shape.get(name) or "") for name in _CORNERS]
    left, top, right, bottom = sides
    if left is None or top is None or right is None or bottom is None:
        return None, "corners that are no numbers"
    return (left, top, right, bottom), ""


def _within(corners: Sequence[str]) -> Corners:
    """Pixels by which each corner may be off: CVAT writes hundredths, which somebody may round."""
    places = [len(one.strip().partition(".")[2]) for one in corners]
    off = 0.5 * 10.0 ** -max(places, default=0)
    return EXACT if not corners else (off, off, off, off)


def _around(shape: Element) -> Corners | None:
    """Roughly where a shape is that is no rectangle as labels are."""
    points = [point for one in shape.iter() for point in pairs(one.get("points") or "") or ()]
    x, y, across, down = (number_in(shape.get(name) or "") for name in ("cx", "cy", "rx", "ry"))
    if x is not None and y is not None:
        points += [[x - (across or 0), y - (down or 0)], [x + (across or 0), y + (down or 0)]]
    for names in (_CORNERS, ("left", "top", "width", "height")):
        sides = [number_in(shape.get(name) or "") for name in names]
        known = [side for side in sides if side is not None]
        if len(known) == 4:
            left, top, *far = known
            right, bottom = far if names is _CORNERS else (left + far[0], top + far[1])
            points += [[left, top], [right, bottom]]
    if not points:
        return None
    across_all, down_all = zip(*points, strict=True)
    return min(across_all), min(down_all), max(across_all), max(down_all)


LABELLING_TOOLS.add(
    "cvat",
    LabellingTool(
        "cvat",
        "CVAT for images 1.1 (XML), labels for a task, issues for its API",
        write,
        recognises,
        read,
        exports="of CVAT, CVAT for images 1.1 (XML, or the archive with it)",
        hint="make a task with these labels and images, and upload the XML as its annotations",
    ),
)
