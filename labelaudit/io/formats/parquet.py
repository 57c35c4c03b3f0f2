"""Parquet files of Hugging Face's datasets, with `objects` and images inside; read only.

Source: https://huggingface.co/docs/hub/datasets-image and https://parquet.apache.org/docs: an image
is its bytes and its path; the features, with the names of classes, stand in the file's metadata
under `huggingface`. Reading takes pyarrow, which is imported when such a file is read.
"""

from __future__ import annotations

import io
import json
import os
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from labelaudit.boxes.orientations import ON_ITS_SIDE
from labelaudit.core.text import counted
from labelaudit.dataset.tables import RecordType
from labelaudit.errors import FormatError
from labelaudit.images.headers import header_in
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.class_features import names_beside, names_in
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.object_rows import BOXES, CONTAINERS, IMAGES, LABELS, ObjectRows
from labelaudit.io.formats.read_only import ReadOnly
from labelaudit.io.formats.text_lines import split_named
from labelaudit.io.formats.unheld import NAMES

ENDING = ".parquet"

_MARK = b"PAR1"
_SCHEMA = 1 << 16  # bytes of the footer, which begins with the names of columns
_BOXES = re.compile(rb"(?:objects|annotations|bbox|bboxes|boxes)\b")
_ROWS = 64  # that are in memory together, with their images
_COLUMNS = (*CONTAINERS, *BOXES, *LABELS, *IMAGES, "width", "height", "iscrowd")


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being a Parquet file with objects, or a folder with some."""

    def fits(name: str) -> bool:
        return _BOXES.search(_footer(sample.full_path(name))) is not None

    return sample.judged(sample.ending(ENDING), fits, "Parquet files with objects")


def _footer(path: Path) -> bytes:
    """The beginning of a Parquet file's footer; nothing of what is none."""
    try:
        if not path.is_file():  # opening a pipe would wait for ever
            return b""
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 8))
            tail = file.read(8)
            length = int.from_bytes(tail[:4], "little")
            if tail[4:] != _MARK or length > size - 8:
                return b""
            file.seek(size - 8 - length)
            return file.read(min(length, _SCHEMA))
    except OSError:
        return b""


def read(path: Path) -> DatasetBuilder:
    """What is in a Parquet file, or in all that have objects of a folder.

    Raises
    ------
    FormatError
        if there is none, or pyarrow is not installed.
    """
    sample = PathSample(path)
    root, names = path.parent, [path.name]
    if not path.is_file():
        root, names = path, sample.ending(ENDING)
        names = [name for name in names if _BOXES.search(_footer(path / name))]
    if not names:
        raise FormatError(f"{path}: no Parquet file with objects in it")
    try:
        from pyarrow import ArrowException  # noqa: PLC0415  # an extra, slow to import
    except ImportError as error:
        raise FormatError(
            f"{path}: reading Parquet takes pyarrow: pip install 'labelaudit[parquet]'"
        ) from error
    built = DatasetBuilder("parquet", root)
    inside = 0
    for name in names:
        file = built.add_file(name)
        try:
            inside += _read_file(built, file, name)
        except (ArrowException, OSError, ValueError, NotImplementedError) as error:
            built.unreadable_file(file, str(error).partition("\n")[0])
    if inside:
        images = counted(inside, "image lies", "images lie")
        built.notes.append(f"{images} inside the Parquet files: sizes were read, pixels are not")
    return built


def _read_file(built: DatasetBuilder, file: int, name: str) -> int:
    """Take in the rows of a file; how many of their images are inside."""
    from pyarrow import parquet  # noqa: PLC0415  # see read

    source = parquet.ParquetFile(built.root / name)
    columns = [column for column in source.schema_arrow.names if column in _COLUMNS]
    others = [name for name in source.schema_arrow.names if name not in _COLUMNS]
    if built.told.wanted:
        columns += others
    built.unheld.count(f"other columns ({NAMES}): without them", others)
    classes = names_in(_features(source.schema_arrow.metadata)) or names_beside(built.root)
    rows, inside = ObjectRows(built, file, classes), 0
    for record, row in enumerate(_rows(source, columns)):
        content = _image_bytes(row)
        size = None
        if content is not None:
            inside += 1
            header = header_in(io.BytesIO(content))
            turned = header.orientation >= ON_ITS_SIDE
            size = header.size[::-1] if turned else header.size
            if header.error:
                place = {"file": file, "record": record, "row": built.next_image}
                built.odd_field(RecordType.IMAGE, "image", header.error, **place)
        row["image"] = _image_name(row, name, record)
        folder, split = posixpath.dirname(name), split_named(name)
        rows.read(record, row, folder=folder, split=split, size=size)
    return inside


def _rows(source: Any, columns: list[str]) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file, only these columns."""
    for batch in source.iter_batches(batch_size=_ROWS, columns=columns):
        yield from batch.to_pylist()


def _features(metadata: dict[bytes, bytes] | None) -> Any:
    """The features that Hugging Face's libraries write into a file; None if there are none."""
    try:
        return json.loads((metadata or {}).get(b"huggingface", b"null"))
    except (ValueError, RecursionError):
        return None


def _image_bytes(row: dict[str, Any]) -> bytes | None:
    """The image that is in a row; None if it is elsewhere."""
    image = row.get("image")
    content = image.get("bytes") if isinstance(image, dict) else image
    return content if isinstance(content, bytes) else None


def _image_name(row: dict[str, Any], file: str, record: int) -> str:
    """What an image is called: by its path, or by its place in the file."""
    image = row.get("image")
    path = image.get("path") if isinstance(image, dict) else image
    if isinstance(path, str) and path.strip():
        return path
    return f"{posixpath.splitext(file)[0]}/{record}"


FORMATS.add(
    "parquet",
    ReadOnly(
        "parquet",
        "Parquet files of Hugging Face with objects (needs the extra: labelaudit[parquet])",
        evidence,
        read,
        {
            "convention": "xywh",
            "image_record": "row {record}",
            "box_record": "object {record} of the file",
            "source_fields": {"xyxy": ("bbox",), "label": ("category",)},
            "box_parts": BOXES,
        },
        endings=(".parquet",),
    ).format(),
)
