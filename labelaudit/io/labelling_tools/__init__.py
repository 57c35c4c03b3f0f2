"""Labelling tools: one file each, which hands findings over to a tool and reads back what it says.

Adding a tool is one new file here that ends in `LABELLING_TOOLS.add(...)`, and its test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from labelaudit.core.registry import Registry
from labelaudit.io.labelling_tools.tasks import Assignment, Finished


@dataclass(frozen=True)
class LabellingTool:
    """A program in which people label images, as findings go there and decisions come back."""

    name: str
    summary: str  # what is written, in a line

    write: Callable[[Assignment, Path], Sequence[Path]]
    """Write what the tool imports, replacing what is there; all that was written, it first."""

    recognises: Callable[[Path], bool]
    """Whether a path is an export of the tool; never raises for bad content."""

    read: Callable[[Path], Finished]
    """What people did in the tool, from its export. Raises `FormatError` if that cannot be read."""

    exports: str = ""
    """What it exports that is read, for people."""

    hint: str = ""
    """What to do with the files, a line for people."""


LABELLING_TOOLS: Registry[LabellingTool] = Registry(
    "labelling tool", "labelaudit.io.labelling_tools", "LABELLING_TOOLS.add("
)


def tool_of(path: Path) -> LabellingTool | None:
    """The tool that a path is an export of; None if it is of none."""
    return next((tool for tool in LABELLING_TOOLS.values() if tool.recognises(path)), None)
