"""Files of formats that are read, written so that they are not, each with what to do about it."""

from __future__ import annotations

import json
import posixpath
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.unread import some

JSON = (".json", ".jsonl", ".ndjson")
LINES = (".txt", ".yaml", ".yml")
"""What names of text files end in that are read as UTF-8 alone, beside JSON."""

SECTIONS = ("images", "annotations", "categories")

_POINTER = b"version https://git-lfs.github.com/spec/"
_MAY_BE_POINTERS = (*JSON, *LINES, ".xml", ".csv", ".parquet", ".zip")

_SPACE = b"\xef\xbb\xbf \t\r\n"


def wide_encoding(name: str, head: bytes) -> str:
    """The encoding of a file whose letters take two bytes or four; empty if it is of none.

    Of JSON it is told by zeros, too, where no mark says it.

    Parameters
    ----------
    name:
        of the file.
    head:
        its beginning.

    >>> [wide_encoding("a.json", head) for head in ("[]".encode("utf-16-le"), b"[]", bytes(4))]
    ['UTF-16', '', '']
    """
    ending = posixpath.splitext(name)[1].lower()
    if ending not in JSON and head[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return ""
    is_text = len(head) > 1 and any(head[:4])  # zeros alone are an interrupted download
    found = json.detect_encoding(head[:4]) if is_text else ""
    return found[:6].upper() if found[:6] in ("utf-16", "utf-32") else ""


def wrapped_coco(value: Any, deepest: int = 2) -> list[tuple[str | int, ...]]:
    """Where in a document COCO datasets are: the keys that lead to each; none for COCO itself.

    Parameters
    ----------
    value:
        the document, or what is known of its beginning; Any: whatever a file holds.
    deepest:
        how many keys may lead to one.

    >>> wrapped_coco({"data": {"images": [], "annotations": []}}), wrapped_coco([{"images": []}])
    ([('data',)], [])
    """
    inner = value.items() if isinstance(value, Mapping) else enumerate(value)
    found: list[tuple[str | int, ...]] = []
    for key, one in inner if isinstance(value, Mapping | list) else ():
        if isinstance(one, Mapping) and _is_coco(one):
            found.append((key,))
        elif deepest > 1 and isinstance(one, Mapping | list):
            found += [(key, *rest) for rest in wrapped_coco(one, deepest - 1)]
    return found


def unread_files(sample: PathSample) -> Iterator[FormatEvidence]:
    """What speaks for files at a path being of a format that is read, but for how they are written.

    COCO in another object, or in a list, JSON whose letters take two bytes or four, and pointers of
    Git LFS to labels that were not fetched.
    """
    names = sample.spread(sample.ending(*_MAY_BE_POINTERS))
    pointers = tuple(name for name in names if sample.head(name, 64).startswith(_POINTER))
    if pointers:
        words = "pointers of Git LFS, not the labels themselves; git lfs pull fetches these"
        yield _evidence(sample, pointers, f"{some(pointers)}: {words}")
    wide = {
        name: encoding
        for name in sample.spread(sample.ending(*JSON))
        if (encoding := wide_encoding(name, sample.head(name, 4)))
    }
    if wide:
        yield _evidence(sample, tuple(wide), _encoding_words(sample, wide))
    wrapped = {
        name: keys
        for name in sample.spread(sample.ending(".json"))
        if name not in wide and (keys := _wrapped(sample.head(name)))
    }
    if wrapped:
        yield _evidence(sample, tuple(wrapped), _wrapped_words(sample, wrapped))


def _wrapped(head: bytes) -> list[tuple[str | int, ...]]:
    begun = head.lstrip(_SPACE)
    if begun[:1] not in (b"{", b"[") or sum(f'"{one}"'.encode() in head for one in SECTIONS) < 2:
        return []
    from labelaudit.io.formats.cut_json import cut_json  # noqa: PLC0415  # hardly ever asked

    value = cut_json(begun.decode("utf-8", "ignore"))
    return [] if isinstance(value, Mapping) and _is_coco(value) else wrapped_coco(value)


def _is_coco(value: Mapping[str, Any]) -> bool:
    """Whether an object has two of COCO's lists, as far as it is known."""
    return sum(isinstance(value.get(one), list) for one in SECTIONS) > 1


def _evidence(sample: PathSample, names: tuple[str, ...], words: str) -> FormatEvidence:
    size = sum(map(sample.size, names))
    count = len(names)
    return FormatEvidence(names, count, count, words, bytes_fitting=size, refusal=words)


def _encoding_words(sample: PathSample, wide: Mapping[str, str]) -> str:
    name, encoding = next(iter(wide.items()))
    more = f" and {len(wide) - 1:,} more" if len(wide) > 1 else ""
    path = sample.full_path(name)
    program = "import pathlib; p = pathlib.Path({!r}); p.write_text(p.read_text({!r}), 'utf-8')"
    codec = json.detect_encoding(sample.head(name, 4))
    command = _python(program.format(str(path), codec))
    return f"save {name}{more} as UTF-8: it is {encoding} text; {command}"


def _wrapped_words(sample: PathSample, wrapped: Mapping[str, list[tuple[str | int, ...]]]) -> str:
    name, places = next(iter(wrapped.items()))
    at = "".join(f"[{key!r}]" for key in places[0])
    path = sample.full_path(name)
    words = [str(key) for key in places[0] if isinstance(key, str)]
    out = path.with_name(f"{'_'.join([path.stem, *words])}.coco.json")
    program = (
        f"import json; d = json.load(open({str(path)!r}, encoding='utf-8-sig')); "
        f"json.dump(d{at}, open({str(out)!r}, 'w'))"
    )
    others = len(places) - 1
    more = f", and do so with {others:,} more in it" if others else ""
    where = f"under {'.'.join(words)}" if words else "in a list"
    return f"COCO {where} in {name} is not read; take it out: {_python(program)}{more}"


def _python(program: str) -> str:
    """The command that runs a program of one line, as a shell takes it."""
    plain = not any(sign in program for sign in '"$`\\!')
    return f'python -c "{program}"' if plain else f"python -c {shlex.quote(program)}"
