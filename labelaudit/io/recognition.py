"""Which format a path is in: all formats are asked, and the one with the best evidence is taken."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from labelaudit.errors import FormatError
from labelaudit.io.formats import FORMATS, Format
from labelaudit.io.formats.evidence import FormatEvidence, PathSample


@dataclass(frozen=True)
class Recognition:
    """The format that a path is in, why, and what else is there."""

    format: Format
    evidence: FormatEvidence
    notes: tuple[str, ...] = ()  # a line each, for people


def recognise(path: Path) -> Recognition:
    """The format that a path holds, and what else lies there.

    Of several formats the one with the best evidence is taken: one that a file declares before one
    of which label files merely are there, one that most candidates fit before others, then the one
    of which there are more bytes. The others are named in the notes.

    Raises
    ------
    FormatError
        if nothing speaks for any format.
    """
    sample = PathSample(path)
    held = [
        (evidence, format_)
        for format_ in FORMATS.values()
        if (evidence := format_.evidence(sample)) is not None
    ]
    if not held:
        kind = "folder" if path.is_dir() else "file"
        raise FormatError(
            f"{path}: no labels found in this {kind}; expected one of: "
            + "; ".join(item.summary for item in FORMATS.values())
        )
    evidence, best = max(held, key=lambda pair: pair[0].rank)
    others = [pair for pair in held if pair[1] is not best and pair[0].fitting]
    return Recognition(best, evidence, tuple(_also_there(path, *other) for other in others))


def _also_there(path: Path, evidence: FormatEvidence, format_: Format) -> str:
    command = f"labelaudit scan {shlex.quote(str(path))} --format {format_.name}"
    return f"not read: {evidence.why} ({evidence.fitting[0]}); audit them with {command}"
