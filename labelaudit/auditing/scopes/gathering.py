"""Summaries: what a rule has to know of all boxes, gathered part by part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labelaudit.auditing.context import AuditContext


@dataclass(frozen=True)
class Gathering:
    """How what a rule has to know of all boxes is gathered, of one dataset or of parts of it.

    Parts are of whole images. What is gathered names classes by their names, as rows of one part
    are not those of another; it is the same however a dataset is divided.
    """

    name: str  # what it holds; rules that need the same share it

    of: Callable[[AuditContext, Mapping[str, Any]], Any]
    """What there is in one part, with the settings of the rule; Any: whatever it gathers."""

    merged: Callable[[Sequence[Any]], Any]
    """What there is in all parts, in any order."""

    of_file: bool = False
    """Whether it is about each source file alone, by its row: then only parts of one are merged."""

    def known(self, audit: AuditContext, own: Callable[[], Any], *, keep: bool = False) -> Any:
        """What there is in all parts: as the audit was told, or of its dataset alone.

        Parameters
        ----------
        audit:
            of a part, or of the whole.
        own:
            what `of` gives of that; asked where the audit was told nothing.
        keep:
            whether other rules ask the audit for the same, whatever their settings.
        """
        if self.name in audit.gathered:
            return audit.gathered[self.name]
        known = self.merged([own()])
        if keep:
            audit.gathered[self.name] = known
        return known
