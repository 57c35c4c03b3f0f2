"""What tasks and regions of Label Studio say beside places and classes: who, when, and answers."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

from labelaudit.io.formats.attributes import others
from labelaudit.io.formats.labelstudio.names import KEYS
from labelaudit.io.formats.labelstudio.regions import COORDINATES, Record

_OF_PLACES = (
    *("id", "type", "to_name", "from_name", "value", "original_width", "original_height"),
    *("image_rotation", "item_index", *COORDINATES, "rotation"),
)
_LABELS = "labels"


def about_task(task: Record, live: Sequence[Record], known: Container[str]) -> dict[str, Any]:
    """What a task says of its image, and its annotation, if it has one.

    Parameters
    ----------
    task:
        as the file has it; Any: whatever it holds.
    live:
        its annotations.
    known:
        keys of a task under which there are regions.
    """
    said = {key: value for key, value in task.items() if key not in known}
    said.pop("id", None)
    data = task.get("data")
    if isinstance(data, dict):
        said["data"] = others(data, KEYS)
    return {**others(live[0], ("id", "result")), **said} if len(live) == 1 else said


def about_region(group: Sequence[Record]) -> dict[str, Any]:
    """What the results of a region say: where it comes from, and answers by what was asked.

    >>> about_region([{"origin": "manual", "from_name": "sure", "value": {"choices": ["no"]}}])
    {'origin': 'manual', 'sure': ['no']}
    """
    said: dict[str, Any] = {}
    for result in group:
        said |= others(result, _OF_PLACES)
        value, name = result.get("value"), result.get("from_name")
        for key, answer in value.items() if isinstance(value, dict) else ():
            if key not in _OF_PLACES and not key.endswith(_LABELS) and key != "closed":
                said[str(name or key)] = answer
    return said
