"""What CVAT files say beside places and classes: attributes, tasks, jobs and users.

Source: https://docs.cvat.ai/docs/manual/advanced/xml_format/, "meta": a task has an owner, an
assignee and segments, of which each is a job: the frames from `start` to `stop`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labelaudit.io.formats.cvat_elements import whole
from labelaudit.io.formats.values import text_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_OF_IMAGES = ("name", "width", "height", "id")
_OF_SHAPES = (
    *("label", "points", "rotation", "frame", "keyframe", "outside", "rle"),
    *("xtl", "ytl", "xbr", "ybr", "cx", "cy", "rx", "ry", "left", "top", "width", "height"),
)
_CUBOID = ("xtl", "ytl", "xbl", "ybl", "xtr", "ytr", "xbr", "ybr")


@dataclass(frozen=True)
class CvatTasks:
    """The tasks of a file by their ids."""

    tasks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    jobs: Mapping[str, list[tuple[int, int, str]]] = field(default_factory=dict)  # first, last, id

    @classmethod
    def of(cls, meta: Element) -> CvatTasks:
        """Those that the head of a file tells."""
        tasks, jobs = {}, {}
        for task in meta.iter("task"):
            id_ = text_of(task.findtext("id"))
            tasks[id_] = {
                "id": id_,
                "name": text_of(task.findtext("name")),
                "owner": text_of(task.findtext("owner/username")),
                "assignee": text_of(task.findtext("assignee/username")),
            }
            jobs[id_] = [
                (first, last, text_of(segment.findtext("id")))
                for segment in task.iter("segment")
                if (first := whole(segment.findtext("start"))) is not None
                and (last := whole(segment.findtext("stop"))) is not None
            ]
        return cls(tasks, jobs)

    def of_frame(self, frame: int | None, task: str = "") -> dict[str, Any]:
        """The task and the job of a frame; of a file with one task, of that."""
        if not task and len(self.tasks) == 1:
            task = next(iter(self.tasks))
        jobs = [
            id_
            for first, last, id_ in self.jobs.get(task, ())
            if frame is not None and first <= frame <= last
        ]
        said = {"task": self.tasks[task]} if task in self.tasks else {}
        return {**said, "job": {"id": jobs[0]}} if jobs else said


def about_image(image: Element, tasks: CvatTasks) -> dict[str, Any]:
    """What the element of an image says, and its task."""
    said = {key: value for key, value in image.attrib.items() if key not in _OF_IMAGES}
    said |= tasks.of_frame(whole(image.get("id")), image.get("task_id", ""))
    return said


def about_shape(shape: Element) -> dict[str, Any]:
    """What the element of a shape says, and its attributes by their names."""
    held = {*_OF_SHAPES, *(f"{name}{face}" for name in _CUBOID for face in "12")}
    said: dict[str, Any] = {key: value for key, value in shape.attrib.items() if key not in held}
    attributes = {one.get("name", ""): text_of(one.text) for one in shape.iterfind("attribute")}
    return {**said, "attributes": attributes} if attributes else said
