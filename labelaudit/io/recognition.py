"""Which format a path is in: all formats are asked, and the one with the best evidence is taken."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from labelaudit.core.later import later
from labelaudit.errors import FormatError
from labelaudit.images.files import is_image, listed
from labelaudit.io.archive_names import OTHER_KINDS, READ
from labelaudit.io.formats import FORMATS, Format
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.unread import some, unread_evidence
from labelaudit.io.formats.unread_files import LINES, unread_files, wide_encoding

_images_alone = later("labelaudit.io.images_alone", "images_alone")

_ANNOTATIONS = re.compile(rb'\s*\[\s*\{[^{}]*"(?:category_id|image_id)"\s*:')


@dataclass(frozen=True)
class Recognition:
    """The format that a path is in, why, and what else is there."""

    format: Format
    evidence: FormatEvidence
    sample: PathSample
    notes: tuple[str, ...] = ()  # a line each, for people
    named: tuple[str, ...] = ()  # files that the notes are about, or that are like them


def recognise(path: Path) -> Recognition:
    """The format that a path holds, and what else lies there.

    Of several formats the one with the best evidence is taken: one that a file declares before one
    of which label files merely are there, one that fits well before one that could be, one that is
    read before one that is only known, one that most candidates fit before others, then the one of
    which there are more bytes. The others are named in the notes.

    Raises
    ------
    FormatError
        if nothing speaks for any format, or what does is known to be something else: labels of a
        format that is not read, or predictions.
    """
    sample = PathSample(path)
    held = [
        (evidence, format_)
        for format_ in (FORMATS[name] for name in FORMATS if _may_be(name, sample))
        if (evidence := format_.evidence(sample)) is not None
    ]
    every = (*unread_evidence(sample), *unread_files(sample))
    unread = sorted(every, key=lambda evidence: -evidence.bytes_fitting)
    best, format_ = max(held, key=lambda pair: pair[0].rank, default=(None, None))
    known = [one for one in unread if not one.weak]
    if best is None or format_ is None or (known and best.weak):
        told = [*known, *unread]
        raise FormatError(f"{path}: {told[0].refusal}" if told else _nothing(sample))
    if best.refusal:
        raise FormatError(f"{path}: {best.refusal}")
    others = [(one, other) for one, other in held if other is not format_ and _is_more(one, best)]
    notes = [
        *(_also_there(path, *other) for other in others),
        *(one.refusal for one in known if _is_more(one, best)),
        *(f"not read: {copy}, the cleaned copy of what lies beside it" for copy in sample.copies),
    ]
    named = [name for one in (*(one for one, _ in others), *known) for name in one.fitting]
    return Recognition(format_, best, sample, tuple(notes), tuple(named))


def _may_be(name: str, sample: PathSample) -> bool:
    """Whether a sample has files whose names end as those of a format do."""
    said = FORMATS.said(name)
    endings = FORMATS[name].endings if said is None else said.get("endings", ())
    return not endings or any(map(sample.ending, endings))


def _is_more(evidence: FormatEvidence, best: FormatEvidence) -> bool:
    """Whether evidence is of files that the best is not of, and not merely of what could be."""
    return not evidence.weak and not set(evidence.fitting) <= set(best.fitting)


def _also_there(path: Path, evidence: FormatEvidence, format_: Format) -> str:
    if evidence.refusal:
        return evidence.refusal
    command = f"labelaudit scan {shlex.quote(str(path))} --format {format_.name}"
    return f"not read: {evidence.why} ({some(evidence.fitting)}); audit them with {command}"


def _nothing(sample: PathSample) -> str:
    """That there are no labels, what is there, and what could be read."""
    return (
        f"{sample.path}: {'; '.join(_what_is_there(sample))}; formats that are read: "
        + ", ".join(FORMATS)
    )


def _what_is_there(sample: PathSample) -> Iterator[str]:
    if sample.is_file:
        if is_image(sample.path.name):
            yield "no labels found in this file, which is an image"
            yield "give the file or the folder of its labels"
        elif OTHER_KINDS.search(sample.path.name):
            yield "an archive of a kind that is not read; unpack it, and give the folder"
        else:
            yield "no labels found in this file"
        return
    yield "no labels found in this folder"
    inside = [name for name in sample.files if READ.search(name) and "/" not in name]
    if inside:
        yield f"give the archive itself: {some(inside)}"
    elif sample.files:
        yield f"there are {some(sample.files)}"
        yield from _remedies(sample)
    elif images := list(filter(is_image, listed(sample.path))):
        yield _images_alone(images)
    else:
        yield "it is empty"


def _remedies(sample: PathSample) -> Iterator[str]:
    """What would make labels readable that are packed, or written as no reader takes them."""
    packed = [name for name in sample.files if OTHER_KINDS.search(name) or READ.search(name)]
    if packed:
        yield f"unpack {some(packed)} first"
    wide = [name for name in sample.ending(*LINES) if wide_encoding(name, sample.head(name, 4))]
    if wide:
        encoding = wide_encoding(wide[0], sample.head(wide[0], 4))
        yield f"save {some(wide)} as UTF-8: it is {encoding} text"
    bare = [name for name in sample.ending(".json") if _ANNOTATIONS.match(sample.head(name))]
    if bare:
        yield (
            f"a list of annotations of COCO without images and categories ({some(bare)}); put them "
            "into one object, each list under its key"
        )
