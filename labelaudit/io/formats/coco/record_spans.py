"""Where records of a COCO file, or of another one that holds lists of them, stand in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from labelaudit.dataset.tables import RecordType
from labelaudit.io.formats.coco.spans import spans
from labelaudit.io.formats.coco.stream import SectionReader


def record_spans(
    path: Path, wanted: Mapping[RecordType, Sequence[int]]
) -> Iterator[tuple[RecordType, int, int, int]]:
    """Kind, position, start and end of each wanted record that is there; see `Format`."""
    return spans_of_sections(path, {part.value: part for part in wanted}, wanted)


def spans_of_sections(
    path: Path, sections: Mapping[str, RecordType], wanted: Mapping[RecordType, Sequence[int]]
) -> Iterator[tuple[RecordType, int, int, int]]:
    """Kind, position, start and end of each wanted record of lists in a JSON file.

    Parameters
    ----------
    path:
        the file, an object.
    sections:
        what the records of a list are, by its key.
    wanted:
        positions of records, in order, by what they are.
    """
    parts = {key: part for key, part in sections.items() if len(wanted.get(part, ()))}
    counted = dict.fromkeys(parts.values(), 0)  # a section can be there twice
    with path.open("rb") as source:
        reader = SectionReader(source)
        for key in reader.sections():
            if key not in parts or not reader.at_list() or reader.is_made:
                continue
            part = parts[key]
            chosen = set(wanted[part])
            for span in spans(reader, wanted[part], part, counted[part]):
                counted[part] = span.record + 1
                if span.text is not None and span.record in chosen:
                    yield part, span.record, span.start, span.end
